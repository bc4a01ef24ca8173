import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, GROUP_COLOUR, IS_PICKED, PICKED_PARAM, VEGA_LITE_SCHEMA } from './theme.ts';
import { type ChartColumn, rounded, type TrialRow, type TrialRows } from './trial-rows.ts';

const DRAWN_LAST = ['front', 'baseline', 'recommended'];

/** Each trial as a line over normalised axes, parameters first, objectives last; null with less than two axes. */
export function parallelCoordinates(trials: TrialRows): ChartSpec | null {
  const axes = axesOf(trials);
  if (axes.length < 2 || trials.rows.length < 2) return null;
  const x = {
    field: 'axis',
    type: 'nominal',
    title: null,
    sort: axes.map(({ name }) => name),
    scale: { type: 'point', padding: 0.3 },
    axis: { labelLimit: 170, grid: true, domain: false },
  };
  const y = { field: 'position', type: 'quantitative', axis: null, scale: { domain: [-0.08, 1.08] } };
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: Math.max(480, axes.length * 82),
    height: 260,
    config: { ...CHART_CONFIG, axisX: { labelAngle: -20 } },
    params: [PICKED_PARAM],
    layer: [
      {
        data: { name: 'lines' },
        mark: { type: 'line', strokeWidth: 1.4, cursor: 'pointer' },
        encoding: {
          x,
          y,
          detail: { field: 'trial', type: 'nominal' },
          color: GROUP_COLOUR,
          opacity: {
            condition: [
              { test: `!(${IS_PICKED})`, value: 0.04 },
              { test: "datum.group === 'dominated' || datum.group === 'infeasible'", value: 0.3 },
            ],
            value: 0.95,
          },
        },
      },
      {
        data: { name: 'ends' },
        mark: { type: 'text', fontSize: 9, color: 'currentColor', dy: { expr: 'datum.position > 0.5 ? -9 : 9' } },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

/** Data sets of that chart: where each trial crosses each axis, and what stands at the ends of an axis. */
export function parallelRows(trials: TrialRows): {
  readonly lines: readonly object[];
  readonly ends: readonly object[];
} {
  const axes = axesOf(trials);
  const lines = [...trials.rows]
    .sort((a, b) => DRAWN_LAST.indexOf(String(a['group'])) - DRAWN_LAST.indexOf(String(b['group'])))
    .flatMap((row) => axes.flatMap((axis) => place(row, axis)));
  const ends = axes.flatMap(({ name, low, high }) => [
    { axis: name, position: 0, text: shortNumber(low) },
    { axis: name, position: 1, text: shortNumber(high) },
  ]);
  return { lines, ends };
}

interface Axis extends ChartColumn {
  readonly low: number;
  readonly high: number;
}

function axesOf({ objectives, parameters, rows }: TrialRows): readonly Axis[] {
  return [...parameters.filter(({ numeric }) => numeric), ...objectives].flatMap((column) => axisOf(column, rows));
}

function axisOf(column: ChartColumn, rows: readonly TrialRow[]): Axis[] {
  const values = rows.map((row) => row[column.key]).filter((value) => typeof value === 'number');
  return values.length === 0 ? [] : [{ ...column, low: Math.min(...values), high: Math.max(...values) }];
}

function place(row: TrialRow, { key, name, low, high, log }: Axis) {
  const value = row[key];
  if (typeof value !== 'number') return [];
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return [{ trial: row['trial'], group: row['group'], axis: name, position: high > low ? rounded(share) : 0.5 }];
}

/** Three digits, thousands as `k`, millions as `M`: on a phone axes stand close together. */
function shortNumber(value: number): string {
  const magnitude = Math.abs(value);
  const [scale, letter] = magnitude >= 1e6 ? [1e6, 'M'] : magnitude >= 1e4 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / scale).toPrecision(3))}${letter}`;
}
