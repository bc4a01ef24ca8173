import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** A change against a reference, as a share, with the bounds of its interval. */
export interface ChangeWithInterval {
  readonly series: string;
  readonly panel: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: 'better' | 'worse' | 'no clear difference';
}

/** A row of points with their intervals for each panel; the line at 0 is the reference. */
export function pairedChanges(changes: readonly ChangeWithInterval[], title: string): ChartSpec {
  const panels = [...new Set(changes.map(({ panel }) => panel))];
  const series = [...new Set(changes.map((change) => change.series))];
  const y = { field: 'series', type: 'nominal', title: null, sort: series };
  const x = { type: 'quantitative', title: 'change', axis: { format: '+~%', tickCount: 5 } };
  const colour = {
    field: 'verdict',
    type: 'nominal',
    title: null,
    scale: {
      domain: ['better', 'worse', 'no clear difference'],
      range: [COLOURS.recommended, COLOURS.baseline, COLOURS.other],
    },
    legend: { orient: 'top' },
  };
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, anchor: 'start' },
    config: CHART_CONFIG,
    columns: 2,
    concat: panels.map((panel) => ({
      title: { text: panel, anchor: 'start', fontSize: 11 },
      width: 260,
      height: { step: 24 },
      data: { values: changes.filter((change) => change.panel === panel) },
      layer: [
        {
          data: { values: [{ at: 0 }] },
          mark: { type: 'rule', color: '#888' },
          encoding: { x: { field: 'at', ...x } },
        },
        {
          mark: { type: 'rule', strokeWidth: 2 },
          encoding: { x: { field: 'low', ...x }, x2: { field: 'high' }, y, color: colour },
        },
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 1 },
          encoding: { x: { field: 'value', ...x }, y, color: colour },
        },
      ],
    })),
  };
}
