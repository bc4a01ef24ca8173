import { setImmediate } from 'node:timers/promises';
import { type ImportReport, importJson, importText } from '../../connect/traces/import-report.ts';
import { detectFormat, fileHead, formatByName, HEAD_CHARACTERS } from '../../connect/traces/trace-formats.ts';
import { TraceImport } from '../../connect/traces/trace-import.ts';
import { traceCsvWriter } from '../../simulators/workload/trace-csv.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { writeTraceHeader } from '../../simulators/workload/write-trace-header.ts';
import { traceDataFile } from '../../study/io/trace-data.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { fileBytes, GrowingFile, SpillFiles, type TracePair, textPieces, tracePair } from './trace-files.ts';
import { FirstRows, MOST_FITTED, type WrittenFit, writeFit } from './trace-fit.ts';
import { declareTraceFlags, readOptions, shapeOptions } from './trace-flags.ts';

/** Requests that wait to be sorted. */
const MEMORY_BYTES = 128e6;
/** Smaller files are read before anybody looks. */
const SHOWS_PROGRESS_BYTES = 20e6;
const ROWS_AT_ONCE = 20_000;

export const importTraceCommand: LoadedCommand = {
  build: (parser) =>
    declareTraceFlags(
      parser
        .positional('file', { type: 'string', describe: 'trace, log or results; also compressed by gzip' })
        .option('out', {
          type: 'string',
          demandOption: true,
          requiresArg: true,
          describe: 'folder for trace.yaml and trace.csv, or the name of one of the two files',
        })
        .option('fit', {
          type: 'boolean',
          describe: 'also write a synthetic workload that resembles the trace, and print how far it is from it',
        })
        .option('json', { type: 'boolean', describe: 'print the report as JSON' })
        .option('quiet', { type: 'boolean', describe: 'no progress on stderr' }),
    )
      .example('$0 import trace AzureLLMInferenceTrace_conv.csv --out traces/azure', 'TIMESTAMP,ContextTokens,…')
      .example('$0 import trace conversation_trace.jsonl --to 10m --out traces/mooncake', 'the first ten minutes')
      .example('$0 import trace sharegpt.json --rate 2 --limit 1000 --out traces/chat.yaml', 'conversations as texts'),
  run: async (flags) => {
    const file = traceDataFile(requiredText(flags, 'file'));
    const pair = tracePair(requiredText(flags, 'out'));
    const rows = new FirstRows(switchFlag(flags, 'fit') ? MOST_FITTED : 0);
    const report = await importFile(file, pair, flags, (row) => rows.add(row));
    if (report === null) return EXIT.interrupted;
    print(report, pair, flags, switchFlag(flags, 'fit') ? writeFit(rows, pair) : null);
    return EXIT.ok;
  },
};

interface Watch {
  readonly signal: AbortSignal;
  readonly onRow: (row: TraceRow) => void;
}

/** Null when it was interrupted, which is then told. */
export async function importFile(
  file: string,
  pair: TracePair,
  flags: Flags,
  onRow: (row: TraceRow) => void = () => undefined,
): Promise<ImportReport | null> {
  const report = await interruptible(['SIGINT', 'SIGTERM'], (signal) =>
    readAndWrite(file, pair, flags, { signal, onRow }),
  );
  if (report === null) process.stderr.write('paretune: interrupted; nothing was written\n');
  return report;
}

async function readAndWrite(file: string, pair: TracePair, flags: Flags, watch: Watch): Promise<ImportReport | null> {
  const size = fileBytes(file);
  const quiet = switchFlag(flags, 'quiet') || size < SHOWS_PROGRESS_BYTES;
  const progress = new Progress('MB read', Math.ceil(size / 1e6), quiet);
  const spill = new SpillFiles(pair.data);
  try {
    const trace = await readTrace(file, flags, spill, (bytes) => progress.update(Math.ceil(bytes / 1e6)), watch.signal);
    progress.end();
    if (trace === null) return null;
    return await writePair(trace, pair, switchFlag(flags, 'strict'), watch);
  } finally {
    spill.clear();
  }
}

async function readTrace(
  file: string,
  flags: Flags,
  spill: SpillFiles,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<TraceImport | null> {
  const read = readOptions(flags);
  const named = textFlag(flags, 'format') ?? 'auto';
  const shaping = shapeOptions(flags);
  const open = (text: string): TraceImport => {
    const head = fileHead(text, file);
    const format = named === 'auto' ? detectFormat(head, file) : formatByName(named, head.shape);
    const { jsonLines } = head;
    return new TraceImport({ file, format, jsonLines, read, ...shaping, memoryBytes: MEMORY_BYTES }, spill);
  };
  let trace: TraceImport | null = null;
  let head = '';
  for await (const piece of textPieces(file, onBytes)) {
    if (signal.aborted) return null;
    if (trace !== null) {
      if (!trace.push(piece)) break;
      continue;
    }
    head += piece;
    if (head.length < HEAD_CHARACTERS) continue;
    trace = open(head);
    if (!trace.push(head)) break;
  }
  if (trace === null) {
    trace = open(head);
    trace.push(head);
  }
  trace.end();
  return trace;
}

async function writePair(
  trace: TraceImport,
  pair: TracePair,
  strict: boolean,
  { signal, onRow }: Watch,
): Promise<ImportReport | null> {
  const data = new GrowingFile(pair.data);
  try {
    const writer = traceCsvWriter((key) => trace.isUsed(key));
    data.line(writer.header);
    let rows = 0;
    for (const row of trace.rows()) {
      data.line(writer.line(row));
      onRow(row);
      if (++rows % ROWS_AT_ONCE !== 0) continue;
      await setImmediate();
      if (signal.aborted) return null;
    }
    const report = trace.report(strict);
    const header = new GrowingFile(pair.header);
    header.line(writeTraceHeader(trace.header()).trimEnd());
    data.keep();
    header.keep();
    return report;
  } finally {
    data.discard();
  }
}

function print(report: ImportReport, { header, data }: TracePair, flags: Flags, fit: WrittenFit | null): void {
  if (switchFlag(flags, 'json')) {
    const files = { header, data, ...(fit === null ? {} : { workload: fit.file }) };
    const document = { ...importJson(report), ...(fit === null ? {} : { fit: fit.json }), files };
    printJson('import trace', document);
    return;
  }
  for (const line of [...importText(report), ...(fit?.text ?? [])]) process.stdout.write(`${line}\n`);
  process.stdout.write(`written: ${[header, data, ...(fit === null ? [] : [fit.file])].join(', ')}\n`);
}
