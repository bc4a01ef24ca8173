import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { recordReader } from './json-reader.ts';
import { ofNumber, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

/** `per_request_lifecycle_metrics.json` of inference-perf. Its summaries hold no requests and are refused. */
export const inferencePerf: TraceFormat = {
  name: 'inference-perf',
  title: 'inference-perf report of single requests',
  shape: 'json',
  keys: [
    ['starttime', 'endtime', 'info'],
    ['successes', 'failures'],
  ],
  needs: 'start_time, end_time, info (per_request_lifecycle_metrics.json)',
  inTimeOrder: false,
  open(context) {
    return recordReader(context, (record, line) => {
      if (record['successes'] !== undefined) throw summaryOnly(context);
      const request = readRequest(context, record, line);
      return request === null ? [] : [request];
    });
  },
};

function summaryOnly({ file }: ReadContext): InputError {
  return new InputError('holds totals only, no single requests', {
    position: { file },
    suggestion: 'import per_request_lifecycle_metrics.json of the same report',
  });
}

function readRequest(context: ReadContext, record: JsonObject, line: number): TraceRequest | null {
  const start = finiteNumber(record['start_time']);
  if (start === null) return unreadable(context, line, 'start_time');
  const failed = (record['error'] ?? null) !== null;
  if (failed && !context.options.keepFailed) {
    context.dropped.add('failed request', line);
    return null;
  }
  const info = inner(record, 'info');
  const response = inner(info, 'response_metrics');
  const usage = inner(response, 'server_usage');
  const asked = tokenCount(inner(inner(info, 'request_metrics'), 'text')['input_tokens'] ?? info['input_tokens']);
  const served = tokenCount(usage['prompt_tokens']);
  const output = tokenCount(usage['completion_tokens'] ?? response['output_tokens'] ?? info['output_tokens']);
  const input = asked ?? served;
  if (input === null) return unreadable(context, line, 'input_tokens');
  return withTokens(context, line, {
    atUs: sinceOrigin(ofNumber(start, 's'), context),
    inputTokens: input,
    outputTokens: output ?? 0,
    ...(failed ? {} : measured(record, info, response, start)),
    fields: { ...(served === null ? {} : { serverInputTokens: served }) },
  });
}

function measured(
  record: JsonObject,
  info: JsonObject,
  response: JsonObject,
  start: number,
): Pick<TraceRequest, 'measured'> {
  const first =
    firstOf(response['chunk_times']) ?? firstOf(response['output_token_times']) ?? firstOf(info['output_token_times']);
  const end = finiteNumber(record['end_time']);
  const since = (time: number | null): number => (time === null ? -1 : Math.round((time - start) * 1e6));
  return { measured: { lateUs: 0, ttftUs: since(first), e2eUs: since(end) } };
}

function firstOf(times: Json | undefined): number | null {
  return Array.isArray(times) ? finiteNumber(times[0]) : null;
}

function inner(record: JsonObject, key: string): JsonObject {
  const value = record[key];
  return isJsonObject(value) ? value : {};
}
