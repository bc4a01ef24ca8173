import type { ColumnTable } from 'arquero';
import { fitTrend } from '../optimizer/sensitivity/trend.ts';
import type { Parameter } from '../optimizer/space/parameter.ts';
import type { ReportTrials } from './report-trials.ts';
import { shownScalar } from './report-trials.ts';
import type { LevelRow, ParameterTrend, SensitivityRow } from './sensitivity-report.ts';
import type { ReportMetric } from './study-report.ts';
import { parameterColumns, trialTable } from './trial-table.ts';

/** What the trials themselves say about a parameter, without a surrogate. */
export type ParameterEffects = (
  parameter: Parameter,
  metric: ReportMetric,
) => Pick<SensitivityRow, 'trends' | 'levels'>;

/** @param reported - with the trials to look at, and no others; those that were not observed do not count */
export function parameterEffects(reported: ReportTrials): ParameterEffects {
  const trials = trialTable(reported).filter(`d => d.status === 'observed'`);
  const names = parameterColumns(reported);
  return (parameter, metric) => {
    switch (parameter.kind) {
      case 'real':
      case 'integer':
      case 'simplex': {
        const columns = reported.parameters.filter((column) => column.parameter === parameter.name);
        const trends = columns.flatMap(({ column, log }): ParameterTrend[] => {
          const shown = fitTrend(...pairs(trials, names.get(column)!, metric.name), { log });
          return shown === null ? [] : [{ column, ...shown }];
        });
        return { trends };
      }
      case 'ordinal':
        return { trends: [], levels: levels(trials, names.get(parameter.name)!, metric, parameter.levels) };
      case 'categorical':
        return {
          trends: [],
          levels: levels(trials, names.get(parameter.name)!, metric, parameter.choices.map(shownScalar)),
        };
      default:
        return parameter satisfies never;
    }
  };
}

/** Values of two columns in the rows that have both. */
function pairs(trials: ColumnTable, x: string, y: string): [number[], number[]] {
  const both = trials.filter(`d => ${cell(x)} != null && ${cell(y)} != null`);
  return [[...both.array(x)] as number[], [...both.array(y)] as number[]];
}

/** In the order of the space; a level without trials has no row. */
function levels(
  trials: ColumnTable,
  column: string,
  { name, better }: ReportMetric,
  order: readonly LevelRow['level'][],
): readonly LevelRow[] {
  const rows = trials
    .groupby({ level: `d => ${cell(column)}` })
    .rollup({
      trials: 'd => op.count()',
      feasible: 'd => op.sum(d.feasible)',
      mean: `d => op.sum(${cell(name)}) / op.count()`,
      deviation: `d => op.stdev(${cell(name)})`,
      best: `d => op.${better === 'lower' ? 'min' : 'max'}(${cell(name)})`,
    })
    .objects() as LevelRow[];
  return order.flatMap((level) =>
    rows.filter((row) => row.level === level).map((row) => ({ ...row, deviation: row.deviation ?? null })),
  );
}

function cell(column: string): string {
  return `d[${JSON.stringify(column)}]`;
}
