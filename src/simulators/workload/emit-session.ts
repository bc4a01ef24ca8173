import { appendRequest, type ClientProfile, deadlineAt } from './client-profile.ts';
import type { GoRandom } from './go-random.ts';
import { lengthSampler } from './length-sampler.ts';
import type { RequestTable } from './request-table.ts';
import type { TokenSink } from './token-sink.ts';
import type { MultiTurnSpec } from './workload-spec.ts';

export interface SessionSlot {
  readonly startUs: number;
  /** Rounds that would start here or later are dropped. */
  readonly endUs: number;
  /** Whether a round may start at this time. */
  readonly isActive: (us: number) => boolean;
  readonly sloTargetUs: number;
}

/**
 * Draws one session and appends its rounds on a fixed schedule: round r + 1 starts a think time plus one µs per
 * output token after round r. All rounds are drawn, kept or not, because they are part of the client's stream.
 */
export function emitSession(
  table: RequestTable,
  sink: TokenSink,
  profile: ClientProfile,
  turns: MultiTurnSpec,
  rng: GoRandom,
  slot: SessionSlot,
): void {
  const session = table.names.sessions.push(`sess_${rng.int63()}`) - 1;
  const reasonShare = profile.client.reasonRatio === null ? null : lengthSampler(profile.client.reasonRatio);
  let arrivalUs = slot.startUs;
  let contextTokens = 0;
  let lastKept = -1;
  for (let round = 0; round < turns.maxRounds; round++) {
    const fresh = profile.input(rng);
    const outputTokens = profile.output(rng);
    const kept = arrivalUs < slot.endUs && slot.isActive(arrivalUs);
    const next = table.length;
    // What a dropped round says still belongs to the prompt of the next kept one.
    sink.prompt(kept || turns.accumulate ? next : -1, rng, fresh);
    if (kept) sink.output(next, rng, outputTokens);
    else sink.prompt(turns.accumulate ? next : -1, rng, outputTokens);
    const percent = reasonShare?.(rng);
    if (kept) {
      const row = appendRequest(table, profile, arrivalUs, contextTokens + fresh, outputTokens);
      table.session[row] = session;
      table.round[row] = round;
      table.prefixLengthLabel[row] = profile.prefixTokens;
      table.sloTargetUs[row] = slot.sloTargetUs;
      table.deadlineUs[row] = deadlineAt(arrivalUs, profile.client.timeoutUs, 'session');
      if (percent !== undefined) table.reasonRatios.set(row, Math.min(1, Math.max(0, percent / 100)));
      if (turns.accumulate && lastKept >= 0) {
        table.parent[row] = lastKept;
        table.inheritedTokens[row] = table.inputTokens[lastKept]! + table.outputTokens[lastKept]!;
      }
      lastKept = row;
    }
    if (turns.accumulate) contextTokens += fresh + outputTokens;
    arrivalUs += turns.thinkTimeUs + outputTokens;
  }
  sink.forget(table.length);
}
