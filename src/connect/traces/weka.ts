import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { recordReader } from './json-reader.ts';
import { RateClock } from './rate-clock.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

const BLOCK_TOKENS = 64;

/** Conversations of coding agents with block ids of their own; times count from the beginning of each. */
export const weka: TraceFormat = {
  name: 'weka',
  title: 'WEKA agent trace',
  shape: 'json',
  keys: [
    ['id', 'requests'],
    ['t', 'in', 'out', 'hashids'],
  ],
  needs: 'id, requests[{t, in, out, hash_ids}]',
  inTimeOrder: false,
  open(context) {
    const clock = new RateClock(context, 'conversations');
    const starts = new Map<string, { readonly number: number; readonly atUs: number }>();
    return recordReader(context, function* (record, line) {
      const id = String(record['id'] ?? line);
      let start = starts.get(id);
      if (start === undefined) {
        start = { number: starts.size, atUs: clock.next() };
        starts.set(id, start);
      }
      const requests = Array.isArray(record['requests']) ? record['requests'] : [record];
      const block = context.options.blockTokens ?? tokenCount(record['block_size']) ?? BLOCK_TOKENS;
      for (const entry of flattened(requests)) {
        const request = readTurn(context, entry, line, { id, ...start, block });
        if (request !== null) yield request;
      }
    });
  },
};

/** Requests of subagents belong to the conversation as well. */
function* flattened(requests: readonly unknown[]): Generator<JsonObject> {
  for (const entry of requests) {
    if (!isJsonObject(entry as JsonObject)) continue;
    const inner = (entry as JsonObject)['requests'];
    if (Array.isArray(inner)) yield* flattened(inner);
    else yield entry as JsonObject;
  }
}

interface Conversation {
  readonly id: string;
  readonly number: number;
  readonly atUs: number;
  readonly block: number;
}

function readTurn(
  context: ReadContext,
  entry: JsonObject,
  line: number,
  { id, number, atUs, block }: Conversation,
): TraceRequest | null {
  const seconds = finiteNumber(entry['t']);
  const input = tokenCount(entry['in']);
  const output = tokenCount(entry['out']);
  const ids = entry['hash_ids'];
  if (seconds === null) return unreadable(context, line, `t ${shortText(entry['t'])}`);
  if (input === null || output === null) {
    return unreadable(context, line, `in ${shortText(entry['in'])}, out ${shortText(entry['out'])}`);
  }
  const ttft = finiteNumber(entry['ttft']);
  const e2e = finiteNumber(entry['api_time']);
  const us = (value: number | null): number => (value === null ? -1 : Math.round(value * 1e6));
  const think = finiteNumber(entry['think_time']);
  return withTokens(context, line, {
    atUs: atUs + seconds * 1e6,
    inputTokens: input,
    outputTokens: output,
    ...(ttft === null && e2e === null ? {} : { measured: { lateUs: 0, ttftUs: us(ttft), e2eUs: us(e2e) } }),
    fields: {
      sessionId: id,
      ...(Array.isArray(ids) && ids.length > 0
        ? { hashBlockTokens: block, hashIds: ids.map((one) => `${number}.${String(one)}`).join(' ') }
        : {}),
      ...(think === null || think <= 0 ? {} : { thinkTimeUs: Math.round(think * 1e6) }),
      ...(context.options.keepModels && typeof entry['model'] === 'string' ? { model: entry['model'] } : {}),
    },
  });
}
