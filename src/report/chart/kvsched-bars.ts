import { SCHEDULER_COLOURS } from './kvsched-cdf.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** One bar: a scenario and a scheduler with its ablation. */
export interface KvschedBar {
  readonly scenario: string;
  readonly scheduler: string;
  /** Prefetch and overlap of the run, e.g. `pf1 ov0`. */
  readonly ablation: string;
  readonly value: number;
}

export interface KvschedBarsText {
  readonly title: string;
  /** Of the axis of values, with the unit. */
  readonly axis: string;
  /** A sentence below the title: what the bars alone do not say. */
  readonly note?: string;
  /** Null leaves it out. */
  readonly legend?: null;
}

/** Bars per scenario (panels), scheduler (groups) and ablation (colour). Negative values point left. */
export function kvschedBars(bars: readonly KvschedBar[], { title, axis, note, legend }: KvschedBarsText): ChartSpec {
  const distinct = (key: 'scenario' | 'scheduler' | 'ablation'): readonly string[] => [
    ...new Set(bars.map((bar) => bar[key])),
  ];
  const ablations = distinct('ablation');
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, anchor: 'start', ...(note === undefined ? {} : { subtitle: note, subtitlePadding: 6 }) },
    config: CHART_CONFIG,
    data: { values: [...bars] },
    facet: {
      field: 'scenario',
      type: 'nominal',
      title: null,
      sort: [...distinct('scenario')],
      header: { labelFontWeight: 'bold', labelAnchor: 'start' },
    },
    columns: 3,
    spec: {
      width: 220,
      height: { step: ablations.length > 1 ? 9 : 20 },
      mark: { type: 'bar' },
      encoding: {
        y: { field: 'scheduler', type: 'nominal', title: null, sort: [...distinct('scheduler')] },
        yOffset: { field: 'ablation', type: 'nominal', sort: [...ablations] },
        x: {
          field: 'value',
          type: 'quantitative',
          title: axis,
          axis: { tickCount: 5, labelFlush: false },
          ...(bars.every(({ value }) => value === 0) ? { scale: { domain: [-1, 1] } } : {}),
        },
        color: {
          field: 'ablation',
          type: 'nominal',
          title: 'prefetch, overlap',
          sort: [...ablations],
          scale: { domain: [...ablations], range: SCHEDULER_COLOURS.slice(0, ablations.length) },
          legend: legend === null ? null : { orient: 'top' },
        },
      },
    },
  };
}
