import type { SensitivityRow } from '../sensitivity-report.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** First-order and total Sobol indices of one objective, with their intervals. */
export function sensitivityBars(rows: readonly SensitivityRow[], metric: string): ChartSpec {
  const values = rows.flatMap(({ parameter, first, total }) => [
    { parameter, index: 'first order', ...first },
    { parameter, index: 'total', ...total },
  ]);
  const y = {
    field: 'parameter',
    type: 'nominal' as const,
    title: null,
    sort: rows.map(({ parameter }) => parameter),
    axis: { labelLimit: 220 },
  };
  const offset = { field: 'index', type: 'nominal' as const, sort: ['first order', 'total'] };
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 360,
    height: { step: 14 },
    config: CHART_CONFIG,
    data: { values },
    layer: [
      {
        mark: { type: 'bar' },
        encoding: {
          y,
          yOffset: offset,
          x: { field: 'value', type: 'quantitative', title: `Sobol index, ${metric}`, scale: { domainMin: 0 } },
          color: {
            field: 'index',
            type: 'nominal',
            title: null,
            scale: { domain: ['first order', 'total'], range: [COLOURS.other, COLOURS.front] },
            legend: { orient: 'top' },
          },
        },
      },
      {
        mark: { type: 'rule', color: 'currentColor' },
        encoding: { y, yOffset: offset, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
    ],
  };
}
