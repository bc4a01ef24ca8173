import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { Call } from './http-exchange.ts';

/** Where and how requests are sent. */
export interface ServerTarget {
  /** Without the path of an interface: `http://host:8000`. */
  readonly base: URL;
  readonly model: string;
  readonly interface: 'completions' | 'chat';
  /** null = none. */
  readonly apiKey: string | null;
}

/** What one request asks for. */
export interface CompletionRequest {
  readonly prompt: string;
  /** Instead of the server's model; empty = that one. */
  readonly model: string;
  readonly outputTokens: number;
  /**
   * `exact`: ask for the whole length, also where the text would end earlier. `at-least`: the same by `min_tokens` alone,
   * which some servers do not know. `at-most`: it may end earlier. `free`: no limit at all.
   */
  readonly length: 'exact' | 'at-least' | 'at-most' | 'free';
  readonly streams: boolean;
  readonly tenant: string;
  readonly sloClass: string;
  /** 0 = none. */
  readonly sloTargetUs: number;
  readonly requestId: string;
}

/** Asked for where a request has no length of its own. */
const DEFAULT_TOKENS = 2_048;
/** A number that no server reaches. */
const NO_LIMIT = 2_147_483_647;

/** Urgency of the classes in the reference; the larger, the more urgent. */
const URGENCY: Readonly<Record<string, number>> = {
  critical: 4,
  standard: 3,
  batch: -1,
  sheddable: -2,
  background: -3,
};

/** Priority of a class as vLLM counts: 0 comes first. */
export function vllmPriority(sloClass: string): number {
  const known = Object.hasOwn(URGENCY, sloClass) ? URGENCY[sloClass]! : URGENCY['standard']!;
  return Math.max(...Object.values(URGENCY)) - known;
}

/** @throws InputError unless it is the address of a web server; `…/v1` is the same server as `…` */
export function serverBase(address: string): URL {
  let base: URL;
  try {
    base = new URL(address);
  } catch {
    throw new InputError(`must be a web address, got ${shortText(address)}`, {
      suggestion: 'e.g. http://127.0.0.1:8000',
    });
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new InputError(`must start with http:// or https://, got ${shortText(address)}`);
  }
  base.pathname = base.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  return base;
}

export function completionCall(server: ServerTarget, request: CompletionRequest): Call {
  const isChat = server.interface === 'chat';
  const body = JSON.stringify({
    model: request.model || server.model,
    ...(isChat ? { messages: [{ role: 'user', content: request.prompt }] } : { prompt: request.prompt }),
    ...lengthKeys(request, isChat),
    stream: request.streams,
    ...(request.streams ? { stream_options: { include_usage: true } } : {}),
    ...(request.sloClass === '' ? {} : { priority: vllmPriority(request.sloClass) }),
  });
  return {
    url: addressOf(server.base, isChat ? '/v1/chat/completions' : '/v1/completions'),
    method: 'POST',
    headers: { ...headersOf(request), ...authorization(server), 'content-length': String(Buffer.byteLength(body)) },
    body,
    answer: request.streams ? 'events' : 'json',
  };
}

/** Of a page beside the interfaces. */
export function pageCall(server: ServerTarget, url: URL): Call {
  return { url, method: 'GET', headers: authorization(server), body: '', answer: 'plain' };
}

function addressOf(base: URL, path: string): URL {
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
  return url;
}

function lengthKeys({ outputTokens, length }: CompletionRequest, isChat: boolean): object {
  if (length === 'free') return isChat ? {} : { max_tokens: NO_LIMIT };
  const max_tokens = outputTokens > 0 ? outputTokens : DEFAULT_TOKENS;
  if (length === 'at-most' || outputTokens <= 0) return { max_tokens };
  return { max_tokens, min_tokens: outputTokens, ...(length === 'exact' ? { ignore_eos: true } : {}) };
}

function headersOf(request: CompletionRequest): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-request-id': request.requestId,
    ...(request.tenant === '' ? {} : { 'x-gateway-inference-fairness-id': request.tenant }),
    ...(request.sloClass === '' ? {} : { 'x-gateway-inference-objective': request.sloClass }),
    ...(request.sloTargetUs > 0 ? { 'x-slo-ttft-ms': String(Math.ceil(request.sloTargetUs / 1000)) } : {}),
  };
}

function authorization({ apiKey }: ServerTarget): Record<string, string> {
  return apiKey === null ? {} : { authorization: `Bearer ${apiKey}` };
}
