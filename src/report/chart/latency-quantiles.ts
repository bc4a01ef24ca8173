import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** One recorded figure of a latency distribution at one point. */
export interface LatencyFigure {
  /** `baseline`, `trial 7`. */
  readonly point: string;
  /** `TTFT, critical`. */
  readonly panel: string;
  /** `mean`, `p50`, `p99`. */
  readonly stat: string;
  readonly value: number;
}

const STATS = ['mean', 'p50', 'p90', 'p95', 'p99'];

/** Latencies of requests by class, as far as the study recorded their distributions: baseline beside the chosen points. */
export function latencyQuantiles(figures: readonly LatencyFigure[], points: readonly string[]): ChartSpec {
  const panels = [...new Set(figures.map(({ panel }) => panel))];
  const range = [COLOURS.baseline, COLOURS.recommended, COLOURS.front, COLOURS.infeasible];
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    columns: 3,
    concat: panels.map((panel) => ({
      title: { text: panel, anchor: 'start', fontSize: 11, fontWeight: 'normal', color: 'currentColor' },
      width: 190,
      height: 120,
      data: { values: figures.filter((figure) => figure.panel === panel) },
      mark: { type: 'line', point: { size: 36 }, strokeWidth: 1.3 },
      encoding: {
        x: {
          field: 'stat',
          type: 'nominal',
          title: null,
          sort: STATS,
          scale: { type: 'point', padding: 0.3 },
          axis: { labelAngle: 0 },
        },
        y: { field: 'value', type: 'quantitative', title: 'ms', axis: { tickCount: 4 } },
        color: {
          field: 'point',
          type: 'nominal',
          title: null,
          sort: [...points],
          scale: { domain: [...points], range: range.slice(0, points.length) },
          legend: { orient: 'top' },
        },
        tooltip: [
          { field: 'point', type: 'nominal' },
          { field: 'stat', type: 'nominal' },
          { field: 'value', type: 'quantitative', title: 'ms' },
        ],
      },
    })),
  };
}
