import type { ReadContext, TraceRequest } from './trace-request.ts';

/** A whole number ≥ 0 from text or JSON; null for anything else. */
export function tokenCount(value: unknown): number | null {
  const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
}

/** A finite number from text or JSON; null for anything else. */
export function finiteNumber(value: unknown): number | null {
  const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof read === 'number' && Number.isFinite(read) ? read : null;
}

/**
 * The request, unless it has no tokens: nothing can be simulated without a prompt, and an answer of 0 tokens is a
 * failure or was never recorded.
 */
export function withTokens(context: ReadContext, line: number, request: TraceRequest): TraceRequest | null {
  if (request.inputTokens === 0) {
    context.dropped.add('no input tokens', line);
    return null;
  }
  if (request.outputTokens > 0) return request;
  if (context.options.keepFailed) return { ...request, outputTokens: 1 };
  context.dropped.add('no output tokens', line);
  return null;
}

/** Counts a row that cannot be read. */
export function unreadable(context: ReadContext, line: number, example: string): null {
  context.dropped.add('unreadable row', line, example);
  return null;
}
