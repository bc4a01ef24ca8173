import { rounded } from '../chart/trial-rows.ts';
import type { PageCharts } from '../page-charts.ts';
import type { ReportTrial, StudyReport } from '../study-report.ts';

/** What the page's script works on, as JSON that cannot end the element it stands in. */
export function pageData(report: StudyReport, charts: PageCharts): object {
  const metrics = report.metrics.map(({ name, unit, role }) => ({ name, unit, role }));
  return {
    charts: Object.fromEntries(charts.charts.map(({ id, spec }) => [id, spec])),
    datasets: charts.datasets,
    parameters: report.parameters.map(({ column }) => column),
    metrics,
    seeds: report.seeds,
    freshSeeds: report.validationSeeds,
    points: report.trials.map((trial) => pagePoint(report, trial)),
  };
}

/** Text of a script element of JSON. */
export function jsonBlock(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

function pagePoint(report: StudyReport, trial: ReportTrial) {
  const figures = (source: ReportTrial['metrics'] | undefined): readonly (readonly number[])[] =>
    source === undefined || Object.keys(source).length === 0
      ? []
      : report.metrics.map(({ name }) => (source[name]?.values ?? []).map(rounded));
  return {
    trial: trial.number,
    state: stateText(report, trial),
    reason: trial.reason,
    parameters: report.parameters.map(({ column }) => {
      const value = trial.parameters[column];
      return value === undefined ? null : typeof value === 'number' ? rounded(value) : String(value);
    }),
    values: figures(trial.metrics),
    fresh: figures(trial.fresh),
  };
}

/** `baseline, feasible`, `on the front, recommended`. */
export function stateText(
  { baseline, decision }: Pick<StudyReport, 'baseline' | 'decision'>,
  { number, status, onFront, feasible }: ReportTrial,
): string {
  const words = [
    ...(number === baseline ? ['baseline'] : []),
    ...(number === decision.recommended ? ['recommended'] : []),
    ...(decision.breakOnFresh.includes(number) ? ['breaks on fresh seeds'] : []),
    status === 'observed' ? (onFront ? 'on the front' : feasible ? 'feasible' : 'breaks a constraint') : status,
  ];
  return words.join(', ');
}
