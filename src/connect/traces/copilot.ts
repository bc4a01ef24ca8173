import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { recordReader } from './json-reader.ts';
import { ofNumber, parseMoment, sinceOrigin } from './time-text.ts';
import { finiteNumber, tokenCount, unreadable, withTokens } from './token-counts.ts';
import type { TraceFormat } from './trace-format.ts';
import type { ReadContext, TraceRequest } from './trace-request.ts';

/** Sessions of GitHub Copilot's coding agents: one request for each call of a model. */
export const copilot: TraceFormat = {
  name: 'copilot',
  title: 'Copilot agent sessions',
  shape: 'json',
  keys: [['sessionid', 'turns']],
  needs: 'session_id, turns[{llm_calls[{timestamp, duration_ms, tokens}]}]',
  inTimeOrder: false,
  open(context) {
    context.notes.add('cached tokens are lengths: they are taken for the beginning of the call before in the session');
    return recordReader(context, function* (record, line) {
      const session = String(record['session_id'] ?? `line ${line}`);
      for (const turn of list(record['turns'])) {
        for (const call of list(isJsonObject(turn) ? turn['llm_calls'] : [])) {
          const request = isJsonObject(call) ? readCall(context, call, session, line) : null;
          if (request !== null) yield request;
        }
      }
    });
  },
};

function readCall(context: ReadContext, call: JsonObject, session: string, line: number): TraceRequest | null {
  const written = call['timestamp'];
  const moment = typeof written === 'number' ? ofNumber(written, 'epoch') : parseMoment(String(written), 'epoch');
  if (moment === null) return unreadable(context, line, `timestamp ${shortText(written)}`);
  if (isFailure(call) && !context.options.keepFailed) {
    context.dropped.add('failed request', line);
    return null;
  }
  const tokens = isJsonObject(call['tokens']) ? call['tokens'] : {};
  const input = tokenCount(tokens['prompt']);
  const output = tokenCount(tokens['completion']);
  if (input === null) return unreadable(context, line, `tokens.prompt ${shortText(tokens['prompt'])}`);
  const cached = Math.min(tokenCount(tokens['cached']) ?? 0, input);
  const durationMs = finiteNumber(call['duration_ms']);
  const initiator = call['initiator_type'];
  return withTokens(context, line, {
    atUs: sinceOrigin(moment, context),
    inputTokens: input,
    outputTokens: output ?? 0,
    ...(durationMs === null || durationMs < 0
      ? {}
      : { measured: { lateUs: 0, ttftUs: -1, e2eUs: Math.round(durationMs * 1000) } }),
    fields: {
      sessionId: session,
      ...(cached > 0 ? { repeatedTokens: cached } : {}),
      ...(typeof initiator === 'string' ? { clientId: initiator } : {}),
      ...(context.options.keepModels && typeof call['model'] === 'string' ? { model: call['model'] } : {}),
    },
  });
}

/** Where neither says so, the call went well. */
function isFailure({ result, status_code: status }: JsonObject): boolean {
  const failed = (word: Json | undefined, good: RegExp): boolean => typeof word === 'string' && !good.test(word);
  return failed(result, /^(success|succeeded|ok)/i) || failed(status, /^(ok|200|success)/i);
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
