import { InputError, within } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';

/** A completed request of a replay, as `blis replay --results-path` writes it. */
export interface ReplayResult {
  readonly requestId: number;
  readonly ttftUs: number;
  readonly e2eUs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Empty = none, as is the model. */
  readonly sloClass: string;
  readonly model: string;
  /** 0 = none. */
  readonly itlMeanUs: number;
}

/** @throws InputError for another shape, and for no results at all */
export function parseReplayResults(value: Json): readonly ReplayResult[] {
  if (!Array.isArray(value)) throw new InputError('must be a list of results, as `blis replay --results-path` writes');
  if (value.length === 0) {
    throw new InputError('the replay completed no request', {
      suggestion: 'look for timed_out_requests among its figures',
    });
  }
  return value.map((item: Json, index) => within([index], () => parseResult(item)));
}

function parseResult(item: Json): ReplayResult {
  if (!isJsonObject(item)) throw new InputError(`must be a result, got ${shortText(item)}`);
  const number = (key: string, isValid: (value: number) => boolean, fallback?: number): number => {
    const written = item[key] ?? fallback;
    if (typeof written === 'number' && isValid(written)) return written;
    throw new InputError(`must be a number, got ${written === undefined ? 'nothing' : shortText(written)}`, {
      path: [key],
    });
  };
  const text = (key: string): string => (item[key] === undefined || item[key] === null ? '' : String(item[key]));
  return {
    requestId: number('request_id', Number.isSafeInteger),
    ttftUs: number('ttft_us', Number.isFinite),
    e2eUs: number('e2e_us', Number.isFinite),
    inputTokens: number('input_tokens', Number.isSafeInteger, 0),
    outputTokens: number('output_tokens', Number.isSafeInteger, 0),
    sloClass: text('slo_class'),
    model: text('model'),
    itlMeanUs: number('itl_mean_us', Number.isFinite, 0),
  };
}
