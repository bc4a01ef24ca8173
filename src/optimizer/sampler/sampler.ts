import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import { UsedPoints } from './used-points.ts';

/** One told point. All objectives are losses: smaller is better. */
export interface Observation {
  readonly values: ParameterValues;
  /** Mean losses over replicates, length `objectiveCount`; null when the evaluation failed or was impossible. */
  readonly losses: readonly number[] | null;
  /** Variance of each mean loss; null where there is one replicate and noise has to be inferred. */
  readonly lossVariances: readonly (number | null)[];
  /** Mean constraint values, length `constraintCount`; the point is feasible iff all are ≤ 0. */
  readonly slacks: readonly number[];
  readonly slackVariances: readonly (number | null)[];
}

/** All that a sampler may know. */
export interface Evidence {
  readonly space: SearchSpace;
  readonly objectiveCount: number;
  readonly constraintCount: number;
  /** In the order of the tells. */
  readonly observations: readonly Observation[];
  /** Proposed, not yet told. */
  readonly pending: readonly ParameterValues[];
  /** Planned number of evaluations, a hint; null when unknown. */
  readonly budget: number | null;
  /** Points to try before anything else, in this order; one that is told or pending already is skipped. */
  readonly fixedPoints?: readonly ParameterValues[];
  /** Results of earlier studies on the same space and objectives; they inform the model and do not count as told. */
  readonly earlier?: readonly Observation[];
  /** Where the user expects good points. */
  readonly priors?: readonly ParameterPrior[];
}

/**
 * A belief about the best value of one numeric parameter: normal around `center` with standard deviation `spread`,
 * both in the parameter's own unit (in its logarithm to base e on a log scale). It fades as results come in.
 */
export interface ParameterPrior {
  readonly parameter: string;
  readonly center: number;
  readonly spread: number;
}

/** Points proposed so far, which is the index of the next one. */
export function toldAndPending(evidence: Evidence): number {
  return evidence.observations.length + evidence.pending.length;
}

export interface ProposalRequest {
  readonly count: number;
  readonly seed: number;
  /** The told and pending points of the evidence, by a caller who keeps them from one request to the next. */
  readonly used?: UsedPoints;
}

/** The told and pending points, to which a sampler may add its own. */
export function usedPoints({ observations, pending }: Pick<Evidence, 'observations' | 'pending'>): UsedPoints {
  const used = new UsedPoints();
  for (const { values } of observations) used.add(values);
  for (const values of pending) used.add(values);
  return used;
}

/** Pure: equal evidence and request give equal points, to the bit. Never returns a point outside the space. */
export type Sampler = (evidence: Evidence, request: ProposalRequest) => readonly ParameterValues[];
