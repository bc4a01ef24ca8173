import { SCHEDULER_COLOURS } from './kvsched-cdf.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** A published throughput and a simulated one, tokens/s. */
export interface PublishedPoint {
  readonly series: string;
  readonly label: string;
  readonly published: number;
  readonly simulated: number;
}

/** Simulated over published figures on logarithmic axes, with the line of equality and a factor of two on both sides. */
export function publishedScatter(points: readonly PublishedPoint[]): ChartSpec {
  const all = points.flatMap(({ published, simulated }) => [published, simulated]);
  const [low, high] = [Math.min(...all) / 1.3, Math.max(...all) * 1.3];
  const series = [...new Set(points.map((point) => point.series))];
  const axis = (field: string, title: string) => ({
    field,
    type: 'quantitative' as const,
    title,
    scale: { type: 'log' as const, domain: [low, high], nice: false },
    axis: { values: [200, 500, 1000, 2000, 5000, 10_000, 20_000], format: ',' },
  });
  const line = (factor: number, dash: readonly number[]) => ({
    data: { values: [low, high].map((x) => ({ x, y: x * factor })) },
    mark: { type: 'line' as const, color: '#888', strokeWidth: 1, strokeDash: dash, clip: true },
    encoding: { x: axis('x', 'published (tokens/s)'), y: axis('y', 'roofline (tokens/s)') },
  });
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: 'Throughput, published and simulated', subtitle: 'dashed: a factor of two', anchor: 'start' },
    config: CHART_CONFIG,
    width: 420,
    height: 320,
    layer: [
      line(1, []),
      line(2, [4, 4]),
      line(0.5, [4, 4]),
      {
        data: { values: [...points] },
        mark: { type: 'point', filled: true, size: 70 },
        encoding: {
          x: axis('published', 'published (tokens/s)'),
          y: axis('simulated', 'roofline (tokens/s)'),
          color: {
            field: 'series',
            type: 'nominal',
            title: null,
            scale: { domain: series, range: SCHEDULER_COLOURS.slice(0, series.length) },
          },
          shape: { field: 'series', type: 'nominal', title: null, scale: { domain: series } },
        },
      },
    ],
  };
}
