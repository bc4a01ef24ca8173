import type { StudySpec } from './study-spec.ts';

/** Racing over seeds, as resolved. */
export interface Racing {
  /** Seeds that every trial is measured on; the rest come one by one. */
  readonly firstSeeds: number;
  /** Greatest estimated chance that a stopped trial belonged on the front. */
  readonly risk: number;
  /** Complete trials before the first trial may be stopped. */
  readonly after: number;
}

/** Why a trial did not get all its simulations. Figures are those that the decision was made from. */
export interface StopVerdict {
  /** `front`: a complete trial is better in everything. `constraint`: a bound is broken whatever the other seeds bring. */
  readonly rule: 'racing-front' | 'racing-constraint';
  /** The complete feasible trial that is better; absent for a constraint. */
  readonly by?: number;
  /** Estimated chance that the decision is wrong; at most the study's `risk`. */
  readonly chance: number;
  readonly figures: readonly StopFigure[];
}

export interface StopFigure {
  readonly metric: string;
  /** Expected mean over all seeds, in the metric's unit. */
  readonly expected: number;
  /** Standard deviation of its error, in the metric's unit. */
  readonly deviation: number;
  /** What it was compared with: the mean of trial `by`, or the bound. */
  readonly against: number;
}

/** Racing as a study file says it, with defaults. */
export function resolveRacing(block: NonNullable<StudySpec['racing']>): Racing {
  return { firstSeeds: block.first_seeds ?? 1, risk: block.risk ?? 0.01, after: block.after ?? 4 };
}

/** The savers of a study as the end of one line; empty without any. */
export function describeSavers({ racing }: { readonly racing?: Racing }): string {
  if (racing === undefined) return '';
  const { firstSeeds, risk, after } = racing;
  return `, racing over seeds (first ${firstSeeds}, risk ${risk}, after ${after} complete trials)`;
}
