import type { Json } from '../../base/json.ts';

export type JsonPath = readonly (string | number)[];

/** What to do with the value at a path: hand it over, look into it, or pass over it. */
export type Choice = 'take' | 'enter' | 'skip';

/** @param kind - what the value is, as far as its first character tells */
export type Choose = (path: JsonPath, kind: 'list' | 'object' | 'scalar') => Choice;

export interface FoundValue {
  readonly path: JsonPath;
  /** Where the value begins. */
  readonly line: number;
  /** Undefined where the text is no JSON. */
  readonly value: Json | undefined;
}

interface Level {
  readonly array: boolean;
  /** Key or index of the member at hand. */
  step: string | number;
}

/** What comes next: a value, the key of a member, the colon behind a key, or a comma or end. */
type State = 'value' | 'key' | 'colon' | 'after';

/** How far a value without an end was looked at: from the beginning of the text, so many brackets open. */
interface Scan {
  readonly at: number;
  readonly depth: number;
}

/**
 * Finds values in JSON text that comes piece by piece: of a file of any size only the value at hand is in memory.
 * Several top-level values may follow one another.
 */
export class JsonValues {
  readonly #choose: Choose;
  readonly #levels: Level[] = [];
  #state: State = 'value';
  #text = '';
  /** Of the value at the beginning of `#text`, which has no end yet. */
  #scan: Scan | null = null;
  /** Line ends up to here, and where the next one is; −1 = none in the text. */
  #lines = 0;
  #nextLine = -1;
  #roots = 0;
  /** Set after a mistake, from which there is no way back. */
  #broken = false;

  constructor(choose: Choose) {
    this.#choose = choose;
  }

  *push(piece: string): Generator<FoundValue> {
    this.#text += piece;
    if (this.#nextLine < 0) this.#nextLine = this.#text.indexOf('\n', this.#text.length - piece.length);
    yield* this.#read(false);
  }

  /** Answers null, or the line in which the text broke off. */
  *end(): Generator<FoundValue, number | null> {
    yield* this.#read(true);
    const whole = this.#levels.length === 0 && this.#text.trim() === '';
    return whole && !this.#broken ? null : this.#lineAt(this.#text.length);
  }

  *#read(last: boolean): Generator<FoundValue> {
    let at = 0;
    while (!this.#broken) {
      at = skipSpace(this.#text, at);
      if (at >= this.#text.length) break;
      const next = this.#state === 'value' ? yield* this.#value(at, last) : this.#punctuation(at);
      if (next < 0) break;
      at = next;
    }
    this.#lineAt(at);
    this.#text = this.#text.slice(at);
    if (this.#nextLine >= 0) this.#nextLine -= at;
  }

  /** @returns where to go on, or −1 where more text is needed */
  *#value(at: number, last: boolean): Generator<FoundValue, number> {
    const text = this.#text;
    const opening = text[at]!;
    if (opening === ']' && this.#levels.at(-1)?.array) return this.#close(at);
    const path = this.#path();
    const kind = opening === '[' ? 'list' : opening === '{' ? 'object' : 'scalar';
    const choice = this.#choose(path, kind);
    if (choice === 'enter' && kind !== 'scalar') {
      this.#levels.push({ array: opening === '[', step: opening === '[' ? 0 : '' });
      this.#state = opening === '[' ? 'value' : 'key';
      return at + 1;
    }
    const end = this.#valueEnd(at, last);
    if (end < 0) return -1;
    if (choice === 'take') yield { path, line: this.#lineAt(at), value: parsed(text.slice(at, end)) };
    if (this.#levels.length === 0) this.#roots++;
    this.#state = this.#levels.length === 0 ? 'value' : 'after';
    return end;
  }

  /** Behind the value that begins at `at`; −1 = not in the text yet. */
  #valueEnd(at: number, last: boolean): number {
    const opening = this.#text[at]!;
    if (opening === '"') return stringEnd(this.#text, at);
    if (opening !== '{' && opening !== '[') return scalarEnd(this.#text, at, last);
    const found = containerEnd(this.#text, this.#scan === null ? { at, depth: 0 } : this.#scan);
    if (typeof found === 'number') this.#scan = null;
    // The text will begin with this value.
    else this.#scan = { at: found.at - at, depth: found.depth };
    return typeof found === 'number' ? found : -1;
  }

  #punctuation(at: number): number {
    const character = this.#text[at]!;
    const level = this.#levels.at(-1)!;
    if (this.#state === 'key') {
      if (character === '}') return this.#close(at);
      if (character === ',') return at + 1;
      const end = character === '"' ? stringEnd(this.#text, at) : -1;
      if (end < 0) return character === '"' ? -1 : this.#break();
      level.step = String(parsed(this.#text.slice(at, end)));
      this.#state = 'colon';
      return end;
    }
    if (this.#state === 'colon') {
      if (character !== ':') return this.#break();
      this.#state = 'value';
      return at + 1;
    }
    if (character === (level.array ? ']' : '}')) return this.#close(at);
    if (character !== ',') return this.#break();
    if (level.array) level.step = (level.step as number) + 1;
    this.#state = level.array ? 'value' : 'key';
    return at + 1;
  }

  #close(at: number): number {
    this.#levels.pop();
    if (this.#levels.length === 0) this.#roots++;
    this.#state = this.#levels.length === 0 ? 'value' : 'after';
    return at + 1;
  }

  #break(): number {
    this.#broken = true;
    return -1;
  }

  /** The number of the top-level value comes first. */
  #path(): JsonPath {
    return [this.#roots, ...this.#levels.map(({ step }) => step)];
  }

  /** Line of a place that is not before the last one asked for. */
  #lineAt(at: number): number {
    while (this.#nextLine >= 0 && this.#nextLine < at) {
      this.#lines++;
      this.#nextLine = this.#text.indexOf('\n', this.#nextLine + 1);
    }
    return this.#lines + 1;
  }
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    // Space, line ends, tab; a byte-order mark may stand at the beginning of a file.
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9 && code !== 0xfeff) return at;
    at++;
  }
}

/** Behind the closing quote of the string that opens at `at`; −1 = not in the text yet. */
function stringEnd(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end >= 0) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes++;
    if (slashes % 2 === 0) return end + 1;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

/** Behind the last bracket, or how far the text went. */
function containerEnd(text: string, scan: Scan): number | Scan {
  let { at, depth } = scan;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      const end = stringEnd(text, at);
      if (end < 0) return { at, depth };
      at = end - 1;
    } else if (code === 123 || code === 91) {
      depth++;
    } else if (code === 125 || code === 93) {
      if (--depth === 0) return at + 1;
    }
  }
  return { at, depth };
}

function scalarEnd(text: string, at: number, last: boolean): number {
  let end = at;
  while (end < text.length && !/[\s,\]}]/.test(text[end]!)) end++;
  if (end === text.length && !last) return -1;
  // A stray bracket would otherwise be a value without characters, for ever.
  return end === at ? at + 1 : end;
}
