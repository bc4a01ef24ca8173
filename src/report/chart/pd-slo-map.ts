import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** One cell of a comparison of two ways to choose pods. */
export interface PdSloMapCell {
  /** Panel, e.g. the joint strategy that is compared. */
  readonly panel: string;
  /** Offered load as a share of the tighter stage's capacity. */
  readonly load: number;
  /** Pods of either role, e.g. `3:5`. */
  readonly ratio: string;
  /** Joint − independent, percentage points. */
  readonly difference: number;
  readonly verdict: 'joint better' | 'independent better' | 'no clear difference';
}

/** Heat map per panel: colour and figure = difference, bold = clear at 95 %. */
export function pdSloMap(cells: readonly PdSloMapCell[], title: string, legend: string): ChartSpec {
  // Wider than the data, so that figures stay legible on the strongest cell.
  const limit = 1.4 * Math.max(1, ...cells.map(({ difference }) => Math.abs(difference)));
  const ratios = [...new Set(cells.map(({ ratio }) => ratio))];
  const panels = [...new Set(cells.map(({ panel }) => panel))];
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, anchor: 'start' },
    config: CHART_CONFIG,
    data: { values: cells.map((cell) => ({ ...cell, clear: cell.verdict !== 'no clear difference' })) },
    facet: {
      field: 'panel',
      type: 'nominal',
      title: null,
      sort: panels,
      header: { labelFontWeight: 'bold', labelAnchor: 'start' },
    },
    columns: 1,
    spec: {
      width: { step: 64 },
      height: { step: 30 },
      encoding: {
        x: {
          field: 'load',
          type: 'ordinal',
          title: 'load, share of the tighter stage',
          axis: { labelAngle: 0, format: '.2f' },
        },
        y: { field: 'ratio', type: 'nominal', title: 'prefill : decode pods', sort: ratios },
      },
      layer: [
        {
          mark: { type: 'rect' },
          encoding: {
            color: {
              field: 'difference',
              type: 'quantitative',
              title: legend,
              scale: { scheme: 'purplegreen', domain: [-limit, limit] },
            },
          },
        },
        {
          transform: [{ filter: 'datum.clear' }],
          mark: { type: 'text', fontWeight: 'bold', fontSize: 12 },
          encoding: { text: { field: 'difference', type: 'quantitative', format: '+.2f' } },
        },
        {
          transform: [{ filter: '!datum.clear' }],
          mark: { type: 'text', color: '#555', fontSize: 10 },
          encoding: { text: { field: 'difference', type: 'quantitative', format: '+.2f' } },
        },
      ],
    },
  };
}
