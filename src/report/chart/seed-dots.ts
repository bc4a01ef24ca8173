import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** One value of one seed at one point. */
export interface SeedDot {
  readonly point: string;
  readonly panel: string;
  readonly seeds: 'tuning' | 'fresh';
  readonly seed: number;
  readonly value: number;
}

/** 95 % interval of the mean over the seeds of a point. */
export interface SeedInterval extends Pick<SeedDot, 'point' | 'panel' | 'seeds'> {
  readonly low: number;
  readonly high: number;
}

/** What each seed came to at the points that matter, by metric (a panel each), with the 95 % interval of their mean. */
export function seedDots(panels: readonly string[], points: readonly string[]): ChartSpec {
  const y = {
    field: 'point',
    type: 'nominal',
    title: null,
    scale: { domain: { expr: 'seed_points' } },
    axis: { labelLimit: 170 },
  };
  const colour = {
    field: 'seeds',
    type: 'nominal',
    title: null,
    scale: { domain: ['tuning', 'fresh'], range: [COLOURS.front, COLOURS.baseline] },
    legend: { orient: 'top' },
  };
  const offset = { field: 'seeds', type: 'nominal', sort: ['tuning', 'fresh'] };
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    params: [{ name: 'seed_points', value: [...points] }],
    columns: 2,
    concat: panels.map((panel) => ({
      width: 260,
      height: { step: 17 },
      data: { name: 'seeds' },
      transform: [{ filter: { field: 'panel', equal: panel } }],
      layer: [
        {
          mark: { type: 'point', filled: true, size: 30, opacity: 0.75 },
          encoding: {
            x: { field: 'value', type: 'quantitative', title: panel, scale: { zero: false }, axis: { tickCount: 5 } },
            y,
            yOffset: offset,
            color: colour,
            tooltip: [
              { field: 'point', type: 'nominal' },
              { field: 'seed', type: 'quantitative' },
              { field: 'value', type: 'quantitative', title: panel },
            ],
          },
        },
        {
          data: { name: 'intervals' },
          transform: [{ filter: { field: 'panel', equal: panel } }],
          mark: { type: 'rule', strokeWidth: 1.5, tooltip: null },
          encoding: {
            x: { field: 'low', type: 'quantitative', title: panel },
            x2: { field: 'high' },
            y,
            yOffset: offset,
            color: colour,
          },
        },
      ],
    })),
  };
}
