import { meanMs, percentileMs, sortedFinite } from '../../simulators/cluster/figures/distribution.ts';
import type { GoodputTargets } from '../../simulators/cluster/figures/goodput.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { attainedGoodput } from '../observe/observed-goodput.ts';
import { e2eUs, isMeasured, positiveGapsUs, ttftUs } from '../observe/observed-latency.ts';
import type { ObservedRequest } from '../observe/observed-trace.ts';

const LATENCIES = {
  ttft: 'time to first token',
  e2e: 'end-to-end latency',
  itl: 'gap between chunks of a stream',
  tpot: 'time per output token after the first, by request',
} as const;
const PERCENTS = [50, 90, 95, 99];

/** Metrics of a server under load, named as those of the simulated cluster. */
export function serverMetricSpecs(withTargets: boolean): readonly MetricSpec[] {
  const higher = (name: string, unit: string, description: string): MetricSpec => ({
    name,
    unit,
    better: 'higher',
    description,
  });
  return [
    ...Object.entries(LATENCIES).flatMap(([name, what]) =>
      ['mean', ...PERCENTS.map((percent) => `p${percent}`)].map(
        (statistic): MetricSpec => ({
          name: `${name}_${statistic}_ms`,
          unit: 'ms',
          better: 'lower',
          description: `${statistic} of the ${what}`,
        }),
      ),
    ),
    higher('tokens_per_sec', 'tokens/s', 'output tokens of completed requests per second'),
    higher('responses_per_sec', 'requests/s', 'completed requests per second'),
    higher('completion_fraction', '1', 'completed requests over sent ones'),
    ...(withTargets
      ? [
          higher('slo_attainment', '1', 'share of requests that met every latency target'),
          higher('goodput_rps', 'requests/s', 'requests per second that met every latency target'),
        ]
      : []),
  ];
}

/** Values for `serverMetricSpecs`. @param wallS - from the first request that counts to the last answer */
export function serverMetrics(
  requests: readonly ObservedRequest[],
  { wallS, targets }: { readonly wallS: number; readonly targets: GoodputTargets },
): Readonly<Record<string, number>> {
  const good = requests.filter(isMeasured);
  const perSecond = (amount: number): number => (wallS > 0 ? amount / wallS : 0);
  const goodput = attainedGoodput(good, requests, { wallS, targets, withGaps: true });
  return {
    ...latency('ttft', good.map(ttftUs)),
    ...latency('e2e', good.map(e2eUs)),
    ...latency('itl', good.flatMap(positiveGapsUs)),
    ...latency('tpot', good.flatMap(tokenTimeUs)),
    tokens_per_sec: perSecond(good.reduce((sum, { row }) => sum + row.outputTokens, 0)),
    responses_per_sec: perSecond(good.length),
    completion_fraction: requests.length === 0 ? 0 : good.length / requests.length,
    ...(goodput === null ? {} : { slo_attainment: goodput.attainment, goodput_rps: goodput.goodputRps }),
  };
}

function tokenTimeUs(request: ObservedRequest): readonly number[] {
  const after = request.row.outputTokens - 1;
  return after > 0 ? [(e2eUs(request) - ttftUs(request)) / after] : [];
}

function latency(name: keyof typeof LATENCIES, valuesUs: readonly number[]): Record<string, number> {
  const sorted = sortedFinite(valuesUs);
  return Object.fromEntries([
    [`${name}_mean_ms`, meanMs(sorted)],
    ...PERCENTS.map((percent) => [`${name}_p${percent}_ms`, percentileMs(sorted, percent)] as const),
  ]);
}
