import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../../base/errors.ts';
import { fetchFailure } from '../../base/fetch-failure.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { estimatedTokens } from '../../simulators/cloud-edge/dataset-lines.ts';

export interface ServerSettings {
  /** With or without `/v1`. */
  readonly server: string;
  readonly model: string;
  readonly endpoint: 'chat' | 'completions';
  readonly maxTokens: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
  readonly apiKey: string | null;
}

export type Measurement =
  | {
      readonly kind: 'measured';
      readonly text: string;
      /** From sending the request to the last byte of the answer. */
      readonly seconds: number;
      readonly inputTokens: number;
      readonly outputTokens: number;
    }
  /** This prompt failed; others may work. */
  | { readonly kind: 'failed'; readonly reason: string };

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Sends one prompt, greedily decoded, and times it. Overload, server errors and lost connections are tried again.
 * @throws InputError when no request can succeed: bad address, key or model
 */
export async function measurePrompt(
  prompt: string,
  settings: ServerSettings,
  signal: AbortSignal,
): Promise<Measurement> {
  let pause = FIRST_PAUSE_MS;
  for (let attempt = 0; ; attempt++) {
    const outcome = await tryOnce(prompt, settings, signal);
    if (outcome.kind !== 'retry') return outcome;
    if (attempt >= settings.retries) return { kind: 'failed', reason: outcome.reason };
    await sleep(pause, undefined, { signal });
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

/**
 * Opens a connection and loads the HTTP client, so that the first prompt does not pay for it. A server without a model
 * list, or none at all, is no matter here: the first prompt will tell.
 */
export async function openConnection(settings: ServerSettings, signal: AbortSignal): Promise<void> {
  const url = endpointUrl(settings).replace(/\/(?:chat\/)?completions$/, '/models');
  const headers = settings.apiKey === null ? {} : { authorization: `Bearer ${settings.apiKey}` };
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutSeconds * 1000)]);
    await (await fetch(url, { headers, signal: limit })).text();
  } catch {
    return;
  }
}

/** `http://host:8000` and `http://host:8000/v1/` alike. @throws InputError */
export function endpointUrl({ server, endpoint }: Pick<ServerSettings, 'server' | 'endpoint'>): string {
  let base: URL;
  try {
    base = new URL(server);
  } catch {
    throw new InputError(`--server must be a web address, got ${shortText(server)}`, {
      suggestion: 'e.g. http://127.0.0.1:8000',
    });
  }
  if (base.protocol !== 'http:' && base.protocol !== 'https:') {
    throw new InputError(`--server must start with http:// or https://, got ${shortText(server)}`);
  }
  const path = base.pathname.replace(/\/+$/, '');
  const root = path.endsWith('/v1') ? path : `${path}/v1`;
  return `${base.origin}${root}/${endpoint === 'chat' ? 'chat/completions' : 'completions'}`;
}

type Attempt = Measurement | { readonly kind: 'retry'; readonly reason: string };

async function tryOnce(prompt: string, settings: ServerSettings, signal: AbortSignal): Promise<Attempt> {
  const { model, endpoint, maxTokens, timeoutSeconds, apiKey } = settings;
  const asked = endpoint === 'chat' ? { messages: [{ role: 'user', content: prompt }] } : { prompt };
  const body = JSON.stringify({ model, ...asked, max_tokens: maxTokens, temperature: 0, stream: false });
  const headers = {
    'content-type': 'application/json',
    ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
  };
  const startedAt = performance.now();
  let status: number;
  let text: string;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutSeconds * 1000)]);
    const response = await fetch(endpointUrl(settings), { method: 'POST', headers, body, signal: limit });
    status = response.status;
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    return { kind: 'retry', reason: reasonOf(error) };
  }
  const seconds = (performance.now() - startedAt) / 1000;
  if (status === 401 || status === 403 || status === 404) {
    throw new InputError(`the server answered ${status}: ${firstLine(text)}`, {
      suggestion: 'check --server, --endpoint, --model and --api-key-env',
    });
  }
  if (status === 408 || status === 429 || status >= 500) {
    return { kind: 'retry', reason: `the server answered ${status}: ${firstLine(text)}` };
  }
  if (status !== 200) return { kind: 'failed', reason: `the server answered ${status}: ${firstLine(text)}` };
  return readAnswer(text, prompt, seconds);
}

function readAnswer(body: string, prompt: string, seconds: number): Measurement {
  let answer: Json;
  try {
    answer = JSON.parse(body) as Json;
  } catch {
    return { kind: 'failed', reason: `the answer is not JSON: ${firstLine(body)}` };
  }
  const choices = isJsonObject(answer) ? answer['choices'] : undefined;
  const choice = Array.isArray(choices) ? (choices[0] as Json | undefined) : undefined;
  const message = isJsonObject(choice) ? choice['message'] : undefined;
  const text = isJsonObject(message) ? (message['content'] ?? '') : isJsonObject(choice) ? choice['text'] : undefined;
  if (!isJsonObject(answer) || typeof text !== 'string') {
    return { kind: 'failed', reason: `the answer holds no text: ${firstLine(body)}` };
  }
  const usage = isJsonObject(answer['usage']) ? answer['usage'] : {};
  return {
    kind: 'measured',
    text,
    seconds,
    inputTokens: count(usage['prompt_tokens']) ?? estimatedTokens(prompt),
    outputTokens: count(usage['completion_tokens']) ?? estimatedTokens(text),
  };
}

function count(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? `${error.message}: ${fetchFailure(error)}` : error.message;
}

function firstLine(text: string): string {
  const line = text.trim().split('\n')[0] ?? '';
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
