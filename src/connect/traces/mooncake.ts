import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { recordReader } from './json-reader.ts';
import { type Moment, ofNumber, parseMoment, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TimeUnit, TraceRequest } from './trace-request.ts';

/** Tokens for which an id stands in Mooncake's traces. */
const BLOCK_TOKENS = 512;
/** And in those of Bailian, whose times are seconds. */
const BAILIAN_BLOCK_TOKENS = 16;

/** Block sizes that are looked for where the ids do not fit the given one. */
const USUAL_BLOCKS = [16, 32, 64, 128, 256, 512, 1024, 2048];

/** Mooncake traces, and those of the same shape: AIPerf and Dynamo (sessions with delays), Bailian (chats). */
export const mooncake: TraceFormat = {
  name: 'mooncake',
  title: 'Mooncake trace',
  shape: 'json',
  keys: [['timestamp|delay', 'inputlength', 'outputlength']],
  needs: 'timestamp, input_length, output_length, hash_ids',
  inTimeOrder: true,
  open(context) {
    const rows = new MooncakeRows(context);
    const reader = recordReader(context, (record, line) => {
      const request = rows.read(record, line);
      return request === null ? [] : [request];
    });
    return {
      push: reader.push,
      *end() {
        yield* reader.end();
        rows.check();
      },
    };
  },
};

class MooncakeRows {
  readonly #context: ReadContext;
  /** Rows with ids, and how many of them fit each block size. */
  #withIds = 0;
  readonly #fitting = new Map<number, number>();
  /** Time of the latest request of each session; chats by the id of their latest request. */
  readonly #latest = new Map<string, number>();
  readonly #chats = new Map<string, string>();

  constructor(context: ReadContext) {
    this.#context = context;
  }

  read(record: JsonObject, line: number): TraceRequest | null {
    const context = this.#context;
    const input = tokenCount(record['input_length']);
    const output = tokenCount(record['output_length']);
    if (input === null) return unreadable(context, line, `input_length ${shortText(record['input_length'])}`);
    if (output === null) return unreadable(context, line, `output_length ${shortText(record['output_length'])}`);
    const isChat = record['chat_id'] !== undefined;
    const session = isChat ? this.#chat(record) : sessionName(record['session_id']);
    const timed = this.#time(record, isChat ? 's' : 'ms', session);
    if (timed === null) return unreadable(context, line, `timestamp ${shortText(record['timestamp'])}`);
    const blocks = this.#blocks(record, input, isChat ? BAILIAN_BLOCK_TOKENS : BLOCK_TOKENS);
    if (blocks === null) {
      context.dropped.add('hash ids that do not fit the length', line, `input_length ${input}`);
      return null;
    }
    return withTokens(context, line, {
      atUs: timed.atUs,
      inputTokens: input,
      outputTokens: output,
      fields: {
        ...blocks,
        ...(session === '' ? {} : { sessionId: session }),
        ...(timed.thinkUs > 0 ? { thinkTimeUs: timed.thinkUs } : {}),
      },
    });
  }

  /** @throws InputError where no row fits, but all would with another block size */
  check(): void {
    const { blockTokens } = this.#context.options;
    const fit = [...this.#fitting].find(([, count]) => count === this.#withIds);
    const own = this.#fitting.get(blockTokens ?? BLOCK_TOKENS) ?? 0;
    if (this.#withIds === 0 || own > 0 || fit === undefined || blockTokens === fit[0]) return;
    if (blockTokens === null && fit[0] === BAILIAN_BLOCK_TOKENS && this.#chats.size > 0) return;
    throw new InputError(`no row has one hash id for every ${blockTokens ?? BLOCK_TOKENS} tokens`, {
      position: { file: this.#context.file },
      suggestion: `the ids fit blocks of ${fit[0]} tokens: --block-tokens ${fit[0]}`,
    });
  }

  /** The chat that a request goes on with; requests name the one before. */
  #chat(record: JsonObject): string {
    const own = String(record['chat_id']);
    const parent = String(record['parent_chat_id'] ?? -1);
    const chat = parent === '-1' ? own : (this.#chats.get(parent) ?? parent);
    this.#chats.set(own, chat);
    return chat;
  }

  #time(
    record: JsonObject,
    unit: TimeUnit,
    session: string,
  ): { readonly atUs: number; readonly thinkUs: number } | null {
    const delay = finiteNumber(record['delay']);
    const moment = momentOf(record['timestamp'], this.#context.options.timeUnit ?? unit);
    const before = session === '' ? undefined : this.#latest.get(session);
    const thinkUs = delay === null || before === undefined ? 0 : Math.max(0, Math.round(delay * 1000));
    const atUs = moment !== null ? sinceOrigin(moment, this.#context) : before === undefined ? null : before + thinkUs;
    if (atUs === null) return null;
    if (session !== '') this.#latest.set(session, atUs);
    return { atUs, thinkUs };
  }

  #blocks(record: JsonObject, input: number, usual: number): TraceRequest['fields'] | null {
    const ids = record['hash_ids'];
    if (ids === undefined || ids === null) return {};
    const size = this.#context.options.blockTokens ?? usual;
    if (!Array.isArray(ids)) return null;
    this.#withIds++;
    for (const block of USUAL_BLOCKS) {
      if (ids.length === Math.ceil(input / block)) this.#fitting.set(block, (this.#fitting.get(block) ?? 0) + 1);
    }
    if (ids.length !== Math.ceil(input / size) || !ids.every(isId)) return null;
    return { hashBlockTokens: size, hashIds: ids.join(' ') };
  }
}

function isId(id: Json): boolean {
  return typeof id === 'number' || (typeof id === 'string' && /^\S+$/.test(id));
}

function momentOf(value: Json | undefined, unit: TimeUnit): Moment | null {
  if (typeof value === 'number') return ofNumber(value, unit);
  return typeof value === 'string' ? parseMoment(value, unit) : null;
}

function sessionName(value: Json | undefined): string {
  return value === undefined || value === null || isJsonObject(value) ? '' : String(value);
}
