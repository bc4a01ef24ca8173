import type { Trend } from '../optimizer/sensitivity/trend.ts';

/** What an objective depends on, as reports say it. */
export interface ObjectiveSensitivity {
  readonly metric: string;
  /** Leave-one-out R² of the surrogate: how far its indices can be trusted. */
  readonly surrogateR2: number | null;
  /** Present exactly where R² is below 0.7. */
  readonly warning?: string;
  readonly rows: readonly SensitivityRow[];
}

export interface SensitivityRow {
  readonly parameter: string;
  /** First-order and total Sobol index on the surrogate, each with a 95 % interval. */
  readonly first: IndexEstimate;
  readonly total: IndexEstimate;
  /** What decides about the best fifth of the trials (PED-ANOVA): share of all parameters, and chance of as much by luck. */
  readonly amongBest: { readonly share: number; readonly pValue: number };
  /** Standardised main effect of a linear regression, with its t statistic; null where it is not defined. */
  readonly mainEffect: number | null;
  readonly tStatistic: number | null;
  /** Trend of the metric over the trials, for each numeric column of the parameter that has one. */
  readonly trends: readonly ParameterTrend[];
  /** What trials came to at each level; present exactly for ordinal and categorical parameters. */
  readonly levels?: readonly LevelRow[];
  /** Values among the best predicted tenth of the space, printed. */
  readonly goodRange: string;
  readonly flat: boolean;
}

export interface ParameterTrend extends Trend {
  /** `routing_weights.prefix-affinity` for a weight of a simplex. */
  readonly column: string;
}

/** Observed trials at one level of a parameter: they lie where the sampler went, so rows differ in more than the level. */
export interface LevelRow {
  readonly level: string | number | boolean;
  readonly trials: number;
  readonly feasible: number;
  /** Of the trials' means; the standard deviation between trials is null for one. */
  readonly mean: number;
  readonly deviation: number | null;
  readonly best: number;
}

export interface IndexEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}
