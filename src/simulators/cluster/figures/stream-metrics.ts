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
  const { table } = part;
  const untilUs = Math.min(span.untilUs, parts.endUs);
  const rate = untilUs > span.fromUs ? table.length / ((untilUs - span.fromUs) / 1e6) : 0;
  const rows = rowsByClass(part);
  const attainments = goodput?.classes.filter(({ arrived }) => arrived > 0).map(({ attainment }) => attainment) ?? [];
  return {
    ...streamFigures(part, null, '', parts.endUs),
    [DRIFT]: drift(part, span.fromUs, Math.min(span.untilUs, parts.lastArrivalUs)),
    last_first_token_ms: Math.max(0, lastFirstToken(part, parts.endUs) - parts.lastArrivalUs) / 1000,
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
  const first = rows === null ? 0 : (rows[0] ?? Number.POSITIVE_INFINITY);
  const waitMs = first >= part.table.length ? 0 : Math.max(0, endUs - part.table.arrivalUs[first]!) / 1000;
  const done = completedRows(part, rows);
  const { tenthTokenUs, longestGapUs, longestStallUs } = part.streams!;
  const tpot = sortedFinite(tokenGaps(part, done));
  const tenth = sortedFinite(picked(tenthTokenUs, done));
  const gaps = picked(longestGapUs, done);
  const decode = sortedFinite(gaps);
  for (let i = 0; i < done.length; i++) gaps[i] = Math.max(gaps[i]!, longestStallUs[done[i]!]!);
  const seen = sortedFinite(gaps);
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

/** @param otherwise - where there is none */
function lastFirstToken({ table, ttftUs }: EngineResult, otherwise: number): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < table.length; row++) {
    const us = table.arrivalUs[row]! + ttftUs[row]!;
    if (us > last && us < Number.POSITIVE_INFINITY) last = us;
  }
  return last === Number.NEGATIVE_INFINITY ? otherwise : last;
}

function completedRows({ table, completed }: EngineResult, rows: readonly number[] | null): Int32Array {
  const count = rows === null ? table.length : rows.length;
  const done = new Int32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    if (completed[row] === 1) done[length++] = row;
  }
  return done.subarray(0, length);
}

/** Time per token of the requests with more than one. */
function tokenGaps(part: EngineResult, rows: Int32Array): Float64Array {
  const gaps = new Float64Array(rows.length);
  let length = 0;
  for (let i = 0; i < rows.length; i++) {
    if (part.table.outputTokens[rows[i]!]! > 1) gaps[length++] = tokenGapUs(part, rows[i]!);
  }
  return gaps.subarray(0, length);
}

/** Halves by time of arrival; 1 where one of them has no first token. */
function drift(part: EngineResult, fromUs: number, untilUs: number): number {
  const { table, ttftUs } = part;
  const middleUs = (fromUs + untilUs) / 2;
  const halves = [new Float64Array(table.length), new Float64Array(table.length)] as const;
  const counts = [0, 0];
  for (let row = 0; row < table.length; row++) {
    const arrivalUs = table.arrivalUs[row]!;
    if (arrivalUs < middleUs) halves[0][counts[0]!++] = ttftUs[row]!;
    else if (arrivalUs <= untilUs) halves[1][counts[1]!++] = ttftUs[row]!;
  }
  const [first, second] = halves.map((half, i) => percentileMs(sortedFinite(half.subarray(0, counts[i])), 99));
  return first === 0 || second === 0 ? 1 : second! / first!;
}
