import { arrivalSampler } from './arrival-sampler.ts';
import { appendRequest, type ClientProfile, deadlineAt } from './client-profile.ts';
import { emitSession } from './emit-session.ts';
import { GoRandom } from './go-random.ts';
import { lengthSampler } from './length-sampler.ts';
import { earliest } from './merge-sources.ts';
import type { RequestTable } from './request-table.ts';
import { RegisterBank } from './skip-kernel.ts';
import type { TokenSink } from './token-sink.ts';
import type { GenerationLimits } from './traffic-source.ts';
import type { WindowSpec } from './workload-spec.ts';

/** Whether some window states its own rate, arrivals or lengths. */
export function isTimeVarying(profiles: readonly ClientProfile[]): boolean {
  return profiles.some((profile) =>
    profile.client.windows?.some(
      (w) => w.traceRate !== null || w.arrival !== null || w.input !== null || w.output !== null,
    ),
  );
}

/**
 * Requests of a workload whose windows have their own rates: each window is filled with as many requests as its
 * rate gives, their gaps rescaled to its length. Single requests carry neither prefix nor a deadline of their client
 * here, as in the reference; clients without windows generate nothing.
 * @param aggregateRate - requests/s, 0 = windows state absolute rates
 * @param timeoutUs - of every request; 0 = none
 * @returns the table in final order
 */
export function generateTimeVarying(
  table: RequestTable,
  sink: TokenSink,
  profiles: readonly ClientProfile[],
  aggregateRate: number,
  master: GoRandom,
  limits: GenerationLimits,
  timeoutUs: number,
): RequestTable {
  let result = table;
  let boundUs = Number.POSITIVE_INFINITY;
  // Members of a cohort share their windows.
  const totals = new Map<WindowSpec, number>();
  // Clients are drawn one after the other, so one register does for all.
  const slot = new RegisterBank(1).slot();
  for (const profile of profiles) {
    const windows = profile.client.windows;
    if (windows === null) continue;
    const rng = new GoRandom(master.childSeed(), slot);
    for (let i = 0; i < windows.length; i++) {
      if (windows.slice(i).every((w) => w.startUs >= boundUs)) break;
      const window = windows[i]!;
      if (window.startUs >= limits.horizonUs) continue;
      const endUs = Math.min(window.endUs, limits.horizonUs);
      const rate = windowRate(profile, window, aggregateRate, () => {
        const known = totals.get(window);
        const total = known ?? overlappingWeight(profiles, window, endUs);
        if (known === undefined) totals.set(window, total);
        return total;
      });
      if (rate > 0) fillWindow(result, sink, profile, window, endUs, rate, rng, timeoutUs);
      if (result.length < 2 * limits.maxRequests) continue;
      result = earliest(result, sink, limits.maxRequests);
      boundUs = result.arrivalUs[result.length - 1]!;
    }
  }
  return earliest(result, sink, limits.maxRequests);
}

/** Requests/s of a client inside one of its windows. @param total - weight of all clients active in it */
function windowRate(profile: ClientProfile, window: WindowSpec, aggregateRate: number, total: () => number): number {
  if (aggregateRate === 0 && window.traceRate !== null) return window.traceRate;
  const weight = window.traceRate ?? profile.client.rateFraction;
  const sum = total();
  return sum === 0 ? 0 : aggregateRate * (weight / sum);
}

/** Every client counts with its first window that overlaps, or with its fraction if it has none. */
function overlappingWeight(profiles: readonly ClientProfile[], window: WindowSpec, endUs: number): number {
  let total = 0;
  for (const { client } of profiles) {
    if (client.windows === null) {
      total += client.rateFraction;
      continue;
    }
    const overlapping = client.windows.find((w) => w.startUs < endUs && window.startUs < w.endUs);
    if (overlapping !== undefined) total += overlapping.traceRate ?? client.rateFraction;
  }
  return total;
}

function fillWindow(
  table: RequestTable,
  sink: TokenSink,
  profile: ClientProfile,
  window: WindowSpec,
  endUs: number,
  rate: number,
  rng: GoRandom,
  timeoutUs: number,
): void {
  const { client } = profile;
  const gaps = windowGaps(window, profile, endUs - window.startUs, rate, rng);
  const input = window.input === null ? profile.input : lengthSampler(window.input);
  const output = window.output === null ? profile.output : lengthSampler(window.output);
  const bare: ClientProfile = { ...profile, input, output, group: -1, prefixTokens: 0 };
  let startUs = window.startUs;
  for (const gap of gaps) {
    startUs += gap;
    if (startUs >= endUs) return;
    if (client.multiTurn !== null) {
      const slot = { startUs, endUs, isActive: () => true, sloTargetUs: 0 };
      emitSession(table, sink, { ...profile, input, output }, client.multiTurn, rng, slot);
      if (client.multiTurn.singleSession) return;
      continue;
    }
    const inputTokens = input(rng);
    const outputTokens = output(rng);
    const row = appendRequest(table, bare, startUs, inputTokens, outputTokens);
    table.deadlineUs[row] = deadlineAt(startUs, timeoutUs, 'single');
    sink.prompt(row, rng, inputTokens);
    sink.output(row, rng, outputTokens);
    table.streaming[row] = client.streaming ? 1 : 0;
  }
}

/** Gaps that sum to the window's length. */
function windowGaps(
  window: WindowSpec,
  profile: ClientProfile,
  lengthUs: number,
  rate: number,
  rng: GoRandom,
): Float64Array {
  const sampler = arrivalSampler(window.arrival ?? profile.client.arrival, rate / 1e6);
  const count = Math.ceil(rate * (lengthUs / 1e6));
  const gaps = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    gaps[i] = sampler(rng);
    sum += gaps[i]!;
  }
  const factor = lengthUs / sum;
  let used = 0;
  for (let i = 0; i < count; i++) {
    gaps[i] = Math.trunc(gaps[i]! * factor);
    used += gaps[i]!;
  }
  if (count > 0) gaps[count - 1]! += lengthUs - used;
  return gaps;
}
