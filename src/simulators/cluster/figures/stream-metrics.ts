import type { MetricSpec } from '../../simulator.ts';
import type { MeasuredSpan } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';
import { meanMs, percentileMs, picked, sortedFinite } from './distribution.ts';
import type { Goodput } from './goodput.ts';
import { rowsByClass, tokenGapUs } from './request-latency.ts';

/** What a run tells in addition when it is measured with a window, targets, or for one of these metrics. */
export interface StreamMetricParts {
  /** The requests that count. */
  readonly part: EngineResult;
  readonly span: MeasuredSpan;
  /** Arrival of the last first round. */
  readonly lastArrivalUs: number;
  /** End of the run, drain included. */
  readonly endUs: number;
  readonly classes: readonly string[];
  readonly goodput: Goodput | null;
  readonly capacityRps: number | null;
}

interface Extent {
  readonly classes: readonly string[];
  readonly withTargets: boolean;
  readonly withCapacity: boolean;
}

const lower = (name: string, unit: string, description: string): MetricSpec => ({
  name,
  unit,
  better: 'lower',
  description,
});

/** Metrics of the streams of all requests, or of those of one class. */
function streamSpecs(suffix: string, whose: string): readonly MetricSpec[] {
  const spec = (name: string, description: string) =>
    lower(`${name}${suffix}`, 'ms', description.replace('requests', whose));
  return [
    spec('tpot_mean_ms', 'mean over requests of the time per output token after the first'),
    spec('tpot_p99_ms', 'p99 over requests of the time per output token after the first'),
    spec('tenth_token_mean_ms', 'mean time from arrival to the tenth output token, of requests that have one'),
    spec('tenth_token_p99_ms', 'p99 of the time from arrival to the tenth output token, of requests that have one'),
    spec(
      'longest_gap_ms',
      'longest time between two tokens of a stream of all requests, pauses and preemptions included',
    ),
    spec('longest_gap_p99_ms', 'p99 over requests of the longest time between two tokens of the stream'),
    spec('longest_decode_gap_ms', 'longest time between two tokens of all requests, preemptions left out'),
  ];
}

/** Specifications of what `streamMetricValues` tells. */
export function streamMetricSpecs({ classes, withTargets, withCapacity }: Extent): readonly MetricSpec[] {
  return [
    ...streamSpecs('', 'requests'),
    lower(DRIFT, '1', 'TTFT p99 of the second half of the window over that of the first; near 1 where load is steady'),
    lower('last_first_token_ms', 'ms', 'time from the last first-round arrival to the last first token'),
    {
      name: 'arrival_rate_rps',
      unit: 'requests/s',
      better: 'higher',
      description: 'arrivals per second in the window, follow-up rounds included',
    },
    ...(withCapacity
      ? [lower('load_fraction', '1', 'arrival rate as a share of the capacity given under `measure`')]
      : []),
    ...(withTargets
      ? [
          {
            name: 'slo_attainment_min',
            unit: '1',
            better: 'higher',
            description: 'slo_attainment of the class where it is lowest',
          } as const,
        ]
      : []),
    ...classes.flatMap((name) => streamSpecs(`[${name}]`, `${name} requests`)),
  ];
}

const DRIFT = 'ttft_p99_drift';

/** Values by name. A class of which nothing completed gets the longest wait that the run can vouch for. */
export function streamMetricValues(parts: StreamMetricParts): Record<string, number> {
  const { part, span, goodput, capacityRps } = parts;
  const { table, ttftUs } = part;
  const untilUs = Math.min(span.untilUs, parts.endUs);
  const rate = untilUs > span.fromUs ? table.length / ((untilUs - span.fromUs) / 1e6) : 0;
  const rows = rowsByClass(part);
  const firstTokens = ttftUs.map((us, row) => table.arrivalUs[row]! + us);
  const attainments = goodput?.classes.filter(({ arrived }) => arrived > 0).map(({ attainment }) => attainment) ?? [];
  return {
    ...streamFigures(part, null, '', parts.endUs),
    [DRIFT]: drift(part, span.fromUs, Math.min(span.untilUs, parts.lastArrivalUs)),
    last_first_token_ms: Math.max(0, (sortedFinite(firstTokens).at(-1) ?? parts.endUs) - parts.lastArrivalUs) / 1000,
    arrival_rate_rps: rate,
    load_fraction: capacityRps === null ? 0 : rate / capacityRps,
    slo_attainment_min: attainments.length === 0 ? 0 : Math.min(...attainments),
    ...Object.assign(
      {},
      ...parts.classes.map((name) => streamFigures(part, rows.get(name) ?? [], `[${name}]`, parts.endUs)),
    ),
  };
}

/** @param rows - null = all */
function streamFigures(
  part: EngineResult,
  rows: readonly number[] | null,
  suffix: string,
  endUs: number,
): Record<string, number> {
  const own = rows ?? Array.from({ length: part.table.length }, (_, row) => row);
  const done = own.filter((row) => part.completed[row] === 1);
  const waitMs = own.length === 0 ? 0 : Math.max(0, endUs - part.table.arrivalUs[own[0]!]!) / 1000;
  const { tenthTokenUs, longestGapUs, longestStallUs } = part.streams!;
  const streaming = done.filter((row) => part.table.outputTokens[row]! > 1);
  const tpot = sortedFinite(streaming.map((row) => tokenGapUs(part, row)));
  const tenth = sortedFinite(picked(tenthTokenUs, done));
  const decode = sortedFinite(picked(longestGapUs, done));
  const seen = sortedFinite(done.map((row) => Math.max(longestGapUs[row]!, longestStallUs[row]!)));
  const shut = done.length === 0 ? waitMs : 0;
  const figure = (sorted: Float64Array, value: number) => (sorted.length === 0 ? shut : value);
  return {
    [`tpot_mean_ms${suffix}`]: figure(tpot, meanMs(tpot)),
    [`tpot_p99_ms${suffix}`]: figure(tpot, percentileMs(tpot, 99)),
    [`tenth_token_mean_ms${suffix}`]: figure(tenth, meanMs(tenth)),
    [`tenth_token_p99_ms${suffix}`]: figure(tenth, percentileMs(tenth, 99)),
    [`longest_gap_ms${suffix}`]: figure(seen, (seen.at(-1) ?? 0) / 1000),
    [`longest_gap_p99_ms${suffix}`]: figure(seen, percentileMs(seen, 99)),
    [`longest_decode_gap_ms${suffix}`]: figure(decode, (decode.at(-1) ?? 0) / 1000),
  };
}

/** Halves by time of arrival; 1 where one of them has no first token. */
function drift(part: EngineResult, fromUs: number, untilUs: number): number {
  const middleUs = (fromUs + untilUs) / 2;
  const half = (isSecond: (arrivalUs: number) => boolean) =>
    percentileMs(sortedFinite(part.ttftUs.filter((_, row) => isSecond(part.table.arrivalUs[row]!))), 99);
  const first = half((us) => us < middleUs);
  const second = half((us) => us >= middleUs && us <= untilUs);
  return first === 0 || second === 0 ? 1 : second / first;
}
