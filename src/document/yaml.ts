import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  type YAMLParseError,
} from 'yaml';
import { InputError, inputErrors, type SourcePosition } from '../base/errors.ts';
import type { Json } from '../base/json.ts';
import { shortText } from '../base/short-text.ts';

/** A parsed YAML (or JSON) text that can say where each of its values was written. */
export interface YamlSource {
  readonly file: string;
  readonly text: string;
  /** Integers beyond ±2^53 stay exact as `bigint`. */
  readonly value: Json;
  /** Position of the value at `path`, or of its nearest written ancestor. */
  locate(path: readonly (string | number)[]): SourcePosition;
}

export interface YamlOptions {
  /** What to do with a second document in the text; BLIS reads the first one only. Default `refuse`. */
  readonly furtherDocuments?: 'refuse' | 'ignore';
}

/** Uses of aliases in one text; more would be an attack on the memory of the reader. */
const MOST_ALIASES = 1000;

/** What the engine says of it. */
const STACK_OVERFLOW = 'call stack';

/**
 * @param file - name used in messages
 * @throws InputError for the first mistake of syntax, or for every key that is given twice
 */
export function parseYaml(text: string, file: string, { furtherDocuments = 'refuse' }: YamlOptions = {}): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    intAsBigInt: true,
    version: '1.2',
    merge: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  const errors = document.errors.filter(({ code }) => code !== 'MULTIPLE_DOCS' || furtherDocuments === 'refuse');
  const position = ({ pos }: YAMLParseError): SourcePosition => {
    const { line, col } = lines.linePos(pos[0]);
    return { file, line, column: col };
  };
  const syntax = errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (syntax?.message.includes(STACK_OVERFLOW)) throw tooDeep(file);
  if (syntax !== undefined) {
    throw new InputError(syntax.message.replace(/\s+/g, ' '), { position: position(syntax) });
  }
  if (errors.length > 0) {
    throw inputErrors(errors.map((error) => givenTwice(text.slice(error.pos[0]), position(error))));
  }
  const value = withinDepth(file, () => narrowIntegers(plainValue(document, file), new Set())) as Json;
  if (value === null || value === undefined) {
    throw new InputError('the file is empty', { position: { file, line: 1, column: 1 } });
  }
  return { file, text, value, locate: (path) => locate(document, lines, file, path) };
}

function givenTwice(written: string, position: SourcePosition): InputError {
  const key = /^["']?([^"':\n]+)/.exec(written)?.[1]?.trim() ?? '';
  return new InputError(`key ${shortText(key)} is given twice`, { position, path: [key], suggestion: 'remove one' });
}

/** The only mistake that shows here, and not while parsing, is a text whose aliases unfold without end. */
function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new InputError(`cannot be unfolded: ${error.message}`, {
      position: { file, line: 1, column: 1 },
      suggestion: `use an alias at most ${MOST_ALIASES} times`,
    });
  }
}

/** YAML text of a value; long texts stay on one line, and what occurs twice is written twice. */
export function formatYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The value of a text that parses, with a `Map` for every mapping: unlike objects it keeps the order of all keys. */
export function orderedValue(text: string): unknown {
  return parseDocument(text, { version: '1.2', merge: true }).toJS({ mapAsMap: true, maxAliasCount: MOST_ALIASES });
}

/** Runs `body` and places any InputError it throws in the file, by its path (after dropping `dropPrefix` steps). */
export function placed<T>(source: YamlSource, dropPrefix: number, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw inWrittenOrder(error.placedBy((path) => source.locate(path.slice(dropPrefix))));
  }
}

/** Problems in the order of the text, file by file. */
function inWrittenOrder(error: InputError): InputError {
  const files = [...new Set(error.problems().map(({ position }) => position?.file))];
  const rank = ({ position }: InputError): readonly number[] => [
    files.indexOf(position?.file),
    position?.line ?? 0,
    position?.column ?? 0,
  ];
  const ordered = error.problems().map((problem) => ({ problem, rank: rank(problem) }));
  ordered.sort((a, b) => a.rank[0]! - b.rank[0]! || a.rank[1]! - b.rank[1]! || a.rank[2]! - b.rank[2]!);
  return inputErrors(ordered.map(({ problem }) => problem));
}

/** Reading goes as deep as the text does. @throws InputError where that is deeper than the stack of the program */
function withinDepth<T>(file: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (error instanceof InputError) throw error.at({ position: { file, line: 1, column: 1 } });
    throw error instanceof RangeError && error.message.includes(STACK_OVERFLOW) ? tooDeep(file) : error;
  }
}

function tooDeep(file: string): InputError {
  return new InputError('is nested too deeply to be read', { position: { file, line: 1, column: 1 } });
}

/** @param around - the lists and maps that the value stands in */
function narrowIntegers(value: unknown, around: Set<unknown>): unknown {
  if (typeof value === 'bigint') {
    return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }
  if (value === null || typeof value !== 'object') return value;
  if (around.has(value)) throw new InputError('cannot be unfolded: an alias stands inside of what it names');
  around.add(value);
  const narrowed = Array.isArray(value)
    ? value.map((item) => narrowIntegers(item, around))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, narrowIntegers(item, around)]));
  around.delete(value);
  return narrowed;
}

function locate(
  document: Document.Parsed,
  lines: LineCounter,
  file: string,
  path: readonly (string | number)[],
): SourcePosition {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    const next = child(node, step);
    if (next === undefined) break;
    offset = next.offset ?? offset;
    node = next.node;
  }
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col };
}

/** The child node and the offset to show: the key's for map entries, so that nested blocks point at their name. */
function child(node: unknown, step: string | number): { node: unknown; offset: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(step));
    if (pair === undefined) return undefined;
    return { node: pair.value, offset: startOf(pair.key) };
  }
  if (isNode(node) && 'items' in node && Array.isArray(node.items) && typeof step === 'number') {
    const item: unknown = node.items[step];
    return item === undefined ? undefined : { node: item, offset: startOf(item) };
  }
  return undefined;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
