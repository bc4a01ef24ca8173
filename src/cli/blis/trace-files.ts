import { InputError } from '../../base/errors.ts';
import { readTraceCsv } from '../../simulators/workload/trace-csv.ts';
import type { TraceHeader } from '../../simulators/workload/trace-header.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { traceHeaderIn } from '../../study/io/trace-data.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';
import { readText } from './text-files.ts';

/** The header that `--trace-header` names. */
export function readTraceHeader(flags: Flags): TraceHeader {
  return traceHeaderIn(requiredFile(flags, 'trace-header'));
}

/** The requests that `--trace-data` names. */
export function readTraceRows(flags: Flags): readonly TraceRow[] {
  const file = requiredFile(flags, 'trace-data');
  return readTraceCsv(readText(file), file);
}

/** The name of a file that must be given. */
export function requiredFile(flags: Flags, name: string): string {
  const file = textFlag(flags, name);
  if (file === undefined || file === '') throw new InputError('is required', { path: [`--${name}`] });
  return file;
}
