import type { ParameterValues } from '../optimizer/space/parameter.ts';

export type Metrics = Readonly<Record<string, number>>;

/** What one simulation of one parameter vector with one seed came to. */
export type ReplicateOutcome =
  | { readonly kind: 'measured'; readonly metrics: Metrics }
  | { readonly kind: 'infeasible'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface Replicate {
  readonly seed: number;
  readonly metrics: Metrics;
}

/** What a trial came to over all its seeds. */
export type TrialOutcome =
  | { readonly kind: 'observed'; readonly replicates: readonly Replicate[] }
  | { readonly kind: 'infeasible'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

/** Why a point was tried. */
export type TrialOrigin = 'baseline' | 'first' | 'sampler';

export interface Trial {
  readonly number: number;
  readonly origin: TrialOrigin;
  /** How many trials had finished when it was proposed. */
  readonly seen: number;
  readonly values: ParameterValues;
  readonly outcome: TrialOutcome | null;
  /** Outcome on seeds not used in tuning, once validated. */
  readonly validation: TrialOutcome | null;
}

/** Joins replicate outcomes in the order of `seeds`; the first that is not a measurement decides. */
export function joinReplicates(seeds: readonly number[], outcomes: readonly ReplicateOutcome[]): TrialOutcome {
  const replicates: Replicate[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.kind !== 'measured') return outcome;
    replicates.push({ seed: seeds[index]!, metrics: outcome.metrics });
  }
  return { kind: 'observed', replicates };
}
