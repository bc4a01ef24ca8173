import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** One step of an empirical distribution: the share of samples ≤ x. */
export interface CdfPoint {
  readonly scheduler: string;
  /** Prefetch and overlap of the run, e.g. `pf1 ov0`. */
  readonly ablation: string;
  readonly latencyMs: number;
  readonly share: number;
}

const MAX_STEPS = 300;

/**
 * Steps of the empirical distribution function, y = i/N, thinned to at most 300 equally spaced ranks.
 * @param samples - not empty, in any order
 */
export function cdfSteps(samples: Readonly<Float64Array>): readonly (readonly [x: number, share: number])[] {
  const sorted = Float64Array.from(samples).sort();
  const count = sorted.length;
  const steps: (readonly [number, number])[] = [[sorted[0]!, 0]];
  const ranks = Math.min(count, MAX_STEPS);
  for (let k = 1; k <= ranks; k++) {
    const rank = Math.ceil((k * count) / ranks);
    // Of equal samples only the last rank is a corner of the curve.
    if (rank < count && sorted[rank] === sorted[rank - 1] && k < ranks) continue;
    steps.push([sorted[rank - 1]!, rank / count]);
  }
  return steps;
}

/** Distribution of a latency per scheduler (colour) and ablation (dash); earlier schedulers lie below, thicker. */
export function kvschedCdf(points: readonly CdfPoint[], scenario: string, stage: string): ChartSpec {
  const schedulers = [...new Set(points.map(({ scheduler }) => scheduler))];
  const ablations = [...new Set(points.map(({ ablation }) => ablation))];
  const widths = schedulers.map((_, index) => 1.4 + 1.7 * (schedulers.length - 1 - index));
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: `${scenario}: ${stage} latency`, anchor: 'start' },
    width: 520,
    height: 300,
    config: CHART_CONFIG,
    data: { values: [...points] },
    mark: { type: 'line', interpolate: 'step-after' },
    encoding: {
      x: {
        field: 'latencyMs',
        type: 'quantitative',
        title: `${stage} latency (ms)`,
        scale: { zero: false, nice: true },
      },
      y: { field: 'share', type: 'quantitative', title: 'share of requests', scale: { domain: [0, 1] } },
      color: {
        field: 'scheduler',
        type: 'nominal',
        title: 'scheduler',
        sort: schedulers,
        scale: { domain: schedulers, range: [...SCHEDULER_COLOURS] },
      },
      strokeWidth: {
        field: 'scheduler',
        type: 'nominal',
        sort: schedulers,
        scale: { domain: schedulers, range: widths },
        legend: null,
      },
      ...(ablations.length > 1
        ? {
            strokeDash: {
              field: 'ablation',
              type: 'nominal' as const,
              title: 'prefetch, overlap',
              sort: ablations,
              scale: { domain: ablations, range: [[], [7, 3], [2, 2], [7, 3, 2, 3]] },
            },
          }
        : {}),
      detail: [{ field: 'scheduler' }, { field: 'ablation' }],
      order: { field: 'share', type: 'quantitative' },
    },
  };
}

/** Okabe & Ito 2008. */
export const SCHEDULER_COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'] as const;
