import type { ParameterValues, SearchSpace } from '../space/parameter.ts';

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
}

export interface ProposalRequest {
  readonly count: number;
  readonly seed: number;
}

/** Pure: equal evidence and request give equal points, to the bit. Never returns a point outside the space. */
export type Sampler = (evidence: Evidence, request: ProposalRequest) => readonly ParameterValues[];
