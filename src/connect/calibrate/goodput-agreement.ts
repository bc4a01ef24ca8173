import type { GoodputTarget, GoodputTargets } from '../../simulators/cluster/figures/goodput.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { type MeasuredGaps, meanGap } from './measured-gaps.ts';
import type { Match } from './pair-requests.ts';

const DIMENSIONS = ['ttft', 'itl', 'e2e'] as const;
type Dimension = (typeof DIMENSIONS)[number];

/** How one side met the targets of a class. */
export interface Attainment {
  readonly good: number;
  /** Of those that met what is asked before it (TTFT, then E2E, then ITL), the share that met each target given. */
  readonly byDimension: { readonly [D in Dimension]?: number };
}

export interface ClassGoodputAgreement {
  readonly sloClass: string;
  /** Requests that ended one way or another. */
  readonly count: number;
  readonly real: Attainment;
  readonly sim: Attainment;
}

export interface GoodputAgreement {
  readonly targets: GoodputTargets;
  /** Sorted by class. */
  readonly classes: readonly ClassGoodputAgreement[];
  /** Time from the first request to the last chunk; goodput of both sides is per second of it. */
  readonly durationS: number;
  /** Whether requests were not good for want of an ITL. */
  readonly skippedItl: boolean;
}

/** Latencies of one request, ms; null where it has no ITL. */
interface Latency {
  readonly ttft: number;
  readonly e2e: number;
  readonly itl: number | null;
}

const ENDED = ['ok', 'error', 'timeout'];

/** null without targets. The simulated side has no network. */
export function goodputAgreement(
  matched: readonly Match[],
  targets: GoodputTargets,
  gaps: MeasuredGaps | null,
): GoodputAgreement | null {
  const names = Object.keys(targets).sort();
  if (names.length === 0) return null;
  let skippedItl = false;
  const classes = names.map((sloClass) => {
    const target = targets[sloClass]!;
    const own = matched.filter(
      ({ row }) => ENDED.includes(row.status) && (row.sloClass === '' ? 'default' : row.sloClass) === sloClass,
    );
    const answered = own.filter(({ row }) => row.status === 'ok');
    const real = attainment(
      answered.map(({ row }) => measuredLatency(row, gaps)),
      target,
    );
    const sim = attainment(own.map(simulatedLatency), target);
    skippedItl ||= real.skippedItl || sim.skippedItl;
    return { sloClass, count: own.length, real, sim };
  });
  return { targets, classes, durationS: durationS(matched), skippedItl };
}

function durationS(matched: readonly Match[]): number {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { row } of matched) {
    first = Math.min(first, row.sendTimeUs);
    last = Math.max(last, row.lastChunkTimeUs);
  }
  return last > first ? (last - first) / 1e6 : 0;
}

function measuredLatency(row: TraceRow, gaps: MeasuredGaps | null): Latency {
  const itlUs = meanGap(gaps?.get(row.requestId), (gapUs) => gapUs > 0);
  return {
    ttft: (row.firstChunkTimeUs - row.sendTimeUs) / 1000,
    e2e: (row.lastChunkTimeUs - row.sendTimeUs) / 1000,
    itl: itlUs === undefined ? null : itlUs / 1000,
  };
}

function simulatedLatency({ result }: Match): Latency {
  const { ttftUs, e2eUs, itlMeanUs } = result;
  return { ttft: ttftUs / 1000, e2e: e2eUs / 1000, itl: itlMeanUs > 0 ? itlMeanUs / 1000 : null };
}

/** Each target is asked only of the requests that met those before it. */
function attainment(
  latencies: readonly Latency[],
  { ttftMs, e2eMs, itlMs }: GoodputTarget,
): Attainment & { readonly skippedItl: boolean } {
  let good = latencies.filter(({ ttft, e2e }) => ttft > 0 && e2e > 0 && e2e >= ttft);
  const byDimension: { [D in Dimension]?: number } = {};
  const ask = (dimension: Dimension, limitMs: number): void => {
    if (limitMs <= 0) return;
    const asked = good.filter((latency) => latency[dimension] !== null);
    good = asked.filter((latency) => latency[dimension]! <= limitMs);
    byDimension[dimension] = asked.length === 0 ? 0 : good.length / asked.length;
  };
  ask('ttft', ttftMs);
  ask('e2e', e2eMs);
  const skippedItl = itlMs > 0 && good.some(({ itl }) => itl === null);
  ask('itl', itlMs);
  return { good: good.length, byDimension, skippedItl };
}

/** The part of the report about goodput, keys as the reference has them. */
export function goodputAgreementJson({ targets, classes, durationS, skippedItl }: GoodputAgreement) {
  const rps = (good: number) => (durationS > 0 ? good / durationS : 0);
  const share = (good: number, count: number) => (count > 0 ? good / count : 0);
  return {
    targets: Object.fromEntries(
      classes.map(({ sloClass }) => {
        const { ttftMs, itlMs, e2eMs } = targets[sloClass]!;
        return [sloClass, { TTFTMs: ttftMs, ITLMs: itlMs, E2EMs: e2eMs }];
      }),
    ),
    per_class: Object.fromEntries(
      classes.map(({ sloClass, count, real, sim }) => [
        sloClass,
        {
          count,
          real_slo_attainment: share(real.good, count),
          sim_slo_attainment: share(sim.good, count),
          real_goodput_rps: rps(real.good),
          sim_goodput_rps: rps(sim.good),
          real_attainment_by_dim: byName(real.byDimension),
          sim_attainment_by_dim: byName(sim.byDimension),
        },
      ]),
    ),
    ...(skippedItl ? { skipped_itl: true } : {}),
  };
}

function byName(shares: Attainment['byDimension']): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(shares).sort(([a], [b]) => (a < b ? -1 : 1)));
}
