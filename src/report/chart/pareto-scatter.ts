import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

export interface ScatterPoint {
  readonly trial: number;
  readonly x: number;
  readonly y: number;
  readonly xLow: number;
  readonly xHigh: number;
  readonly yLow: number;
  readonly yHigh: number;
  readonly group: 'baseline' | 'front' | 'dominated' | 'infeasible';
  readonly label: string;
}

export interface ScatterAxis {
  readonly title: string;
}

/** Two objectives against each other, with 95 % intervals on the front and the baseline. */
export function paretoScatter(points: readonly ScatterPoint[], x: ScatterAxis, y: ScatterAxis): ChartSpec {
  const frame = frameOf(points);
  const encode = {
    x: {
      field: 'x',
      type: 'quantitative' as const,
      title: x.title,
      scale: { domain: [...frame.x], nice: false },
    },
    y: {
      field: 'y',
      type: 'quantitative' as const,
      title: y.title,
      scale: { domain: [...frame.y], nice: false },
    },
  };
  const colour = {
    field: 'group',
    type: 'nominal' as const,
    title: null,
    scale: {
      domain: ['baseline', 'front', 'dominated', 'infeasible'],
      range: [COLOURS.baseline, COLOURS.front, COLOURS.other, COLOURS.infeasible],
    },
    legend: { orient: 'top' as const },
  };
  const emphasised = { filter: "datum.group === 'front' || datum.group === 'baseline'" };
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: 390,
    height: 300,
    data: { values: inside(points, frame).map((point) => ({ ...point })) },
    config: CHART_CONFIG,
    layer: [
      {
        transform: [emphasised],
        mark: { type: 'rule', opacity: 0.35, clip: true },
        encoding: { x: { ...encode.x, field: 'xLow' }, x2: { field: 'xHigh' }, y: encode.y, color: colour },
      },
      {
        transform: [emphasised],
        mark: { type: 'rule', opacity: 0.35, clip: true },
        encoding: { x: encode.x, y: { ...encode.y, field: 'yLow' }, y2: { field: 'yHigh' }, color: colour },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 0.9 },
        encoding: {
          ...encode,
          color: colour,
          shape: {
            field: 'group',
            type: 'nominal',
            title: null,
            legend: { orient: 'top' as const },
            scale: {
              domain: ['baseline', 'front', 'dominated', 'infeasible'],
              range: ['diamond', 'circle', 'circle', 'cross'],
            },
          },
          tooltip: [
            { field: 'label', type: 'nominal', title: 'trial' },
            { field: 'x', type: 'quantitative', title: x.title },
            { field: 'y', type: 'quantitative', title: y.title },
          ],
        },
      },
      {
        transform: [emphasised],
        mark: { type: 'text', dx: 7, dy: -7, fontSize: 9, align: 'left', color: '#333' },
        encoding: { ...encode, text: { field: 'trial', type: 'quantitative' } },
      },
    ],
  };
}

/** A frame around the front and the baseline, with room for their neighbours. */
interface Frame {
  readonly x: readonly [number, number];
  readonly y: readonly [number, number];
}

function frameOf(points: readonly ScatterPoint[]): Frame {
  const main = points.filter(({ group }) => group === 'front' || group === 'baseline');
  const core = main.length > 1 ? main : points;
  return {
    x: domainOf(
      core.map(({ x }) => x),
      points.map(({ x }) => x),
    ),
    y: domainOf(
      core.map(({ y }) => y),
      points.map(({ y }) => y),
    ),
  };
}

/** Points that lie so far from the front that the frame leaves them out. */
export function beyondFrame(points: readonly ScatterPoint[]): number {
  return points.length - inside(points, frameOf(points)).length;
}

function inside(points: readonly ScatterPoint[], { x, y }: Frame): ScatterPoint[] {
  return points.filter((point) => point.x >= x[0] && point.x <= x[1] && point.y >= y[0] && point.y <= y[1]);
}

/** How far the frame reaches beyond front and baseline, in widths of these. */
const NEIGHBOURHOOD = 1.2;
const MARGIN = 0.08;

function domainOf(core: readonly number[], all: readonly number[]): readonly [number, number] {
  const low = Math.min(...core);
  const high = Math.max(...core);
  const reach = (high > low ? high - low : Math.abs(high) || 1) * NEIGHBOURHOOD;
  const near = all.filter((value) => value >= low - reach && value <= high + reach);
  const from = Math.min(...near);
  const to = Math.max(...near);
  const margin = (to > from ? to - from : Math.abs(to) || 1) * MARGIN;
  return [from - margin, to + margin];
}
