import { cdfSteps, SCHEDULER_COLOURS } from './kvsched-cdf.ts';
import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, VEGA_LITE_SCHEMA } from './theme.ts';

/** Latencies of the same requests by two engines, milliseconds. */
export interface ComparedLatencies {
  readonly engine: string;
  readonly ttftMs: readonly number[];
  readonly e2eMs: readonly number[];
}

/** Distributions of TTFT and E2E side by side. The second engine is dashed and above, so that equal curves show both colours. */
export function engineComparison(engines: readonly ComparedLatencies[], title: string): ChartSpec {
  const names = engines.map(({ engine }) => engine);
  const values = engines.flatMap(({ engine, ttftMs, e2eMs }) => [
    ...steps(engine, 'time to first token', ttftMs),
    ...steps(engine, 'end to end', e2eMs),
  ]);
  return {
    $schema: VEGA_LITE_SCHEMA,
    title: { text: title, anchor: 'start' },
    config: CHART_CONFIG,
    data: { values },
    facet: { field: 'latency', type: 'nominal', title: null, sort: ['time to first token', 'end to end'] },
    columns: 2,
    resolve: { scale: { x: 'independent' } },
    spec: {
      width: 330,
      height: 190,
      layer: names.map((_, index) => curve(names, index)),
    },
  };
}

function curve(names: readonly string[], index: number) {
  return {
    transform: [{ filter: { field: 'engine', equal: names[index]! } }],
    mark: { type: 'line', interpolate: 'step-after', strokeWidth: 2, strokeDash: index === 0 ? [] : [8, 8] },
    encoding: {
      x: { field: 'ms', type: 'quantitative', title: 'milliseconds', axis: { labelFlush: false } },
      y: { field: 'share', type: 'quantitative', title: 'share of requests', scale: { domain: [0, 1] } },
      color: {
        field: 'engine',
        type: 'nominal',
        title: null,
        scale: { domain: [...names], range: SCHEDULER_COLOURS.slice(0, names.length) },
        legend: { symbolType: 'stroke', symbolStrokeWidth: 3 },
      },
    },
  };
}

function steps(engine: string, latency: string, samples: readonly number[]) {
  if (samples.length === 0) return [];
  return cdfSteps(Float64Array.from(samples)).map(([ms, share]) => ({ engine, latency, ms, share }));
}
