import { trialRows } from './chart/trial-rows.ts';
import { distributions, histories, type RunRow, type SharedObjective, type TwoRuns } from './chart/two-runs.ts';
import type { PageChart } from './page-charts.ts';
import type { StudyReport } from './study-report.ts';

/** A run and what it is called. */
export interface NamedReport {
  readonly run: string;
  readonly report: StudyReport;
}

/** Histories and distributions of the objectives that both runs have; none where they share none. */
export function twoRunCharts(a: NamedReport, b: NamedReport): readonly PageChart[] {
  const objectives = a.report.objectives
    .filter((name) => b.report.objectives.includes(name))
    .map((name, index): SharedObjective & { readonly name: string } => {
      const { unit, better } = a.report.metrics.find((metric) => metric.name === name)!;
      const title = `${name}${unit === '1' ? '' : ` (${unit})`}, ${better} is better`;
      return { key: `v${index}`, name, title, better };
    });
  if (objectives.length === 0 || a.run === b.run) return [];
  const rows = [a, b].flatMap((one) => rowsOf(one, objectives));
  const two: TwoRuns = { names: [a.run, b.run], objectives, rows };
  return [
    {
      id: 'histories',
      place: 'history',
      label: 'Best feasible values over the trials, of both runs',
      caption: 'The best feasible value so far, a line a run.',
      spec: histories(two),
    },
    {
      id: 'distributions',
      place: 'trials',
      label: 'Distribution of objectives, of both runs',
      caption: 'Share of the trials with at most this value, a line a run.',
      spec: distributions(two),
    },
  ];
}

function rowsOf(
  { run, report }: NamedReport,
  objectives: readonly { readonly key: string; readonly name: string }[],
): readonly RunRow[] {
  const own = trialRows(report);
  const keys = objectives.map(({ key, name }) => [key, own.objectives.find((one) => one.name === name)!.key] as const);
  return own.rows.map((row) => ({
    run,
    trial: row['trial']!,
    feasible: row['group'] !== 'infeasible',
    ...Object.fromEntries(keys.map(([key, from]) => [key, row[from]!])),
  }));
}
