import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** A figure after each trial as a step line; the rows are a data set of the page, so that a live one can grow. */
export function historyLine(title: string): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 390,
    height: 220,
    config: CHART_CONFIG,
    data: { name: 'history' },
    layer: [
      {
        mark: { type: 'line', interpolate: 'step-after', color: COLOURS.front, strokeWidth: 2 },
        encoding: {
          x: { field: 'trials', type: 'quantitative', title: 'trials', axis: { tickMinStep: 1, tickCount: 8 } },
          y: { field: 'value', type: 'quantitative', title, scale: { domainMin: 0 } },
        },
      },
      {
        mark: { type: 'point', opacity: 0, size: 60 },
        encoding: {
          x: { field: 'trials', type: 'quantitative' },
          y: { field: 'value', type: 'quantitative' },
          tooltip: [
            { field: 'trials', type: 'quantitative' },
            { field: 'value', type: 'quantitative', title, format: '.4f' },
          ],
        },
      },
    ],
  };
}
