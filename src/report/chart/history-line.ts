import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** A figure after each trial as a step line. */
export function historyLine(values: readonly number[], title: string): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 390,
    height: 220,
    config: CHART_CONFIG,
    data: { values: values.map((value, index) => ({ trials: index + 1, value })) },
    mark: { type: 'line', interpolate: 'step-after', color: COLOURS.front, strokeWidth: 2 },
    encoding: {
      x: { field: 'trials', type: 'quantitative', title: 'trials', axis: { tickMinStep: 1 } },
      y: { field: 'value', type: 'quantitative', title },
      tooltip: [
        { field: 'trials', type: 'quantitative' },
        { field: 'value', type: 'quantitative', title },
      ],
    },
  };
}
