import { frames, inFrame } from './pareto-matrix.ts';
import type { ChartSpec } from './render.ts';
import {
  CHART_CONFIG,
  COLOURS,
  GROUP_COLOUR,
  IS_PICKED,
  PICKED_PARAM,
  TITLE_ABOVE,
  VEGA_LITE_SCHEMA,
} from './theme.ts';
import type { ChartColumn, TrialRows } from './trial-rows.ts';

/** Each objective over the trials in their order, with the best feasible value so far. */
export function objectiveHistory({ objectives, rows }: TrialRows, better: readonly ('lower' | 'higher')[]): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    data: { name: 'trials' },
    params: [PICKED_PARAM, ...frames({ objectives, rows })],
    columns: 2,
    concat: objectives.map((column, index) => ({
      width: 290,
      height: 150,
      layer: layers(column, better[index]!),
    })),
  };
}

function layers(column: ChartColumn, better: 'lower' | 'higher') {
  const { key, title, name } = column;
  const x = { field: 'trial', type: 'quantitative', title: 'trial', axis: { tickMinStep: 1, tickCount: 6 } };
  const y = {
    field: key,
    type: 'quantitative',
    title,
    scale: inFrame(column),
    axis: { tickCount: 4, titleLimit: 290, ...TITLE_ABOVE },
  };
  return [
    {
      mark: { type: 'point', filled: true, size: 22, clip: true, cursor: 'pointer' },
      encoding: {
        x,
        y,
        color: GROUP_COLOUR,
        opacity: { condition: { test: IS_PICKED, value: 0.8 }, value: 0.1 },
        tooltip: [
          { field: 'label', type: 'nominal', title: 'point' },
          { field: key, type: 'quantitative', title: name },
        ],
      },
    },
    {
      transform: [
        { filter: "datum.group !== 'infeasible'" },
        {
          window: [{ op: better === 'lower' ? 'min' : 'max', field: key, as: 'best' }],
          sort: [{ field: 'trial', order: 'ascending' }],
          frame: [null, 0],
        },
      ],
      mark: { type: 'line', interpolate: 'step-after', color: COLOURS.front, strokeWidth: 1.5, clip: true },
      encoding: { x, y: { ...y, field: 'best' } },
    },
  ];
}
