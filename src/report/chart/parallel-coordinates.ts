import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

export interface ParallelAxis {
  readonly name: string;
  readonly low: number;
  readonly high: number;
}

export interface ParallelLine {
  readonly trial: number;
  readonly group: 'baseline' | 'front' | 'dominated';
  /** One value per axis; null leaves a gap. */
  readonly values: readonly (number | null)[];
}

/** Each trial as a line over normalised axes: parameters first, objectives last. */
export function parallelCoordinates(axes: readonly ParallelAxis[], lines: readonly ParallelLine[]): ChartSpec {
  const rows = lines.flatMap((line) =>
    axes.flatMap((axis, index) => {
      const value = line.values[index];
      if (value === null || value === undefined) return [];
      const position = axis.high > axis.low ? (value - axis.low) / (axis.high - axis.low) : 0.5;
      return [{ trial: line.trial, group: line.group, axis: axis.name, value, position }];
    }),
  );
  const ends = axes.flatMap((axis) => [
    { axis: axis.name, position: 0, text: shortNumber(axis.low) },
    { axis: axis.name, position: 1, text: shortNumber(axis.high) },
  ]);
  const x = {
    field: 'axis',
    type: 'nominal' as const,
    title: null,
    sort: axes.map(({ name }) => name),
    scale: { type: 'point' as const, padding: 0.3 },
    axis: { labelAngle: -20, labelLimit: 170, grid: true, domain: false },
  };
  const y = { field: 'position', type: 'quantitative' as const, axis: null, scale: { domain: [-0.08, 1.08] } };
  return {
    $schema: VEGA_LITE_SCHEMA,
    width: Math.max(480, axes.length * 95),
    height: 260,
    config: CHART_CONFIG,
    layer: [
      {
        data: { values: rows },
        mark: { type: 'line', strokeWidth: 1.6 },
        encoding: {
          x,
          y,
          detail: { field: 'trial', type: 'nominal' },
          color: {
            field: 'group',
            type: 'nominal',
            title: null,
            scale: {
              domain: ['baseline', 'front', 'dominated'],
              range: [COLOURS.baseline, COLOURS.front, COLOURS.other],
            },
            legend: { orient: 'top' },
          },
          opacity: { condition: { test: "datum.group === 'dominated'", value: 0.35 }, value: 0.95 },
        },
      },
      {
        data: { values: ends },
        mark: { type: 'text', fontSize: 9, color: '#555', dy: { expr: 'datum.position > 0.5 ? -9 : 9' } },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
      },
    ],
  };
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}
