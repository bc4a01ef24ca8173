import { frames, inFrame } from './pareto-matrix.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, GROUP_COLOUR, IS_PICKED, PICKED_PARAM, VEGA_LITE_SCHEMA } from './theme.ts';
import type { ChartColumn, TrialRows } from './trial-rows.ts';

/** Share of the trials that are at most so good, by objective (empirical distribution function). */
export function distribution({ objectives, rows }: TrialRows): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    data: { name: 'trials' },
    params: [...frames({ objectives, rows })],
    columns: 3,
    concat: objectives.map((column) => ({
      width: 200,
      height: 140,
      transform: [{ sort: [{ field: column.key, order: 'ascending' }], window: [{ op: 'cume_dist', as: 'share' }] }],
      mark: { type: 'line', interpolate: 'step-after', color: COLOURS.front, clip: true, tooltip: true },
      encoding: {
        x: {
          field: column.key,
          type: 'quantitative',
          title: column.title,
          scale: inFrame(column),
          axis: { tickCount: 4, titleLimit: 240 },
        },
        y: { field: 'share', type: 'quantitative', title: 'share of trials', axis: { format: '%', tickCount: 4 } },
      },
    })),
  };
}

/** Trials over two parameters, coloured by the rank of an objective among them. */
export function rankPlot(
  { objectives, parameters }: TrialRows,
  better: readonly ('lower' | 'higher')[],
): ChartSpec | null {
  const [x, y] = parameters;
  if (x === undefined || y === undefined) return null;
  const axis = ({ key, title, log, numeric }: ChartColumn) => ({
    field: key,
    type: numeric ? 'quantitative' : 'nominal',
    title,
    ...(numeric ? { scale: { zero: false, ...(log ? { type: 'log' } : {}) }, axis: { tickCount: 4 } } : {}),
  });
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    data: { name: 'trials' },
    params: [PICKED_PARAM],
    columns: 3,
    concat: objectives.map(({ key, name }, index) => ({
      title: { text: name, anchor: 'start', fontSize: 11, fontWeight: 'normal', color: 'currentColor' },
      width: 190,
      height: 160,
      transform: [
        { filter: `datum.${x.key} != null && datum.${y.key} != null` },
        {
          sort: [{ field: key, order: better[index] === 'lower' ? 'ascending' : 'descending' }],
          window: [{ op: 'rank', as: 'rank' }],
        },
      ],
      mark: { type: 'point', filled: true, size: 42, cursor: 'pointer' },
      encoding: {
        x: axis(x),
        y: axis(y),
        color: { field: 'rank', type: 'quantitative', title: 'rank', scale: { scheme: 'viridis', reverse: true } },
        opacity: { condition: { test: IS_PICKED, value: 0.9 }, value: 0.06 },
        tooltip: [
          { field: 'label', type: 'nominal', title: 'point' },
          { field: 'rank', type: 'quantitative' },
          { field: key, type: 'quantitative', title: name },
        ],
      },
    })),
  };
}

/** When each of `count` trials was proposed and when it came back, in trials finished by then; groups as everywhere. */
export function timeline(count: number): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 560,
    height: { step: Math.max(2, Math.min(12, Math.floor(480 / Math.max(1, count)))) },
    config: CHART_CONFIG,
    data: { name: 'timeline' },
    params: [PICKED_PARAM],
    mark: { type: 'bar', cursor: 'pointer' },
    encoding: {
      x: { field: 'from', type: 'quantitative', title: 'trials finished', axis: { tickMinStep: 1 } },
      x2: { field: 'to' },
      y: { field: 'trial', type: 'ordinal', title: 'trial', axis: { labelOverlap: true, tickCount: 10, ticks: false } },
      color: GROUP_COLOUR,
      opacity: { condition: { test: IS_PICKED, value: 0.95 }, value: 0.08 },
      tooltip: [
        { field: 'trial', type: 'ordinal' },
        { field: 'status', type: 'nominal' },
        { field: 'origin', type: 'nominal' },
      ],
    },
  };
}
