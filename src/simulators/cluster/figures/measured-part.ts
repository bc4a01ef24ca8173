import { InputError } from '../../../base/errors.ts';
import type { MeasureWindow } from '../../measurement.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { MeasuredSpan } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';
import { clusterHeadline, type HeadlineMetrics } from './headline-metrics.ts';

/** Where a window opens and closes on a workload. Infinity = with the end of the run. @throws InputError when it is empty */
export function windowSpan(window: MeasureWindow, initial: RequestTable): MeasuredSpan {
  const arrivals = firstRounds(initial);
  const { warmup, drain, endS } = window;
  const last = arrivals.at(-1) ?? 0;
  const fromUs = 'seconds' in warmup ? warmup.seconds * 1e6 : arrivals[Math.floor(warmup.share * arrivals.length)];
  const untilUs = drain === 'inside' ? Number.POSITIVE_INFINITY : endS === null ? last : endS * 1e6;
  if (fromUs === undefined || fromUs >= untilUs) {
    throw new InputError(`the measure window is empty: it closes at ${untilUs / 1e6} s`, {
      path: ['measure'],
      suggestion: 'shorten `warmup`, or say with `end` when it closes',
    });
  }
  return { fromUs, untilUs };
}

/** Without a window: everything that arrives. */
export const WHOLE_SPAN: MeasuredSpan = { fromUs: 0, untilUs: Number.POSITIVE_INFINITY };

/** Last arrival of a first round, 0 without one: from then on a run only drains. */
export function lastFirstRound({ arrivalUs, round, length }: RequestTable): number {
  let last = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < length; row++) if (round[row] === 0) last = Math.max(last, arrivalUs[row]!);
  return last === Number.NEGATIVE_INFINITY ? 0 : last;
}

/** Arrivals of first rounds, ascending. */
function firstRounds({ arrivalUs, round, length }: RequestTable): Float64Array {
  const arrivals = new Float64Array(length);
  let count = 0;
  let ascends = true;
  for (let row = 0; row < length; row++) {
    if (round[row] !== 0) continue;
    if (count > 0 && arrivalUs[row]! < arrivals[count - 1]!) ascends = false;
    arrivals[count++] = arrivalUs[row]!;
  }
  const kept = arrivals.subarray(0, count);
  return ascends ? kept : kept.sort();
}

/** The requests of a run that arrive in a span, as a result of their own; counters of instances stay those of the run. */
export function measuredPart(result: EngineResult, { fromUs, untilUs }: MeasuredSpan): EngineResult {
  const rows = arrivingIn(result.table, fromUs, untilUs);
  const bytes = (column: Uint8Array) => gathered(column, rows, new Uint8Array(rows.length));
  const counts = (column: Int32Array) => gathered(column, rows, new Int32Array(rows.length));
  const times = (column: Float64Array) => gathered(column, rows, new Float64Array(rows.length));
  const table = result.table.select(rows);
  const { streams } = result;
  return {
    ...result,
    table,
    registered: bytes(result.registered),
    completed: bytes(result.completed),
    disaggregated: bytes(result.disaggregated),
    lengthCapped: bytes(result.lengthCapped),
    ttftUs: times(result.ttftUs),
    e2eUs: times(result.e2eUs),
    schedulingDelayUs: times(result.schedulingDelayUs),
    itlSumUs: times(result.itlSumUs),
    itlCount: counts(result.itlCount),
    handledBy: counts(result.handledBy),
    gatewayDelayUs: times(result.gatewayDelayUs),
    ...(streams === undefined
      ? {}
      : {
          streams: {
            tenthTokenUs: times(streams.tenthTokenUs),
            longestGapUs: times(streams.longestGapUs),
            longestStallUs: times(streams.longestStallUs),
          },
        }),
    cluster: { ...result.cluster, arrivals: arrivalsByClass(table) },
  };
}

function arrivingIn({ arrivalUs, length }: RequestTable, fromUs: number, untilUs: number): Int32Array {
  const rows = new Int32Array(length);
  let count = 0;
  for (let row = 0; row < length; row++) {
    if (arrivalUs[row]! >= fromUs && arrivalUs[row]! <= untilUs) rows[count++] = row;
  }
  return rows.subarray(0, count);
}

function gathered<T extends Uint8Array | Int32Array | Float64Array>(column: T, rows: Int32Array, into: T): T {
  for (let k = 0; k < rows.length; k++) into[k] = column[rows[k]!]!;
  return into;
}

function arrivalsByClass({ names, sloClass, length }: RequestTable): Record<string, number> {
  const arrivals: Record<string, number> = {};
  for (let row = 0; row < length; row++) {
    const name = names.sloClasses[sloClass[row]!]!;
    arrivals[name] = (arrivals[name] ?? 0) + 1;
  }
  return arrivals;
}

/** Figures of a window: latencies of what arrives in it, rates of what completes in it. */
export function windowHeadline(result: EngineResult, part: EngineResult, span: MeasuredSpan): HeadlineMetrics {
  const whole = clusterHeadline(result, part);
  const untilUs = Math.min(span.untilUs, whole.durationS * 1e6);
  const durationS = (untilUs - span.fromUs) / 1e6;
  const { table, completed, e2eUs, lengthCapped, itlCount } = result;
  let responses = 0;
  let tokens = 0;
  for (let row = 0; row < table.length; row++) {
    const endUs = table.arrivalUs[row]! + e2eUs[row]!;
    if (completed[row] !== 1 || endUs < span.fromUs || endUs > span.untilUs) continue;
    responses++;
    tokens += lengthCapped[row] === 1 ? itlCount[row]! + 1 : table.outputTokens[row]!;
  }
  return {
    ...whole,
    completed: part.completed.reduce((sum, one) => sum + one, 0),
    durationS,
    responsesPerSec: responses / durationS,
    tokensPerSec: tokens / durationS,
  };
}
