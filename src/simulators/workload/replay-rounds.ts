import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { GoRandom } from './go-random.ts';
import { repeatedOf } from './trace-content.ts';
import type { TraceRow } from './trace-row.ts';

/** @throws InputError if the rounds of a session, sorted here, are not 0, 1, 2, … */
export function inOrder(id: string, rounds: TraceRow[]): void {
  rounds.sort((a, b) => a.roundIndex - b.roundIndex);
  const gap = rounds.findIndex((round, i) => round.roundIndex !== i);
  if (gap < 0) return;
  throw new InputError(
    `the rounds of session ${shortText(id)} must be 0, 1, 2, …, got ${rounds[gap]!.roundIndex} in place of ${gap}`,
    { suggestion: 'replay in fixed mode' },
  );
}

/** The session's stream after the contents of its first round. */
export function afterOpening(rng: GoRandom, tokens: number): GoRandom {
  rng.skipTokens(tokens);
  return rng;
}

/** Pause before each round, µs: as recorded, or else the distance of arrivals, which contains service time. */
export function recordedPauses(rounds: readonly TraceRow[]): number[] {
  const recorded = rounds.slice(1).some((round) => round.thinkTimeUs > 0);
  return rounds.map((round, i) => {
    if (i === 0) return 0;
    return recorded ? round.thinkTimeUs : Math.max(0, round.arrivalTimeUs - rounds[i - 1]!.arrivalTimeUs);
  });
}

/** Tokens of the round before that each round starts with; null where the trace does not say. */
export function repeatedTokens(rounds: readonly TraceRow[]): number[] | null {
  if (!rounds.some((round) => Boolean(round.repeatedTokens) || Boolean(round.hashIds))) return null;
  return rounds.map((round, i) => (i === 0 ? 0 : repeatedOf(rounds[i - 1]!, round)));
}

/** Horizon when nothing arrives after time 0. */
const SHORT_HORIZON_US = 600_000_000;

/** Twice the latest arrival. */
export function defaultHorizon(latestUs: number): number {
  return latestUs === 0 ? SHORT_HORIZON_US : 2 * latestUs;
}
