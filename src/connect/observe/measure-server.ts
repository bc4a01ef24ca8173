import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { type CompletionRequest, completionCall, type ServerTarget } from './completion-call.ts';
import type { HttpClient } from './http-exchange.ts';
import { WORDS } from './prompt-texts.ts';

const HANDSHAKES = 10;
const HANDSHAKE_MS = 2_000;

/**
 * The network's round trip, µs: the shortest of ten TCP handshakes, which the server's kernel answers whatever the
 * server is busy with. null where nothing answers.
 */
export async function roundTripUs(server: ServerTarget): Promise<number | null> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < HANDSHAKES; i++) {
    const us = await handshakeUs(server.base);
    if (us === null) return null;
    shortest = Math.min(shortest, us);
  }
  return Math.round(shortest);
}

async function handshakeUs(base: URL): Promise<number | null> {
  const port = Number(base.port) || (base.protocol === 'https:' ? 443 : 80);
  return await new Promise((resolve) => {
    let startedMs = performance.now();
    const socket = connect({ host: base.hostname.replace(/^\[|\]$/g, ''), port, timeout: HANDSHAKE_MS });
    const finish = (us: number | null) => {
      socket.destroy();
      resolve(us);
    };
    // Looking the name up is no part of it.
    socket.on('lookup', () => {
      startedMs = performance.now();
    });
    socket.on('connect', () => finish((performance.now() - startedMs) * 1000));
    socket.on('timeout', () => finish(null));
    socket.on('error', () => finish(null));
  });
}

/** A word is one token to four, else something is wrong with the count. */
const FEWEST = 1;
const MOST = 3;

export type WordSize =
  | { readonly kind: 'measured'; readonly tokensPerWord: number }
  | { readonly kind: 'assumed'; readonly tokensPerWord: 1; readonly reason: string };

/** How many tokens a word of the prompts is to the server, from one request with all of them. */
export async function wordSize(client: HttpClient, server: ServerTarget, timeoutMs: number): Promise<WordSize> {
  const call = completionCall(server, { ...PLAIN, prompt: WORDS.join(' '), outputTokens: 1, requestId: randomUUID() });
  const { status, message, inputTokens } = await client.exchange(call, timeoutMs);
  const assumed = (reason: string): WordSize => ({ kind: 'assumed', tokensPerWord: 1, reason });
  if (status !== 'ok') return assumed(message);
  const tokensPerWord = inputTokens / WORDS.length;
  if (tokensPerWord >= FEWEST && tokensPerWord <= MOST) return { kind: 'measured', tokensPerWord };
  return assumed(`the server counts ${inputTokens} tokens in ${WORDS.length} words`);
}

const WARMERS = 4;
const WARM_WORDS = 256;
const WARM_TOKENS = 64;
const PAUSE_MS = 500;

/** Keeps a server busy for a while before anything is measured; what it answers does not matter. */
export async function prewarm(
  client: HttpClient,
  server: ServerTarget,
  limits: { readonly durationMs: number; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const untilMs = performance.now() + limits.durationMs;
  const prompt = Array.from({ length: WARM_WORDS }, () => 'warm').join(' ');
  const warm = async () => {
    for (let leftMs = limits.durationMs; leftMs > 0 && !limits.signal.aborted; leftMs = untilMs - performance.now()) {
      const call = completionCall(server, { ...PLAIN, prompt, outputTokens: WARM_TOKENS, requestId: randomUUID() });
      const { status } = await client.exchange(call, Math.min(limits.timeoutMs, Math.max(1, leftMs)));
      if (status === 'error') await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  await Promise.all(Array.from({ length: WARMERS }, warm));
}

const PLAIN: Omit<CompletionRequest, 'prompt' | 'outputTokens' | 'requestId'> = {
  model: '',
  length: 'at-most',
  streams: false,
  tenant: '',
  sloClass: '',
  sloTargetUs: 0,
};
