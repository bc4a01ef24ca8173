import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

/** A measured latency beside the simulated one, ms. */
export interface CheckedLatency {
  readonly metric: string;
  readonly measured: number;
  readonly simulated: number;
}

/** More points than this hide each other. */
const MOST_POINTS = 1500;

/** For each metric: simulated against measured, with the diagonal, and relative errors against measured. */
export function calibrationResiduals(latencies: readonly CheckedLatency[], title: string): ChartSpec {
  const metrics = [...new Set(latencies.map(({ metric }) => metric))];
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, anchor: 'start' },
    config: CHART_CONFIG,
    vconcat: metrics.map((metric) => ({ hconcat: panels(metric, thinned(latencies, metric)) })),
  };
}

interface Point {
  readonly measured: number;
  readonly simulated: number;
  /** % of measured. */
  readonly error: number;
}

function thinned(latencies: readonly CheckedLatency[], metric: string): readonly Point[] {
  const own = latencies.filter((one) => one.metric === metric);
  const every = Math.max(1, Math.ceil(own.length / MOST_POINTS));
  return own
    .filter((_, index) => index % every === 0)
    .map(({ measured, simulated }) => ({
      measured,
      simulated,
      error: measured > 0 ? (100 * (simulated - measured)) / measured : 0,
    }));
}

function panels(metric: string, values: readonly Point[]) {
  const most = Math.max(...values.map(({ measured, simulated }) => Math.max(measured, simulated)));
  const x = { field: 'measured', type: 'quantitative', title: `measured ${metric} (ms)` };
  const panel = (field: string, title: string, end: number) => ({
    width: 300,
    height: 200,
    layer: [
      {
        data: { values },
        mark: { type: 'circle', size: 14, opacity: 0.5, color: COLOURS.front },
        encoding: { x, y: { field, type: 'quantitative', title } },
      },
      {
        data: {
          values: [
            { measured: 0, [field]: 0 },
            { measured: most, [field]: end },
          ],
        },
        mark: { type: 'line', color: COLOURS.baseline, strokeDash: [4, 3] },
        encoding: { x, y: { field, type: 'quantitative' } },
      },
    ],
  });
  return [panel('simulated', `simulated ${metric} (ms)`, most), panel('error', 'error (% of measured)', 0)];
}
