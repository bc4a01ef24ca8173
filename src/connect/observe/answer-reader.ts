import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { EventLines } from './event-lines.ts';

/**
 * Which lines of a stream are timed. `tokens`: those that bring something generated. `lines`: all but `[DONE]`, as the
 * reference counts, so that the line with the role, the one with the finish reason and the one with the usage are
 * chunks too.
 */
export type TimedChunks = 'tokens' | 'lines';

/** What an answer said. Times are 0 and counts are 0 where it said nothing. */
export interface Answer {
  readonly firstUs: number;
  readonly lastUs: number;
  readonly chunks: number;
  /** Of the chunks of a stream. */
  readonly chunkUs: readonly number[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly finishReason: string;
  readonly text: string;
  /** What is wrong with it; empty = nothing. */
  readonly fault: string;
}

/** Takes the pieces of an answer as they come. */
export interface AnswerReader {
  push(piece: Buffer, atUs: number): void;
  /** What was read so far. @param isWhole - the answer came to its end */
  finish(atUs: number, isWhole: boolean): Answer;
}

/** Bytes of a line: the limit of the reference, and one that holds any chunk. */
const LONGEST_LINE: Readonly<Record<TimedChunks, number>> = { lines: 64 << 10, tokens: 16 << 20 };

/** An answer in server-sent events. */
export class StreamReader implements AnswerReader {
  readonly #timed: TimedChunks;
  readonly #lines: EventLines;
  readonly #chunkUs: number[] = [];
  readonly #content = new Content();
  #firstLineUs = 0;
  #lastLineUs = 0;
  #isDone = false;
  #fault = '';

  constructor(timed: TimedChunks) {
    this.#timed = timed;
    this.#lines = new EventLines(LONGEST_LINE[timed], (payload, atUs) => this.#data(payload, atUs));
  }

  push(piece: Buffer, atUs: number): void {
    this.#attempt(() => this.#lines.push(piece, atUs));
  }

  finish(atUs: number, isWhole: boolean): Answer {
    this.#attempt(() => this.#lines.end(atUs));
    const { usage, finishReason, text } = this.#content;
    const timed = this.#chunkUs;
    const isCut = isWhole && !this.#isDone && finishReason === '' && this.#timed === 'tokens';
    // A token of its own without text, such as the end of the sequence: the lines are all there is to time.
    return {
      firstUs: timed[0] ?? this.#firstLineUs,
      lastUs: timed.at(-1) ?? this.#lastLineUs,
      chunks: timed.length,
      chunkUs: timed,
      inputTokens: usage.input,
      outputTokens: usage.output ?? (this.#timed === 'tokens' ? timed.length : 0),
      finishReason,
      text,
      fault: this.#fault || (isCut ? 'the stream ended before [DONE]' : ''),
    };
  }

  #attempt(body: () => void): void {
    if (this.#fault !== '') return;
    try {
      body();
    } catch (error) {
      this.#fault = faultOf(error);
    }
  }

  #data(payload: string, atUs: number): void {
    if (payload === '[DONE]') {
      this.#isDone = true;
      return;
    }
    const generated = this.#content.read(parsed(payload));
    if (this.#firstLineUs === 0) this.#firstLineUs = atUs;
    this.#lastLineUs = atUs;
    if (generated || this.#timed === 'lines') this.#chunkUs.push(atUs);
  }
}

/** An answer in one piece: its first byte and its end are all that can be timed. */
export class WholeReader implements AnswerReader {
  readonly #pieces: Buffer[] = [];
  #firstUs = 0;

  push(piece: Buffer, atUs: number): void {
    if (this.#firstUs === 0) this.#firstUs = atUs;
    this.#pieces.push(piece);
  }

  finish(atUs: number, isWhole: boolean): Answer {
    if (!isWhole) return NO_ANSWER;
    const { usage, finishReason, text, fault } = wholeContent(Buffer.concat(this.#pieces).toString());
    return {
      ...{ firstUs: this.#firstUs, lastUs: atUs, chunks: 1, chunkUs: [] },
      ...{ inputTokens: usage.input, outputTokens: usage.output ?? 0, finishReason, text, fault },
    };
  }
}

/** Any text. */
export class PlainReader implements AnswerReader {
  readonly #pieces: Buffer[] = [];

  push(piece: Buffer): void {
    this.#pieces.push(piece);
  }

  finish(): Answer {
    return { ...NO_ANSWER, text: Buffer.concat(this.#pieces).toString() };
  }
}

const NO_ANSWER: Answer = {
  firstUs: 0,
  lastUs: 0,
  chunks: 0,
  chunkUs: [],
  inputTokens: 0,
  outputTokens: 0,
  finishReason: '',
  text: '',
  fault: '',
};

/** What the parts of an answer add up to. */
class Content {
  usage: { readonly input: number; readonly output: number | undefined } = { input: 0, output: undefined };
  finishReason = '';
  text = '';
  fault = '';

  /** @returns whether the part brings something generated. @throws RangeError where the server reports an error */
  read(part: JsonObject): boolean {
    const { error, usage, choices } = part as Record<string, Json | undefined>;
    if (error !== undefined && error !== null) throw new RangeError(`the server answers: ${shortText(error)}`);
    if (isJsonObject(usage))
      this.usage = { input: count(usage['prompt_tokens']), output: count(usage['completion_tokens']) };
    const choice = Array.isArray(choices) ? (choices[0] as Json | undefined) : undefined;
    if (!isJsonObject(choice)) return false;
    if (typeof choice['finish_reason'] === 'string') this.finishReason = choice['finish_reason'];
    const message = choice['delta'] ?? choice['message'];
    const text = isJsonObject(message) ? message['content'] : choice['text'];
    if (typeof text === 'string' && text !== '') {
      this.text += text;
      return true;
    }
    return isJsonObject(message) && GENERATED.some((key) => isSomething(message[key]));
  }
}

function wholeContent(text: string): Content {
  const content = new Content();
  try {
    content.read(parsed(text));
  } catch (error) {
    content.fault = faultOf(error);
  }
  return content;
}

/** @throws anything that is no fault of the answer */
function faultOf(error: unknown): string {
  if (!(error instanceof RangeError) && !(error instanceof SyntaxError)) throw error;
  return error.message;
}

/** Other fields of a chat message that hold generated tokens: of reasoning models and of calls. */
const GENERATED = ['reasoning_content', 'reasoning', 'tool_calls', 'function_call', 'refusal'];

function isSomething(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return false;
  return !Array.isArray(value) || value.length > 0;
}

function count(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

/** @throws SyntaxError for anything but a JSON object */
function parsed(text: string): JsonObject {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new SyntaxError(`bad JSON: ${shortText(text)}`);
  }
  if (!isJsonObject(value)) throw new SyntaxError(`bad JSON: ${shortText(text)}`);
  return value;
}
