import type { ParameterValue } from '../optimizer/space/parameter.ts';
import type { BaselineState } from '../study/constraint-check.ts';
import type { Calibration } from '../study/plan/calibration-file.ts';
import type { TrialOrigin } from '../study/trial.ts';
import type { ObjectiveCorrelations } from './correlations.ts';
import type { ReportDeployment } from './deployments.ts';
import type { Fact } from './facts.ts';
import type { RegimeTable } from './regimes.ts';
import type { ObjectiveSensitivity } from './sensitivity-report.ts';
import type { SurrogateQuality } from './surrogate-table.ts';
import type { SurrogateViews } from './surrogate-views.ts';

/** All that tables, charts and the page may know about a study; also the content of report.json. */
export interface StudyReport {
  readonly schemaVersion: 2;
  readonly name: string;
  readonly description: string;
  readonly planHash: string;
  readonly tool: string;
  readonly simulator: string;
  readonly strategy: { readonly name: string; readonly mechanism: string; readonly source: string };
  readonly sampler: string;
  readonly seeds: readonly number[];
  readonly validationSeeds: readonly number[];
  readonly ended: string | null;
  readonly parameters: readonly ReportParameter[];
  readonly metrics: readonly ReportMetric[];
  readonly objectives: readonly string[];
  readonly constraints: readonly ReportBound[];
  readonly trials: readonly ReportTrial[];
  /** Trial numbers of the feasible non-dominated points. */
  readonly front: readonly number[];
  /** Clearly different front points, the balanced one first. */
  readonly shortList: readonly number[];
  readonly baseline: number | null;
  /** The front by outcome: each point, then all other feasible trials with the same figures on every seed. */
  readonly outcomes: readonly (readonly number[])[];
  readonly decision: Decision;
  /** Constraints at the baseline, at every front point and at what was measured on fresh seeds. */
  readonly checks: readonly PointCheck[];
  readonly hypervolume: HypervolumeHistory;
  /** None where there is no baseline, or it breaks a constraint: nothing is compared with what may not be. */
  readonly comparisons: readonly Comparison[];
  /** Null for one objective or too few trials. */
  readonly correlations: ObjectiveCorrelations | null;
  readonly sensitivity: readonly ObjectiveSensitivity[];
  /** Of every objective and constraint; empty where sensitivity is. */
  readonly surrogates: readonly SurrogateQuality[];
  /** What was tuned, for which model, hardware and load. */
  readonly facts: readonly Fact[];
  /** Null with too few points, and in a report of figures alone. */
  readonly surrogate: SurrogateViews | null;
  /** The points to deploy as files; none for backends that are no deployments. */
  readonly deployments: readonly ReportDeployment[];
  /** What to try next, each with its reason. */
  readonly advice: readonly string[];
  /** How well the simulator was calibrated, and by which data; absent = it was not. */
  readonly calibration?: Calibration;
  /** Present exactly where the study has several workloads. */
  readonly regimes?: readonly RegimeTable[];
  /** Sentences a reader must not miss: nothing feasible, failed trials, baseline outside the space. */
  readonly notes: readonly string[];
}

export interface ReportParameter {
  /** `routing_weights.prefix-affinity` for a weight of a simplex. */
  readonly column: string;
  readonly parameter: string;
  readonly kind: string;
  readonly log: boolean;
}

export interface ReportMetric {
  readonly name: string;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly description: string;
  readonly role: 'objective' | 'constraint' | 'context';
}

/** Mean over seeds with a 95 % Student-t interval; bounds are null with one seed. */
export interface Estimate {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
  readonly values: readonly number[];
}

export interface ReportTrial {
  readonly number: number;
  readonly origin: TrialOrigin;
  readonly status: 'observed' | 'infeasible' | 'failed' | 'pending';
  readonly reason: string | null;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly metrics: Readonly<Record<string, Estimate>>;
  /** On fresh seeds; present exactly where it was measured there. */
  readonly fresh?: Readonly<Record<string, Estimate>>;
  /** Trials finished when it was proposed. */
  readonly seen: number;
  readonly feasible: boolean;
  readonly onFront: boolean;
}

/**
 * Hypervolume after each trial, as a share of the box from `ideal` to `reference`. The box spans the final front and the
 * baseline (where feasible), and the reference point lies a tenth of it behind their worst values: what happened near
 * the front is seen, and a poor trial elsewhere cannot flatten it.
 */
export interface HypervolumeHistory {
  readonly kind: 'front-box';
  /** In the units of the objectives. */
  readonly ideal: readonly number[];
  readonly reference: readonly number[];
  readonly values: readonly number[];
}

export interface ReportBound {
  readonly metric: string;
  readonly kind: 'at-least' | 'at-most';
  readonly bound: number;
  readonly unit: string;
  /** `itl_p99_ms ≤ 85 ms`. */
  readonly text: string;
}

/** Every constraint at one point, on the seeds of one stage. */
export interface PointCheck {
  readonly trial: number;
  readonly stage: 'tuning' | 'validation';
  readonly holds: boolean;
  readonly rows: readonly CheckRow[];
}

export interface CheckRow extends ReportBound {
  readonly mean: number;
  /** 95 % Student-t interval; null with one seed. */
  readonly low: number | null;
  readonly high: number | null;
  /** Room up to the bound; negative = broken by so much. */
  readonly margin: number;
  /** Seeds, of so many, whose own value breaks the bound. */
  readonly violations: number;
  readonly seeds: number;
  readonly met: boolean;
}

export interface Decision {
  /** The balanced point of those that may be recommended; null where every point breaks a constraint on fresh seeds. */
  readonly recommended: number | null;
  readonly alternatives: readonly number[];
  /** Front points that break a constraint on fresh seeds. */
  readonly breakOnFresh: readonly number[];
  /** By objective, over the whole front. */
  readonly best: readonly BestPoint[];
  /** Null where the study compares with nothing. */
  readonly baseline: BaselineState | null;
  /** Front points that complete a smaller share of their requests than the baseline does. */
  readonly lowCompletion: readonly LowCompletion[];
}

export interface BestPoint {
  readonly metric: string;
  readonly trial: number;
  /** Mean over the tuning seeds, by which it was chosen. */
  readonly value: number;
  /** Mean over fresh seeds; null where the point was not measured there. */
  readonly fresh: number | null;
}

export interface LowCompletion {
  readonly trial: number;
  readonly share: number;
  readonly baseline: number | null;
}

/** One point against the baseline, paired by seed. */
export interface Comparison {
  readonly trial: number;
  readonly stage: 'tuning' | 'validation';
  readonly rows: readonly ComparisonRow[];
}

export interface ComparisonRow {
  readonly metric: string;
  readonly baseline: number;
  readonly value: number;
  /**
   * `log-ratio`: the change is a share, from the mean logarithm of the ratio seed by seed. `difference`: where a value is 0
   * or negative, it is the mean difference in the metric's unit.
   */
  readonly scale: 'log-ratio' | 'difference';
  /** Change, positive = better; a latency cannot improve by more than 1. */
  readonly improvement: number;
  /** 95 % Student-t interval of the change, paired by seed; null with one seed. */
  readonly low: number | null;
  readonly high: number | null;
  readonly verdict: 'better' | 'worse' | 'no clear difference';
}
