import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { measuredRttUs, type TraceHeader } from '../../simulators/workload/trace-header.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';

/** What a server did with the requests of a trace; columns by place, µs. */
export interface Observations {
  /** In order of their times, as they are simulated. */
  readonly rows: readonly TraceRow[];
  readonly input: Float64Array;
  readonly output: Float64Array;
  /** NaN where the request tells nothing: warm-up, failed, no times. */
  readonly ttftUs: Float64Array;
  /** From the first to the last token; NaN also for answers of one token. */
  readonly decodeUs: Float64Array;
  /** 1 = the fit looks at it, 0 = held out. */
  readonly fitted: Uint8Array;
}

export interface ObservationOptions {
  /** Share of the rows that are held out, in [0, 1). */
  readonly holdOut: number;
  readonly seed: number;
  /** Time on the way to the server and back, µs: measured TTFT has it, simulated TTFT has not. */
  readonly rttUs: number;
  /** Ids below this are warm-up. */
  readonly warmUp: number;
}

/** Fewer than this tell nothing of six coefficients. */
const LEAST_ROWS = 20;

/** Of the header: the round trip, µs, and the number of warm-up requests. */
export function measuredCircumstances(header: TraceHeader | null): Pick<ObservationOptions, 'rttUs' | 'warmUp'> {
  return header === null ? { rttUs: 0, warmUp: 0 } : { rttUs: measuredRttUs(header), warmUp: header.warmUpRequests };
}

/**
 * @param rows - with times of sending, first and last token
 * @throws InputError where too few have them
 */
export function observations(rows: readonly TraceRow[], options: ObservationOptions): Observations {
  const sorted = sinceFirst([...rows].sort((a, b) => startUs(a) - startUs(b)));
  const n = sorted.length;
  const [ttftUs, decodeUs] = [new Float64Array(n).fill(Number.NaN), new Float64Array(n).fill(Number.NaN)];
  const random = stream(options.seed, 'hold-out');
  const fitted = new Uint8Array(n);
  let known = 0;
  for (const [i, row] of sorted.entries()) {
    if (row.requestId < options.warmUp || row.status !== 'ok' || row.firstChunkTimeUs <= 0) continue;
    const ttft = row.firstChunkTimeUs - startUs(row) - options.rttUs;
    if (!(ttft > 0)) continue;
    known++;
    ttftUs[i] = ttft;
    fitted[i] = random.uniform() < options.holdOut ? 0 : 1;
    const decode = row.lastChunkTimeUs - row.firstChunkTimeUs;
    if (row.outputTokens > 1 && decode > 0) decodeUs[i] = decode;
  }
  if (known < LEAST_ROWS) {
    throw new InputError(`${known} of ${n} requests have measured times; at least ${LEAST_ROWS} are needed`, {
      suggestion:
        'the times of sending, first and last chunk are read: blis observe, or paretune import trace of results',
    });
  }
  return {
    rows: sorted,
    input: Float64Array.from(sorted, (row) => row.inputTokens + row.prefixLength),
    output: Float64Array.from(sorted, (row) => row.outputTokens),
    ttftUs,
    decodeUs,
    fitted,
  };
}

/** Dates of a measured trace count from its first request. */
function sinceFirst(rows: readonly TraceRow[]): readonly TraceRow[] {
  const from = rows[0] === undefined ? 0 : startUs(rows[0]);
  const moved = (us: number): number => (us > 0 ? us - from : us);
  return rows.map((row) => ({
    ...row,
    arrivalTimeUs: startUs(row) - from,
    sendTimeUs: moved(startUs(row)),
    firstChunkTimeUs: moved(row.firstChunkTimeUs),
    lastChunkTimeUs: moved(row.lastChunkTimeUs),
  }));
}

export function startUs({ sendTimeUs, arrivalTimeUs }: TraceRow): number {
  return sendTimeUs > 0 ? sendTimeUs : arrivalTimeUs;
}

/** A median token gap, µs: about the length of a step. */
export function medianGapUs({ decodeUs, output }: Observations): number {
  const gaps = Array.from(decodeUs, (us, i) => us / (output[i]! - 1)).filter((gap) => Number.isFinite(gap));
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? 10_000;
}
