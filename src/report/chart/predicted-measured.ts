import type { SurrogateView } from '../surrogate-views.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, IS_PICKED, PICKED_PARAM, VEGA_LITE_SCHEMA } from './theme.ts';
import { rounded } from './trial-rows.ts';

/** Each trial as predicted from all others against what was measured; on the diagonal the model is right. */
export function predictedMeasured({ metric, predicted }: SurrogateView): ChartSpec {
  const values = predicted.map(({ trial, measured, mean, low, high }) => ({
    trial,
    measured: rounded(measured),
    mean: rounded(mean),
    low: rounded(low),
    high: rounded(high),
  }));
  const measured = values.map((row) => row.measured);
  const ends = [Math.min(...measured), Math.max(...measured)];
  const margin = 0.05 * (ends[1]! - ends[0]! || 1);
  const scale = { domain: [ends[0]! - margin, ends[1]! + margin], nice: false };
  const x = { field: 'measured', type: 'quantitative', title: `${metric}, measured`, scale, axis: { tickCount: 5 } };
  const y = { type: 'quantitative', title: 'predicted from the other trials', scale, axis: { tickCount: 5 } };
  const opacity = { condition: { test: IS_PICKED, value: 0.8 }, value: 0.06 };
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 260,
    height: 240,
    config: CHART_CONFIG,
    params: [PICKED_PARAM],
    data: { values },
    layer: [
      {
        data: { values: scale.domain.map((at) => ({ at })) },
        mark: { type: 'line', color: 'currentColor', strokeDash: [4, 3], strokeWidth: 1 },
        encoding: { x: { ...x, field: 'at' }, y: { ...y, field: 'at' } },
      },
      {
        mark: { type: 'rule', color: COLOURS.other, clip: true, tooltip: null },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' }, opacity },
      },
      {
        mark: { type: 'point', filled: true, size: 26, color: COLOURS.front, clip: true, cursor: 'pointer' },
        encoding: {
          x,
          y: { ...y, field: 'mean' },
          opacity,
          tooltip: [
            { field: 'trial', type: 'quantitative' },
            { field: 'measured', type: 'quantitative' },
            { field: 'mean', type: 'quantitative', title: 'predicted' },
            { field: 'low', type: 'quantitative', title: '95 % from' },
            { field: 'high', type: 'quantitative', title: 'to' },
          ],
        },
      },
    ],
  };
}
