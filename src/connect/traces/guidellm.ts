import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { valueReader } from './json-reader.ts';
import type { Choice, JsonPath } from './json-values.ts';
import { ofNumber, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { Measured, ReadContext, TraceRequest } from './trace-request.ts';

/** Results of GuideLLM: the requests of all benchmarks of a file, at their planned times. */
export const guidellm: TraceFormat = {
  name: 'guidellm',
  title: 'GuideLLM benchmarks',
  shape: 'json',
  keys: [['benchmarks']],
  needs: 'benchmarks[{requests{successful[{prompt_tokens, output_tokens, info{timings}}]}}]',
  inTimeOrder: false,
  open(context) {
    let found = 0;
    const { run } = context.options;
    const choose = (path: JsonPath): Choice =>
      run !== null && path[2] !== undefined && path[2] !== run ? 'skip' : choice(path);
    const reader = valueReader(context, choose, (record, line, path) => {
      found++;
      if (path[4] !== 'successful' && !context.options.keepFailed) {
        context.dropped.add('failed request', line);
        return [];
      }
      const request = readRequest(context, record, line);
      return request === null ? [] : [request];
    });
    return {
      push: reader.push,
      *end() {
        yield* reader.end();
        if (found > 0) return;
        throw new InputError('holds totals only, no single requests', {
          position: { file: context.file },
          suggestion: 'write the requests too: GuideLLM keeps them unless it is told to sample none',
        });
      },
    };
  },
};

/** The way to the requests: file, `benchmarks`, number, `requests`, outcome, number. */
const WAY: readonly (readonly string[] | null)[] = [
  null,
  ['benchmarks'],
  null,
  ['requests'],
  ['successful', 'incomplete', 'errored'],
  null,
];

function choice(path: JsonPath): Choice {
  const last = path.length - 1;
  const known = WAY[last];
  if (known === undefined || (known !== null && !known.includes(String(path[last])))) return 'skip';
  return path.length === WAY.length ? 'take' : 'enter';
}

function readRequest(context: ReadContext, record: JsonObject, line: number): TraceRequest | null {
  const info = inner(record, 'info');
  const timings = inner(info, 'timings');
  const start = finiteNumber(timings['request_start'] ?? record['request_start_time'] ?? record['start_time']);
  const planned = finiteNumber(timings['targeted_start']) ?? start;
  const input = tokenCount(record['prompt_tokens'] ?? tokensOf(record, 'input_metrics'));
  const output = tokenCount(record['output_tokens'] ?? tokensOf(record, 'output_metrics'));
  if (planned === null) return unreadable(context, line, 'neither targeted_start nor request_start');
  if (input === null) return unreadable(context, line, 'prompt_tokens');
  const session = info['conversation_id'];
  const cached = tokenCount(record['cached_tokens']);
  return withTokens(context, line, {
    atUs: sinceOrigin(ofNumber(planned, 's'), context),
    inputTokens: input,
    outputTokens: output ?? 0,
    ...(start === null ? {} : { measured: measuredOf(record, timings, start, planned) }),
    ...(typeof session === 'string' && cached === null ? { carriesOn: true } : {}),
    fields: {
      ...(typeof session === 'string' ? { sessionId: session } : {}),
      ...(cached === null || cached === 0 ? {} : { repeatedTokens: Math.min(cached, input) }),
    },
  });
}

function measuredOf(record: JsonObject, timings: JsonObject, start: number, planned: number): Measured {
  const first = finiteNumber(timings['first_token_iteration']);
  const ttftMs = finiteNumber(record['time_to_first_token_ms']);
  const end = finiteNumber(timings['request_end'] ?? record['request_end_time']);
  const latency = finiteNumber(record['request_latency']);
  return {
    lateUs: Math.max(0, microseconds(start - planned)),
    ttftUs: first !== null ? microseconds(first - start) : ttftMs === null ? -1 : Math.round(ttftMs * 1000),
    e2eUs: end !== null ? microseconds(end - start) : latency === null ? -1 : microseconds(latency),
  };
}

function microseconds(seconds: number): number {
  return Math.round(seconds * 1e6);
}

function tokensOf(record: JsonObject, key: string): Json | undefined {
  const metrics = inner(record, key);
  return metrics['total_tokens'] ?? metrics['text_tokens'];
}

function inner(record: JsonObject, key: string): JsonObject {
  const value = record[key];
  return isJsonObject(value) ? value : {};
}
