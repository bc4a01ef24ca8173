import { InputError, unknownName } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { nameList } from '../../base/short-text.ts';
import { azure } from './azure.ts';
import { burstgpt } from './burstgpt.ts';
import { copilot } from './copilot.ts';
import { TableRecords } from './csv-records.ts';
import { guidellm } from './guidellm.ts';
import { inferencePerf } from './inference-perf.ts';
import { JsonValues } from './json-values.ts';
import { mooncake } from './mooncake.ts';
import { requestLog } from './request-log.ts';
import { sharegpt } from './sharegpt.ts';
import { plainName } from './table-reader.ts';
import type { TraceFormat } from './trace-format.ts';
import { traceV2 } from './trace-v2.ts';
import { vllmBench } from './vllm-bench.ts';
import { weka } from './weka.ts';

/** Every format; where a file has the keys of two, the one with more of its own stands. */
const TRACE_FORMATS: readonly TraceFormat[] = [
  azure,
  burstgpt,
  mooncake,
  sharegpt,
  vllmBench,
  guidellm,
  inferencePerf,
  copilot,
  traceV2,
  weka,
  { ...mooncake, shape: 'table', keys: [['timestamp|delay', 'inputlength', 'outputlength', 'hashids']] },
  { ...weka, shape: 'table', keys: [['id', 't', 'in', 'out', 'hashids']] },
  requestLog,
];

export const FORMAT_NAMES: readonly string[] = [...new Set(TRACE_FORMATS.map(({ name }) => name))];

/** What the beginning of a file shows. */
export interface FileHead {
  readonly shape: TraceFormat['shape'];
  /** Whether each line is a JSON value of its own. */
  readonly jsonLines: boolean;
  /** Columns, or keys of the first record, as they are written. */
  readonly names: readonly string[];
}

/** How much of a file is looked at. */
export const HEAD_CHARACTERS = 1 << 17;

/** @throws InputError for an empty file, and for one that is no text */
export function fileHead(text: string, file: string): FileHead {
  const start = text.replace(/^\ufeff/, '').trimStart();
  const position = { file, line: 1, column: 1 };
  if (start === '') throw new InputError('the file is empty', { position });
  if (start.includes('\0')) {
    throw new InputError('is no text', {
      position,
      suggestion: 'CSV, JSON and JSON lines in UTF-8 are read, also compressed by gzip; Parquet and the like are not',
    });
  }
  if (start.startsWith('{') || start.startsWith('[')) return jsonHead(start);
  const [header] = new TableRecords(file).push(`${start}\n`);
  return { shape: 'table', jsonLines: false, names: (header?.fields ?? []).map((name) => name.trim()) };
}

function jsonHead(text: string): FileHead {
  const end = text.indexOf('\n');
  const first = parsed(end < 0 ? text : text.slice(0, end));
  // A list on one line is one value; what stands in it are the records.
  const jsonLines = isJsonObject(first);
  const depth = text.startsWith('[') ? 2 : 1;
  const names: string[] = [];
  const values = new JsonValues((path) => {
    if (path.length <= depth)
      return path[0] === 0 && (depth === 1 || path.length < 2 || path[1] === 0) ? 'enter' : 'skip';
    names.push(String(path[depth]));
    return 'skip';
  });
  for (const _ of values.push(text.slice(0, HEAD_CHARACTERS)));
  return { shape: 'json', jsonLines, names: [...new Set(names)] };
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/**
 * @param shape - of the file: some formats have two
 * @throws InputError for a name that no format has
 */
export function formatByName(name: string, shape: TraceFormat['shape']): TraceFormat {
  const known = TRACE_FORMATS.filter((format) => format.name === name);
  const chosen = known.find((format) => format.shape === shape) ?? known[0];
  if (chosen !== undefined) return chosen;
  throw unknownName('format', name, ['auto', ...FORMAT_NAMES], { path: ['--format'] });
}

interface Match {
  readonly format: TraceFormat;
  readonly found: number;
  readonly missing: readonly string[];
}

/**
 * The format whose keys a file has.
 * @throws InputError that says what was seen, and which format is nearest
 */
export function detectFormat(head: FileHead, file: string): TraceFormat {
  const names = new Set(head.names.map(plainName));
  const matches = TRACE_FORMATS.filter(({ shape }) => shape === head.shape).flatMap((format) =>
    format.keys.map((keys): Match => {
      const missing = keys.filter((key) => !key.split('|').some((name) => names.has(name)));
      return { format, found: keys.length - missing.length, missing };
    }),
  );
  const whole = matches.filter(({ missing }) => missing.length === 0).sort((a, b) => b.found - a.found);
  const [best, second] = whole;
  if (best === undefined) throw unrecognised(head, file, matches);
  const rival = second !== undefined && second.found === best.found && second.format !== best.format;
  // Any of the others is also a log of requests.
  if (!rival || second.format === requestLog) return best.format;
  if (best.format === requestLog) return second.format;
  throw new InputError(`may be ${best.format.title} or ${second.format.title}`, {
    position: { file, line: 1, column: 1 },
    suggestion: `say which: --format ${best.format.name} or --format ${second.format.name}`,
  });
}

function unrecognised(head: FileHead, file: string, matches: readonly Match[]): InputError {
  const nearest = [...matches].sort((a, b) => a.missing.length - b.missing.length || b.found - a.found)[0];
  const what = head.shape === 'table' ? 'columns' : 'keys';
  const near =
    nearest === undefined || nearest.found === 0
      ? `known formats: ${FORMAT_NAMES.join(', ')}`
      : `nearest is ${nearest.format.name} (${nearest.format.needs}), which lacks ${missingNames(nearest)}`;
  return new InputError(`is no known trace: it has the ${what} ${nameList(head.names) || '(none)'}`, {
    position: { file, line: 1, column: 1 },
    suggestion: near,
  });
}

/** In the words of the format where it has one. */
function missingNames({ format, missing }: Match): string {
  const words = format.needs.split(/[,;[\]{}()]/).map((word) => word.trim());
  return missing
    .map((key) => words.find((word) => key.split('|').includes(plainName(word))) ?? key.split('|')[0]!)
    .join(', ');
}
