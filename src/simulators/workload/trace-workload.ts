import { InputError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { type Form, fields, mapped, record } from '../../document/form.ts';
import { choice, finite, flag, integer, text } from '../../document/form-values.ts';
import { goodputTarget } from './parse-workload.ts';
import { parseThinkTime } from './think-time.ts';
import { readTraceRows, simulatedTraceCsv } from './trace-csv.ts';
import type { TraceRow } from './trace-row.ts';
import type { RecordedTrace, WorkloadSpec } from './workload-spec.ts';

export const TRACE_KEY = 'trace';

/** What stands under `trace` once the file named there was read. */
interface ReadTrace {
  readonly file: string;
  /** Whether rounds carry the conversation along, as the header says. */
  readonly accumulate: boolean;
  /** As recorded. */
  readonly requests_per_second: number;
  readonly rows: string;
}

/** Rows by the document that holds them: searches for a rate read one document many times. */
const parsedRows = new WeakMap<ReadTrace, readonly TraceRow[]>();

const readTrace: Form<ReadTrace> = {
  // A file names it; what is read from there is not written by hand.
  schema: { type: 'string' },
  rule: 'must name a file of a trace',
  read(value) {
    if (isJsonObject(value as JsonObject)) return value as unknown as ReadTrace;
    throw new InputError('is read in workload files and studies only', {
      suggestion: 'name a workload file, or use readWorkload of the library',
    });
  },
};

/** A workload document that names a trace. */
export const traceForm = fields(
  { trace: readTrace },
  {
    version: text,
    /** When later rounds of a session come: as recorded, or after the round before. */
    session_mode: choice<'fixed' | 'closed-loop'>('session mode', ['fixed', 'closed-loop']),
    think_time: mapped(text, (law) => {
      parseThinkTime(law);
      return law;
    }),
    num_requests: integer({ min: 1 }),
    /** µs. */
    horizon: integer({ min: 0 }),
    /** 2 = twice as many requests per second. */
    rate_factor: finite({ above: 0 }),
    /** Requests per second, in place of the recorded rate and of `rate_factor`. */
    aggregate_rate: finite({ above: 0 }),
    keep_models: flag,
    goodput_slo_targets: record(goodputTarget),
  },
);

/** Whether a workload document names a trace. */
export function isTraceWorkload(value: unknown): boolean {
  return isJsonObject(value as JsonObject) && Object.hasOwn(value as JsonObject, TRACE_KEY);
}

/** @throws InputError for unknown keys and wrong values */
export function parseTraceWorkload(value: unknown): WorkloadSpec {
  const written = traceForm.read(value);
  const { accumulate } = written.trace;
  const mode = written.session_mode ?? 'fixed';
  if (written.think_time !== null && mode === 'fixed') {
    throw new InputError('has an effect with `session_mode: closed-loop` only', { path: ['think_time'] });
  }
  const rows = rowsOf(written.trace);
  const recorded: RecordedTrace = {
    rows: written.keep_models === true ? rows : rows.map((row) => ({ ...row, model: '' })),
    mode,
    accumulate,
    rateFactor:
      written.aggregate_rate === null
        ? (written.rate_factor ?? 1)
        : written.aggregate_rate / written.trace.requests_per_second,
    ...(written.think_time === null ? {} : { thinkTime: written.think_time }),
  };
  return {
    seed: 0n,
    aggregateRate: written.trace.requests_per_second * recorded.rateFactor,
    numRequests: Math.min(written.num_requests ?? rows.length, rows.length),
    horizonUs: written.horizon ?? 0,
    clients: [],
    cohorts: [],
    inferencePerf: null,
    goodputTargets: written.goodput_slo_targets,
    recorded,
    warnings: [],
  };
}

/** The document of a trace, with its rows in order of their times. @param file - for messages */
export function traceDocument(
  rows: readonly TraceRow[],
  { file, accumulate }: { readonly file: string; readonly accumulate: boolean },
  settings: JsonObject = {},
): JsonObject {
  return {
    [TRACE_KEY]: { file, accumulate, requests_per_second: meanRate(rows), rows: simulatedTraceCsv(rows) },
    num_requests: rows.length,
    ...settings,
  };
}

function rowsOf(trace: ReadTrace): readonly TraceRow[] {
  const known = parsedRows.get(trace);
  if (known !== undefined) return known;
  const rows = readTraceRows(trace.rows, trace.file, { partial: true });
  parsedRows.set(trace, rows);
  return rows;
}

/** Requests that all come at once count as one second. */
function meanRate(rows: readonly TraceRow[]): number {
  const us = rows.at(-1)!.arrivalTimeUs - rows[0]!.arrivalTimeUs;
  return us > 0 ? ((rows.length - 1) * 1e6) / us : rows.length;
}
