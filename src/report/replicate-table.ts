import { type ColumnTable, table } from 'arquero';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { regimeMetric } from '../study/regimes/regimes.ts';
import type { Replicate, Trial, TrialOutcome } from '../study/trial.ts';
import { reportTrials } from './report-trials.ts';
import { type Cell, parameterColumns } from './trial-table.ts';

/** One simulation of a trial; `workload` is null in a study with one workload. */
interface Row {
  readonly index: number;
  readonly stage: 'tuning' | 'validation';
  readonly replicate: Replicate;
  readonly workload: string | null;
}

const KEYS = ['trial', 'origin', 'status', 'stage'];

/**
 * One row a simulation: trial × seed, in a study over several workloads × workload too. `stage` is `tuning` or `validation`
 * (on fresh seeds). Trials that could not be measured have no rows. Metrics are in their own units; over several workloads, `METRIC@worst` (or `@mean`) is the
 * seed's aggregated ratio to the baseline, the same in the rows of all workloads.
 */
export function replicateTable(plan: StudyPlan, trials: readonly Trial[]): ColumnTable {
  const rows = trials.flatMap((trial, index) => rowsOf(plan, trial, index));
  const reported = reportTrials(plan, trials, []);
  const columns = new Map<string, Cell[]>();
  const add = (name: string, cell: (row: Row) => Cell | undefined): void => {
    columns.set(
      name,
      rows.map((row) => cell(row) ?? null),
    );
  };
  add('trial', ({ index }) => trials[index]!.number);
  add('origin', ({ index }) => trials[index]!.origin);
  add('status', ({ index }) => trials[index]!.outcome!.kind);
  add('stage', ({ stage }) => stage);
  add('seed', ({ replicate }) => replicate.seed);
  if (plan.regimes !== undefined) add('workload', ({ workload }) => workload);
  const names = parameterColumns(reported);
  for (const { column } of reported.parameters) {
    add(names.get(column)!, ({ index }) => reported.trials[index]!.parameters[column] as Cell | undefined);
  }
  for (const { column, metric } of metricColumns(plan)) {
    add(column, ({ replicate, workload }) => replicate.metrics[metric(workload)]);
  }
  return table(columns, [...columns.keys()]);
}

/**
 * One row per trial, stage and metric (and workload): how many seeds, their mean, standard deviation, extremes and
 * quartiles (linear between order statistics). The deviation of one seed is missing.
 */
export function replicateSummary(plan: StudyPlan, trials: readonly Trial[]): ColumnTable {
  const replicates = replicateTable(plan, trials);
  const keys = [...KEYS, ...(plan.regimes === undefined ? [] : ['workload'])];
  const quantile = (p: number): string => `d => op.quantile(d.value, ${p})`;
  return replicates
    .fold(
      metricColumns(plan).map(({ column }) => column),
      { as: ['metric', 'value'] },
    )
    .filter('d => d.value != null')
    .groupby([...keys, 'metric'])
    .rollup({
      n: 'd => op.count()',
      mean: 'd => op.sum(d.value) / op.count()',
      sd: 'd => op.stdev(d.value)',
      min: 'd => op.min(d.value)',
      q25: quantile(0.25),
      median: quantile(0.5),
      q75: quantile(0.75),
      max: 'd => op.max(d.value)',
    });
}

interface MetricColumn {
  readonly column: string;
  /** Its name in a replicate's metrics. */
  metric(workload: string | null): string;
}

function metricColumns({ metrics, regimes }: StudyPlan): readonly MetricColumn[] {
  if (regimes === undefined) return metrics.map(({ name }) => ({ column: name, metric: () => name }));
  const suffixes = regimes.workloads.map(({ name }) => regimeMetric('', name));
  const suffixOf = (name: string): string | undefined => suffixes.find((suffix) => name.endsWith(suffix));
  const joined = metrics.filter(({ name }) => suffixOf(name) === undefined);
  const own = new Set(
    metrics.flatMap(({ name }) => {
      const suffix = suffixOf(name);
      return suffix === undefined ? [] : [name.slice(0, -suffix.length)];
    }),
  );
  return [
    ...[...own].map((name) => ({ column: name, metric: (workload: string | null) => regimeMetric(name, workload!) })),
    ...joined.map(({ name }) => ({ column: regimeMetric(name, regimes.aggregate), metric: () => name })),
  ];
}

function rowsOf(plan: StudyPlan, { outcome, validation }: Trial, index: number): Row[] {
  const workloads = plan.regimes?.workloads.map(({ name }) => name) ?? [null];
  const rows = (stage: Row['stage'], measured: TrialOutcome | null): Row[] =>
    measured?.kind === 'observed'
      ? measured.replicates.flatMap((replicate) => workloads.map((workload) => ({ index, stage, replicate, workload })))
      : [];
  return [...rows('tuning', outcome), ...rows('validation', validation)];
}
