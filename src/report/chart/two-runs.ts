import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** An objective that both runs have. */
export interface SharedObjective {
  readonly key: string;
  readonly title: string;
  readonly better: 'lower' | 'higher';
}

/** A measured trial of one of the runs, with its objectives by key. */
export type RunRow = Readonly<Record<string, string | number | boolean>>;

export interface TwoRuns {
  readonly names: readonly [string, string];
  readonly objectives: readonly SharedObjective[];
  readonly rows: readonly RunRow[];
}

/** Best feasible value so far of each objective, a line a run. */
export function histories({ names, objectives, rows }: TwoRuns): ChartSpec {
  return {
    ...shared(rows),
    concat: objectives.map(({ key, title, better }) => ({
      width: 290,
      height: 160,
      transform: [
        { filter: 'datum.feasible' },
        {
          window: [{ op: better === 'lower' ? 'min' : 'max', field: key, as: 'best' }],
          groupby: ['run'],
          sort: [{ field: 'trial', order: 'ascending' }],
          frame: [null, 0],
        },
      ],
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.8, tooltip: true },
      encoding: {
        x: { field: 'trial', type: 'quantitative', title: 'trial', axis: { tickMinStep: 1, tickCount: 6 } },
        y: { field: 'best', type: 'quantitative', title, scale: { zero: false }, axis: { tickCount: 4 } },
        ...runMarks(names),
      },
    })),
  };
}

/** Share of the trials of each run with at most this value (empirical distribution function). */
export function distributions({ names, objectives, rows }: TwoRuns): ChartSpec {
  return {
    ...shared(rows),
    concat: objectives.map(({ key, title }) => ({
      width: 290,
      height: 160,
      transform: [
        { sort: [{ field: key, order: 'ascending' }], groupby: ['run'], window: [{ op: 'cume_dist', as: 'share' }] },
      ],
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.8, tooltip: true },
      encoding: {
        x: { field: key, type: 'quantitative', title, scale: { zero: false }, axis: { tickCount: 4 } },
        y: { field: 'share', type: 'quantitative', title: 'share of trials', axis: { format: '%', tickCount: 4 } },
        ...runMarks(names),
      },
    })),
  };
}

function shared(rows: readonly RunRow[]): ChartSpec {
  return { $schema: VEGA_LITE_SCHEMA, config: CHART_CONFIG, data: { values: rows }, columns: 2 };
}

function runMarks(names: readonly string[]): object {
  const scale = { domain: [...names], range: [COLOURS.front, COLOURS.baseline] };
  const legend = { orient: 'top' };
  return {
    color: { field: 'run', type: 'nominal', title: null, scale, legend },
    strokeDash: {
      field: 'run',
      type: 'nominal',
      title: null,
      scale: { domain: [...names], range: [[], [5, 3]] },
      legend,
    },
  };
}
