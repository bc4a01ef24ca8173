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
 * Corners of the empirical distribution function, y = i/N: one per distinct sample, or about 300 of them at equally
 * spaced ranks where there are more.
 * @param samples - not empty, in any order
 */
export function cdfSteps(samples: Readonly<Float64Array>): readonly (readonly [x: number, share: number])[] {
  const sorted = Float64Array.from(samples).sort();
  const count = sorted.length;
  const corners: (readonly [number, number])[] = [];
  for (let i = 0; i < count; i++) {
    if (i + 1 === count || sorted[i + 1]! > sorted[i]!) corners.push([sorted[i]!, (i + 1) / count]);
  }
  const slot = (index: number): number => Math.floor(corners[index]![1] * MAX_STEPS);
  const kept = corners.filter(
    (_, index) => corners.length <= MAX_STEPS || index + 1 === corners.length || slot(index) < slot(index + 1),
  );
  return [[sorted[0]!, 0], ...kept];
}

/**
 * Distribution of a latency per scheduler (colour), one panel per ablation. All lines are equally wide; later schedulers
 * are drawn above in shorter dashes, so that of curves that coincide every colour shows in an equal part.
 */
export function kvschedCdf(points: readonly CdfPoint[], scenario: string, stage: string): ChartSpec {
  const schedulers = [...new Set(points.map(({ scheduler }) => scheduler))];
  const ablations = [...new Set(points.map(({ ablation }) => ablation))];
  const alone = ablations.length === 1;
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: `${scenario}: distribution of the ${stage} latency`, anchor: 'start' },
    config: CHART_CONFIG,
    data: { values: [...points] },
    facet: {
      field: 'ablation',
      type: 'nominal',
      title: null,
      sort: ablations,
      header: { labelFontWeight: 'bold', labelAnchor: 'start' },
    },
    columns: 2,
    spec: {
      width: alone ? 520 : 330,
      height: alone ? 300 : 190,
      layer: schedulers.map((scheduler, index) => ({
        transform: [{ filter: { field: 'scheduler', equal: scheduler } }],
        mark: {
          type: 'line' as const,
          interpolate: 'step-after' as const,
          strokeWidth: LINE_WIDTH,
          strokeDash: dashOf(index, schedulers.length),
        },
        encoding: {
          x: {
            field: 'latencyMs',
            type: 'quantitative' as const,
            title: `${stage} latency (ms)`,
            scale: { zero: false },
            axis: { labelFlush: false },
          },
          y: {
            field: 'share',
            type: 'quantitative' as const,
            title: 'share of requests',
            scale: { domain: [0, 1] },
          },
          color: {
            field: 'scheduler',
            type: 'nominal' as const,
            title: 'scheduler',
            scale: { domain: schedulers, range: SCHEDULER_COLOURS.slice(0, schedulers.length) },
            legend: { orient: 'top' as const, symbolType: 'stroke', symbolStrokeWidth: 3 },
          },
          order: { field: 'share', type: 'quantitative' as const },
        },
      })),
    },
  };
}

const LINE_WIDTH = 2;

const DASH_PERIOD = 20;

/** The first line is solid, each later one leaves an equal part of the period to those below. */
function dashOf(index: number, count: number): readonly number[] {
  const gap = (DASH_PERIOD * index) / count;
  return index === 0 ? [] : [DASH_PERIOD - gap, gap];
}

/** Okabe & Ito 2008. */
export const SCHEDULER_COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'] as const;
