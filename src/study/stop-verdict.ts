/** Why a trial did not get all its simulations. Figures are those that the decision was made from. */
export interface StopVerdict {
  /**
   * `racing-front`: a complete trial is better in everything. `racing-constraint`: a bound is broken whatever the other
   * seeds bring. `screening`: a complete trial is better in everything, judged on the short horizon.
   */
  readonly rule: 'racing-front' | 'racing-constraint' | 'screening';
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
  /** Screening: rank correlation of short and long results so far. */
  readonly correlation?: number;
}
