import { percentileMs, sortedFinite } from '../../simulators/cluster/figures/distribution.ts';
import type { ClassGoodput, Goodput, GoodputTarget, GoodputTargets } from '../../simulators/cluster/figures/goodput.ts';
import { e2eUs, positiveGapsUs, ttftUs } from './observed-latency.ts';
import type { ObservedRequest } from './observed-trace.ts';

export interface GoodputOptions {
  readonly wallS: number;
  readonly targets: GoodputTargets;
  readonly withGaps: boolean;
}

interface Latencies {
  readonly ttftMs: number;
  readonly e2eMs: number;
  /** Mean gap; NaN without gaps, which meets no target. */
  readonly itlMs: number;
}

/**
 * Requests per second that meet every target of their class; null without targets.
 * @param good - those with latencies
 * @param arrived - those that attainment is a share of
 */
export function attainedGoodput(
  good: readonly ObservedRequest[],
  arrived: readonly ObservedRequest[],
  options: GoodputOptions,
): Goodput | null {
  const names = Object.keys(options.targets).sort();
  if (names.length === 0) return null;
  const classes = names.map((name) => {
    const isOfClass = ({ row }: ObservedRequest) => (row.sloClass || 'default') === name;
    return ofClass(name, good.filter(isOfClass), arrived.filter(isOfClass).length, options);
  });
  const met = classes.reduce((sum, one) => sum + one.good, 0);
  const count = classes.reduce((sum, one) => sum + one.arrived, 0);
  return { goodputRps: ratio(met, options.wallS), attainment: ratio(met, count), classes };
}

function ofClass(
  sloClass: string,
  good: readonly ObservedRequest[],
  arrived: number,
  { wallS, targets, withGaps }: GoodputOptions,
): ClassGoodput {
  const target = targets[sloClass]!;
  const latencies = good.map((request): Latencies => {
    const gaps = withGaps ? positiveGapsUs(request) : [];
    const itlMs = gaps.length === 0 ? Number.NaN : gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length / 1000;
    return { ttftMs: ttftUs(request) / 1000, e2eMs: e2eUs(request) / 1000, itlMs };
  });
  const given = DIMENSIONS.filter(({ bound }) => target[bound] > 0);
  const met = latencies.filter((one) => given.every(({ bound }) => one[bound] <= target[bound])).length;
  const byDimension = given.map(({ name, bound }) => [
    name,
    ratio(latencies.filter((one) => one[bound] <= target[bound]).length, latencies.length),
  ]);
  const gaps = latencies.map(({ itlMs }) => itlMs).filter((itlMs) => !Number.isNaN(itlMs));
  const p99 = (values: readonly number[]) => percentileMs(sortedFinite(values), 99);
  return {
    sloClass,
    arrived,
    good: met,
    goodputRps: ratio(met, wallS),
    attainment: ratio(met, arrived),
    attainmentByDimension: Object.fromEntries(byDimension) as ClassGoodput['attainmentByDimension'],
    ttftP99Ms: p99(good.map(ttftUs)),
    e2eP99Ms: p99(good.map(e2eUs)),
    itlMeanMs: ratio(
      gaps.reduce((sum, gap) => sum + gap, 0),
      gaps.length,
    ),
  };
}

/** In the order of the printed keys. */
const DIMENSIONS = [
  { name: 'e2e', bound: 'e2eMs' },
  { name: 'itl', bound: 'itlMs' },
  { name: 'ttft', bound: 'ttftMs' },
] as const satisfies readonly { readonly name: string; readonly bound: keyof GoodputTarget & keyof Latencies }[];

function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}
