import { type ColumnTable, table } from 'arquero';
import type { ReportTrials } from './report-trials.ts';

export type Cell = string | number | boolean | null;

/** Columns of trials and simulations that are no parameters. */
const OWN_COLUMNS = [...['trial', 'origin', 'status', 'feasible', 'front'], ...['stage', 'seed', 'workload']];

/** One row a trial: parameters, then for each metric its mean and interval. The table behind trials.csv. */
export function trialTable({ parameters, metrics, trials }: ReportTrials): ColumnTable {
  const column = (values: (trial: ReportTrials['trials'][number]) => Cell): Cell[] => trials.map(values);
  const columns = new Map<string, Cell[]>([
    ['trial', column(({ number }) => number)],
    ['origin', column(({ origin }) => origin)],
    ['status', column(({ status }) => status)],
    ['feasible', column(({ feasible }) => feasible)],
    ['front', column(({ onFront }) => onFront)],
  ]);
  const names = parameterColumns({ parameters, metrics });
  for (const { column: name } of parameters) {
    columns.set(
      names.get(name)!,
      column((trial) => (trial.parameters[name] as Cell | undefined) ?? null),
    );
  }
  for (const { name } of metrics) {
    columns.set(
      name,
      column((trial) => trial.metrics[name]?.mean ?? null),
    );
    for (const bound of ['low', 'high'] as const) {
      columns.set(
        `${name}_${bound}`,
        column((trial) => trial.metrics[name]?.[bound] ?? null),
      );
    }
  }
  return table(columns, [...columns.keys()]);
}

/**
 * Names of the parameters' columns, by name in the report: the same, but for one that a metric or another column has
 * already; that is called `parameter.NAME`.
 */
export function parameterColumns({
  parameters,
  metrics,
}: Pick<ReportTrials, 'parameters' | 'metrics'>): ReadonlyMap<string, string> {
  const taken = new Set([...OWN_COLUMNS, ...metrics.flatMap(({ name }) => [name, `${name}_low`, `${name}_high`])]);
  return new Map(parameters.map(({ column }) => [column, taken.has(column) ? `parameter.${column}` : column]));
}
