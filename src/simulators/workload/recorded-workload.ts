import type { Workload } from './follow-ups.ts';
import type { LengthSampler } from './length-sampler.ts';
import { replayWorkload } from './replay-workload.ts';
import { parseThinkTime } from './think-time.ts';
import type { TokenSink } from './token-sink.ts';
import type { TraceRow } from './trace-row.ts';
import type { RecordedTrace } from './workload-spec.ts';

/** What may differ from run to run. */
export interface RecordedOptions {
  /** Of token contents. */
  readonly seed?: bigint | number;
  /** The first ones; 0 = all. */
  readonly numRequests?: number;
  /** Default: none. */
  readonly horizonUs?: number;
  /** In place of the recorded deadlines, µs; 0 = none. */
  readonly timeoutUs?: number;
  /** Closed loop: in place of the recorded pauses. */
  readonly thinkTime?: LengthSampler | undefined;
  readonly tokens?: TokenSink;
}

/** The requests of a recorded trace. */
export function recordedWorkload(
  { rows, mode, accumulate, rateFactor, thinkTime }: RecordedTrace,
  { seed = 0, numRequests = 0, horizonUs, timeoutUs, thinkTime: pause, tokens }: RecordedOptions,
): Workload {
  const taken = numRequests > 0 ? rows.slice(0, numRequests) : rows;
  const ownPause = pause ?? (thinkTime === undefined ? undefined : parseThinkTime(thinkTime));
  return replayWorkload(
    rateFactor === 1 && timeoutUs === undefined ? taken : taken.map((row) => stretched(row, rateFactor, timeoutUs)),
    {
      seed,
      mode,
      accumulate,
      horizonUs: horizonUs ?? Number.POSITIVE_INFINITY,
      ...(ownPause === undefined ? {} : { thinkTime: ownPause }),
      ...(tokens === undefined ? {} : { tokens }),
    },
  );
}

/** Deadlines stay as far from the request as they were. */
function stretched(row: TraceRow, factor: number, timeoutUs: number | undefined): TraceRow {
  const arrivalTimeUs = Math.round(row.arrivalTimeUs / factor);
  const sendTimeUs = Math.round(row.sendTimeUs / factor);
  const kept = row.deadlineUs > 0 ? row.deadlineUs - row.arrivalTimeUs : 0;
  const waitUs = timeoutUs ?? kept;
  return { ...row, arrivalTimeUs, sendTimeUs, deadlineUs: waitUs > 0 ? arrivalTimeUs + waitUs : 0 };
}
