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
  const encode = {
    x: {
      field: 'x',
      type: 'quantitative' as const,
      title: x.title,
      scale: { domain: domainOf(points.map((point) => point.x)), nice: true },
    },
    y: {
      field: 'y',
      type: 'quantitative' as const,
      title: y.title,
      scale: { domain: domainOf(points.map((point) => point.y)), nice: true },
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
    data: { values: points.map((point) => ({ ...point })) },
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

/** The points with a margin; intervals that reach beyond are clipped. */
function domainOf(values: readonly number[]): readonly [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const margin = (high > low ? high - low : Math.abs(high) || 1) * 0.08;
  return [low - margin, high + margin];
}
