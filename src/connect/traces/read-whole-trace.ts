import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import type { ShapeOptions } from './shape-trace.ts';
import { detectFormat, fileHead } from './trace-formats.ts';
import { TraceImport } from './trace-import.ts';
import type { ReadOptions } from './trace-request.ts';

/** How files are read where nobody says otherwise. */
export const USUAL_READING: ReadOptions = {
  timeUnit: null,
  keepFailed: false,
  rate: null,
  thinkS: 10,
  arrivals: 'even',
  seed: 0,
  blockTokens: null,
  tokensPerImage: 0,
  firstPair: false,
  run: null,
  keepModels: false,
};

/** The whole of a trace, as it is. */
const WHOLE_TRACE: ShapeOptions = {
  fromUs: 0,
  toUs: Number.POSITIVE_INFINITY,
  limit: Number.POSITIVE_INFINITY,
  sample: 1,
  seed: 0,
  rateFactor: 1,
  spreadUs: 0,
};

/**
 * The requests of a text in any known format.
 * @throws InputError where the format is not known, and as `TraceImport`
 */
export function readWholeTrace(text: string, file: string): readonly TraceRow[] {
  const head = fileHead(text, file);
  const trace = new TraceImport(
    {
      file,
      format: detectFormat(head, file),
      jsonLines: head.jsonLines,
      read: USUAL_READING,
      shape: WHOLE_TRACE,
      window: { fromS: null, toS: null },
      memoryBytes: Number.POSITIVE_INFINITY,
    },
    { write: () => {}, read: () => [] },
  );
  trace.push(text);
  trace.end();
  const rows = [...trace.rows()];
  trace.report(false);
  return rows;
}
