import { hypervolume } from './pareto/hypervolume.ts';
import type { Evidence, Observation } from './sampler/sampler.ts';
import { isMeasured } from './sampler/surrogates.ts';
import type { SearchSpace } from './space/parameter.ts';

export type StoppingAdvice =
  | { readonly kind: 'continue'; readonly reason: string }
  | { readonly kind: 'stop'; readonly reason: string };

export interface StoppingOptions {
  /** Evaluations without a notable gain after which to stop. */
  readonly patience?: number;
  /** Smallest notable gain: a share of all that was gained since the first evaluations. */
  readonly tolerance?: number;
}

/**
 * Whether going on promises anything, judged by the gain of the last evaluations: the best feasible loss for one objective,
 * the dominated hypervolume (reference: worst value seen) for several. Replicates and noise are the caller's concern:
 * with noise use more patience.
 */
export function stoppingAdvice(evidence: Evidence, options: StoppingOptions = {}): StoppingAdvice {
  const { tolerance = 0.005 } = options;
  const patience = patienceOf(evidence.space, options);
  const { observations, budget } = evidence;
  if (budget !== null && observations.length >= budget)
    return { kind: 'stop', reason: `the budget of ${budget} evaluations is used up` };
  if (observations.length < 2 * patience)
    return { kind: 'continue', reason: `fewer than ${2 * patience} evaluations so far` };
  const measured = observations.filter(isMeasured);
  const feasible = measured.filter(isFeasible);
  if (feasible.length === 0) return { kind: 'continue', reason: 'nothing feasible was found yet' };
  const reference = worst(measured);
  const earlier = observations.slice(0, -patience).filter((o) => isMeasured(o) && isFeasible(o));
  const start = observations.slice(0, patience).filter((o) => isMeasured(o) && isFeasible(o));
  const gained = progress(feasible, reference) - progress(start, reference);
  const recent = progress(feasible, reference) - progress(earlier, reference);
  const share = gained > 0 ? recent / gained : 0;
  const shown = `the last ${patience} evaluations brought ${(100 * share).toFixed(2)} % of all gains`;
  return share < tolerance
    ? { kind: 'stop', reason: `${shown}, less than ${100 * tolerance} %` }
    : { kind: 'continue', reason: shown };
}

/** The patience asked for, else three evaluations for each parameter and at least ten. */
export function patienceOf({ parameters }: SearchSpace, { patience }: StoppingOptions): number {
  return patience ?? Math.max(10, 3 * parameters.length);
}

function progress(points: readonly Observation[], reference: readonly number[]): number {
  const scaled = points.map((point) => point.losses!.map((loss, j) => loss / 2 - reference[j]! / 2));
  if (reference.length === 1) return points.length === 0 ? 0 : -Math.min(...scaled.map((row) => row[0]!));
  return hypervolume(
    scaled,
    reference.map(() => 0),
  );
}

function worst(points: readonly Observation[]): number[] {
  const width = points[0]!.losses!.length;
  return Array.from({ length: width }, (_, j) => Math.max(...points.map((point) => point.losses![j]!)));
}

function isFeasible({ slacks }: Observation): boolean {
  return slacks.every((slack) => slack <= 0);
}
