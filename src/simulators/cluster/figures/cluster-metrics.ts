import type { MetricSpec } from '../../simulator.ts';
import type { EngineResult } from '../engine-result.ts';
import { jainIndex, meanMs, percentileMs, picked, sortedFinite } from './distribution.ts';
import type { Goodput, GoodputTargets } from './goodput.ts';
import type { HeadlineMetrics, LatencyFigures } from './headline-metrics.ts';
import { rowsByClass } from './request-latency.ts';

const LATENCIES = [
  ['ttft', 'time to first token'],
  ['e2e', 'end-to-end latency'],
  ['itl', 'gap between output tokens'],
] as const;

const STATISTICS = [
  ['mean', 'meanMs'],
  ['p50', 'p50Ms'],
  ['p90', 'p90Ms'],
  ['p95', 'p95Ms'],
  ['p99', 'p99Ms'],
] as const satisfies readonly (readonly [string, keyof LatencyFigures])[];

/** Figures of one SLO class. */
export interface ClassFigures {
  readonly sloClass: string;
  readonly arrived: number;
  readonly completed: number;
  readonly ttftMeanMs: number;
  readonly ttftP99Ms: number;
  readonly e2eMeanMs: number;
  readonly e2eP99Ms: number;
}

const ms = (name: string, description: string): MetricSpec => ({ name, unit: 'ms', better: 'lower', description });

const share = (name: string, description: string, better: MetricSpec['better'] = 'higher'): MetricSpec => ({
  name,
  unit: '1',
  better,
  description,
});

const rate = (name: string, unit: string, description: string): MetricSpec => ({
  name,
  unit,
  better: 'higher',
  description,
});

/**
 * The metrics of a cluster whose workload has these classes.
 * @param targeted - those with latency targets: only they have goodput, and all requests together where any has
 */
export function clusterMetricSpecs(classes: readonly string[], targeted: readonly string[]): readonly MetricSpec[] {
  const goodput = (suffix: string, whose: string) => [
    share(`slo_attainment${suffix}`, `share of ${whose} that met every latency target`),
    rate(`goodput_rps${suffix}`, 'requests/s', `${whose} per second that met every latency target`),
  ];
  return [
    ...LATENCIES.flatMap(([name, what]) =>
      STATISTICS.map(([stat]) => ms(`${name}_${stat}_ms`, `${stat} of the ${what}`)),
    ),
    ms('scheduling_delay_p99_ms', 'p99 of the wait before a request is first scheduled'),
    rate('tokens_per_sec', 'tokens/s', 'output tokens of completed requests per second'),
    rate('responses_per_sec', 'requests/s', 'completed requests per second'),
    share('completion_fraction', 'completed requests over arrived ones'),
    share('fairness_jain', 'evenness of service over SLO classes, 1 = even'),
    { name: 'preemption_count', unit: '1', better: 'lower', description: 'preempted requests' },
    share('cache_hit_rate', 'KV blocks found in the GPU cache, mean over instances'),
    share('kv_thrashing_rate', 'evictions over copies in the second KV tier, mean over instances', 'lower'),
    ...(targeted.length > 0 ? goodput('', 'requests') : []),
    ...classes.flatMap((name) => [
      ms(`ttft_mean_ms[${name}]`, `mean time to first token of ${name}`),
      ms(`ttft_p99_ms[${name}]`, `p99 of the time to first token of ${name}`),
      ms(`e2e_mean_ms[${name}]`, `mean end-to-end latency of ${name}`),
      ms(`e2e_p99_ms[${name}]`, `p99 of the end-to-end latency of ${name}`),
      share(`completion_fraction[${name}]`, `completed requests of ${name} over arrived ones`),
      ...(targeted.includes(name) ? goodput(`[${name}]`, `${name} requests`) : []),
    ]),
  ];
}

/** Values for `clusterMetricSpecs`, by name; more than those may be present. */
export function clusterMetricValues(
  headline: HeadlineMetrics,
  classes: readonly ClassFigures[],
  measured: Goodput | null,
  targets: GoodputTargets,
): Record<string, number> {
  const values: Record<string, number> = {};
  for (const [name] of LATENCIES) {
    for (const [stat, field] of STATISTICS) values[`${name}_${stat}_ms`] = headline[name][field];
  }
  const arrived = classes.reduce((sum, one) => sum + one.arrived, 0);
  values['scheduling_delay_p99_ms'] = headline.schedulingDelayP99Ms;
  values['tokens_per_sec'] = headline.tokensPerSec;
  values['responses_per_sec'] = headline.responsesPerSec;
  values['completion_fraction'] = arrived === 0 ? 0 : headline.completed / arrived;
  values['fairness_jain'] = classFairness(classes, targets);
  values['preemption_count'] = headline.preemptions;
  values['cache_hit_rate'] = headline.cacheHitRate;
  values['kv_thrashing_rate'] = headline.thrashingRate;
  for (const one of classes) {
    values[`ttft_mean_ms[${one.sloClass}]`] = one.ttftMeanMs;
    values[`ttft_p99_ms[${one.sloClass}]`] = one.ttftP99Ms;
    values[`e2e_mean_ms[${one.sloClass}]`] = one.e2eMeanMs;
    values[`e2e_p99_ms[${one.sloClass}]`] = one.e2eP99Ms;
    values[`completion_fraction[${one.sloClass}]`] = one.arrived === 0 ? 1 : one.completed / one.arrived;
  }
  if (measured === null) return values;
  values['slo_attainment'] = measured.attainment;
  values['goodput_rps'] = measured.goodputRps;
  for (const one of measured.classes) {
    values[`slo_attainment[${one.sloClass}]`] = one.attainment;
    values[`goodput_rps[${one.sloClass}]`] = one.goodputRps;
  }
  return values;
}

/**
 * Figures by class, in the order of `names`. A class of which nothing was measured gets the longest wait that the
 * run can vouch for, from its first arrival to the end: a class that is shut out must not look fast.
 */
export function classFigures(result: EngineResult, names: readonly string[], endUs: number): readonly ClassFigures[] {
  const rows = rowsByClass(result);
  return names.map((sloClass) => {
    const own = rows.get(sloClass) ?? [];
    const waitMs = own.length === 0 ? 0 : Math.max(0, endUs - result.table.arrivalUs[own[0]!]!) / 1000;
    const ttft = sortedFinite(picked(result.ttftUs, own));
    const e2e = sortedFinite(picked(result.e2eUs, own));
    const arrivals = result.cluster.arrivals;
    return {
      sloClass,
      arrived: (arrivals[sloClass] ?? 0) + (sloClass === 'default' ? (arrivals[''] ?? 0) : 0),
      completed: own.filter((row) => result.completed[row] === 1).length,
      ttftMeanMs: ttft.length > 0 ? meanMs(ttft) : waitMs,
      ttftP99Ms: ttft.length > 0 ? percentileMs(ttft, 99) : waitMs,
      e2eMeanMs: e2e.length > 0 ? meanMs(e2e) : waitMs,
      e2eP99Ms: e2e.length > 0 ? percentileMs(e2e, 99) : waitMs,
    };
  });
}

/**
 * Jain index over the service of each class that had arrivals: completed share × speed. Speed is the inverse of the
 * mean time to first token or, where every class has a TTFT target, target over mean, at most 1: to beat one's target
 * takes nothing from others. TTFT rather than E2E, because waiting is what classes take from each other, and because
 * classes may differ in output length. A class without completions has service 0, so k served classes of n give at
 * most k/n.
 */
export function classFairness(classes: readonly ClassFigures[], targets: GoodputTargets): number {
  const present = classes.filter((one) => one.arrived > 0);
  const promised = present.every((one) => (targets[one.sloClass]?.ttftMs ?? 0) > 0);
  return jainIndex(
    present.map((one) => {
      if (one.completed === 0) return 0;
      const target = promised ? targets[one.sloClass]!.ttftMs : 0;
      const speed = promised ? Math.min(1, target / one.ttftMeanMs) : 1 / one.ttftMeanMs;
      return (one.completed / one.arrived) * speed;
    }),
  );
}
