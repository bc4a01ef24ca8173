import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseYaml, placed, type YamlSource } from '../../document/yaml.ts';
import { replayTimes } from '../../simulators/workload/measured-times.ts';
import { readTraceCsv } from '../../simulators/workload/trace-csv.ts';
import { parseTraceHeader, type TraceHeader } from '../../simulators/workload/trace-header.ts';
import type { TraceRow } from '../../simulators/workload/trace-row.ts';
import { TRACE_KEY, traceDocument } from '../../simulators/workload/trace-workload.ts';
import { readTextFile } from './text-file.ts';
import { readYamlFile } from './yaml-file.ts';

/** Keys of the header of a trace, of which a workload has none. */
const HEADER_KEYS = ['trace_version', 'time_unit', 'mode'];

/** Whether a document is the header of a trace. */
export function isTraceHeader(value: Json): boolean {
  return isJsonObject(value) && HEADER_KEYS.every((key) => Object.hasOwn(value, key));
}

/** Of a TraceV2 pair the data, whichever of the two was named. */
export function traceDataFile(file: string): string {
  const data = file.replace(/\.ya?ml$/i, '.csv');
  return data !== file && existsSync(data) ? data : file;
}

/** @throws InputError with the place in the file */
export function traceHeaderIn(file: string): TraceHeader {
  const source = readYamlFile(file);
  return placed(source, 0, () => parseTraceHeader(source.value));
}

/** A document with the trace that it names, or whose header it is; the same where it names none. */
export function withTraceData(source: YamlSource, from: readonly string[] = [dirname(source.file)]): YamlSource {
  const { value } = source;
  if (isTraceHeader(value)) {
    const header = placed(source, 0, () => parseTraceHeader(value));
    return embedded(source, readTrace(source.file, header), {});
  }
  const named = isJsonObject(value) ? value[TRACE_KEY] : undefined;
  if (typeof named !== 'string') return source;
  const { [TRACE_KEY]: _, ...settings } = value as JsonObject;
  return embedded(
    source,
    placed(source, 0, () => namedTrace(named, from)),
    settings,
  );
}

/** The text of a document that holds a trace, as it was recorded; reading it as YAML would take long. */
export function traceSource(text: string, file: string): YamlSource | null {
  if (!text.startsWith(`{"${TRACE_KEY}":`)) return null;
  return { file, text, value: JSON.parse(text) as Json, locate: (path) => parseYaml(text, file).locate(path) };
}

interface ReadTrace {
  readonly file: string;
  readonly header: TraceHeader | null;
  readonly rows: readonly TraceRow[];
}

function embedded(source: YamlSource, { file, header, rows }: ReadTrace, settings: JsonObject): YamlSource {
  const targets = header?.blocks['goodput_slo_targets'];
  const known: JsonObject = targets === undefined ? {} : { goodput_slo_targets: targets };
  const document = traceDocument(
    rows,
    { file: shortName(file), accumulate: header?.accumulate ?? false },
    {
      ...known,
      ...settings,
    },
  );
  return { ...source, text: JSON.stringify(document), value: document };
}

/** @param name - of the header or of the data */
function namedTrace(name: string, from: readonly string[]): ReadTrace {
  const places = isAbsolute(name) ? [name] : [...new Set(from.map((folder) => join(folder, name)))];
  const file = places.find((place) => existsSync(place));
  if (file === undefined) {
    throw new InputError(`file not found: ${name}`, {
      path: [TRACE_KEY],
      suggestion: `looked for ${places.join(' and ')}`,
    });
  }
  if (/\.ya?ml$/i.test(file)) return readTrace(file, traceHeaderIn(file));
  const header = file.replace(/\.csv$/i, '.yaml');
  if (header === file || !existsSync(header)) return readRows(file, null);
  const written = readYamlFile(header);
  return readRows(file, isTraceHeader(written.value) ? parseTraceHeader(written.value) : null);
}

function readTrace(headerFile: string, header: TraceHeader): ReadTrace {
  const data = headerFile.replace(/\.ya?ml$/i, '.csv');
  if (existsSync(data)) return readRows(data, header);
  throw new InputError('is the header of a trace without its data', {
    position: { file: headerFile },
    suggestion: `the rows are looked for in ${data}`,
  });
}

/** What can be simulated: requests that had a prompt and an answer, in order of their times. */
function readRows(file: string, header: TraceHeader | null): ReadTrace {
  const read = readTraceCsv(traceText(file), file);
  const { rows } = replayTimes(read.filter(({ outputTokens }) => outputTokens > 0));
  if (rows.length === 0) throw new InputError('holds no request with an answer', { position: { file } });
  const startUs = ({ sendTimeUs, arrivalTimeUs }: TraceRow): number => (sendTimeUs > 0 ? sendTimeUs : arrivalTimeUs);
  return { file, header, rows: [...rows].sort((a, b) => startUs(a) - startUs(b)) };
}

function traceText(file: string): string {
  const text = readTextFile(file);
  if (/^\ufeff?"?request_id\b/.test(text)) return text;
  throw new InputError('is no TraceV2 data', {
    position: { file, line: 1, column: 1 },
    suggestion: `\`paretune import trace ${file} --out DIR\` makes it of other formats`,
  });
}

/** Records hold no paths of a machine. */
function shortName(file: string): string {
  return file.split('/').at(-1) ?? file;
}
