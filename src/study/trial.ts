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
  | ObservedOutcome
  | { readonly kind: 'infeasible'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface ObservedOutcome {
  readonly kind: 'observed';
  readonly replicates: readonly Replicate[];
}

/** Why a point was tried; `carried`: the run that this one extends had tried it. */
export type TrialOrigin = 'baseline' | 'carried' | 'first' | 'sampler';

export interface Trial {
  readonly number: number;
  readonly origin: TrialOrigin;
  /** How many trials had finished when it was proposed. */
  readonly seen: number;
  /** Numbers of those in flight then; absent = all earlier ones had finished. */
  readonly pending?: readonly number[];
  readonly values: ParameterValues;
  readonly outcome: TrialOutcome | null;
  /** Outcome on seeds not used in tuning, once validated. */
  readonly validation: TrialOutcome | null;
}

/** Evaluates one parameter vector on some seeds. Never rejects for anything a trial may do: failures are outcomes. */
export type Evaluate = (
  values: Trial['values'],
  seeds: readonly number[],
  options?: EvaluateOptions,
) => Promise<TrialOutcome>;

export interface EvaluateOptions {
  /** Share of the workload, in (0, 1]; absent = all of it. */
  readonly fidelity?: number;
  /** Whose vector it is: two trials may have the same one, and outside this program each is measured by itself. */
  readonly trial?: number;
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

/** Why a trial has no figures; null where it has, or has not been run. */
/** On tuning seeds, then on fresh ones. */
export function measuredReplicates({
  outcome,
  validation,
}: Pick<Trial, 'outcome' | 'validation'>): readonly Replicate[] {
  return [outcome, validation].flatMap((one) => (one?.kind === 'observed' ? one.replicates : []));
}

export function reasonOf(outcome: TrialOutcome | null): string | null {
  switch (outcome?.kind) {
    case 'infeasible':
      return outcome.reason;
    case 'failed':
      return outcome.message;
    default:
      return null;
  }
}
