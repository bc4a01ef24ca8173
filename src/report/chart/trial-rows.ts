import type { ReportMetric, ReportTrial, StudyReport } from '../study-report.ts';

/** A column of the rows that charts draw; keys are plain words, since dots and brackets have a meaning in Vega. */
export interface ChartColumn {
  readonly key: string;
  readonly name: string;
  readonly title: string;
  readonly log: boolean;
  readonly numeric: boolean;
}

export type TrialRow = Readonly<Record<string, number | string | boolean | null>>;

/** What every chart of trials draws from: one row for each measured trial. */
export interface TrialRows {
  readonly objectives: readonly ChartColumn[];
  readonly parameters: readonly ChartColumn[];
  readonly rows: readonly TrialRow[];
}

/** `m0` is the mean of the first objective, `m0l` and `m0h` its interval, `p0` the first parameter. */
export function trialRows(report: StudyReport): TrialRows {
  const objectives = report.objectives.map((name, index) => objectiveColumn(metricOf(report, name), index));
  const parameters = report.parameters.map(({ column, kind, log }, index) => ({
    key: `p${index}`,
    name: column,
    title: column,
    log,
    numeric: kind !== 'categorical' && report.trials.every((trial) => isNumber(trial.parameters[column])),
  }));
  const measured = report.trials.filter(({ status }) => status === 'observed');
  return { objectives, parameters, rows: measured.map((trial) => rowOf(report, trial, objectives, parameters)) };
}

function isNumber(value: unknown): boolean {
  return value === undefined || typeof value === 'number';
}

function metricOf({ metrics }: StudyReport, name: string): ReportMetric {
  return metrics.find((metric) => metric.name === name)!;
}

function objectiveColumn({ name, unit, better }: ReportMetric, index: number): ChartColumn {
  const title = `${name}${unit === '1' ? '' : ` (${unit})`}, ${better} is better`;
  return { key: `m${index}`, name, title, log: false, numeric: true };
}

function rowOf(
  report: StudyReport,
  trial: ReportTrial,
  objectives: readonly ChartColumn[],
  parameters: readonly ChartColumn[],
): TrialRow {
  const row: Record<string, number | string | boolean | null> = {
    trial: trial.number,
    group: groupOf(report, trial),
    label: `trial ${trial.number}${trial.number === report.baseline ? ', baseline' : ''}`,
  };
  for (const { key, name } of objectives) {
    const { mean, low, high } = trial.metrics[name]!;
    row[key] = rounded(mean);
    row[`${key}l`] = rounded(low ?? mean);
    row[`${key}h`] = rounded(high ?? mean);
  }
  for (const { key, name, numeric } of parameters) {
    const value = trial.parameters[name];
    row[key] = value === undefined ? null : numeric ? rounded(value as number) : String(value);
  }
  return row;
}

/** Which of the groups of the theme a trial belongs to. */
export function groupOf(report: StudyReport, { number, onFront, feasible }: ReportTrial): string {
  if (number === report.baseline) return 'baseline';
  if (number === report.decision.recommended) return 'recommended';
  if (onFront) return 'front';
  return feasible ? 'dominated' : 'infeasible';
}

/** Six digits are more than a chart shows, and half the bytes. */
export function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
