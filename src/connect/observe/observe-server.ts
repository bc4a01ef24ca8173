import type { Workload } from '../../simulators/workload/follow-ups.ts';
import { type Clock, UNIX_CLOCK } from './clock.ts';
import { pageCall, type ServerTarget } from './completion-call.ts';
import { HttpClient } from './http-exchange.ts';
import { type Counters, type HitRate, hitRate, parseCounters } from './kv-metrics.ts';
import { prewarm, roundTripUs, type WordSize, wordSize } from './measure-server.ts';
import { type ObservedRequest, observedRequest } from './observed-trace.ts';
import { PromptTexts } from './prompt-texts.ts';
import { type EndedRequest, type LoadTotals, runLoad } from './run-load.ts';
import type { TokenIds } from './token-ids.ts';

export interface ObserveOptions {
  readonly server: ServerTarget;
  readonly workload: Workload;
  /** Received the token ids of the workload. */
  readonly ids: TokenIds;
  /** What counts as a chunk, what is asked of the server, and which counters are read: as the reference, or as it should. */
  readonly compat: boolean;
  readonly streams: 'all' | 'none' | 'as-listed';
  readonly unconstrained: boolean;
  readonly maxConcurrency: number;
  readonly warmUpRequests: number;
  readonly prewarmMs: number;
  readonly timeoutMs: number;
  /** Keeps a core busy while answers are awaited, so that nothing is timed late. */
  readonly stayAwake: boolean;
  /** undefined = to be measured. */
  readonly rttMs: number | undefined;
  /** null = the hit rate is not asked for. */
  readonly metricsUrl: URL | null;
  readonly signal: AbortSignal;
  /** Default: µs since 1970. */
  readonly clock?: Clock;
  /** Called for each request that ended, those of the warm-up included. */
  readonly onEnded: (request: EndedRequest) => void;
}

export interface Observation {
  /** Those of the warm-up left out, in the order in which they ended. */
  readonly requests: readonly ObservedRequest[];
  readonly totals: LoadTotals;
  readonly wordSize: WordSize;
  /** null where it could not be measured. */
  readonly rttMs: number | null;
  readonly hitRate: HitRate | { readonly kind: 'unknown'; readonly reason: string } | null;
}

/** How long the first question may take: nothing is queued before it. */
const FIRST_QUESTION_MS = 60_000;

/** Measures what a load needs to know of a server, sends it, and answers what came of each request. */
export async function observeServer(options: ObserveOptions): Promise<Observation> {
  const { server, timeoutMs, signal, compat } = options;
  const client = new HttpClient(options.clock ?? UNIX_CLOCK, { timed: compat ? 'lines' : 'tokens', signal });
  try {
    const size = await wordSize(client, server, Math.min(timeoutMs, FIRST_QUESTION_MS));
    const rttMs = options.rttMs ?? inMillis(await roundTripUs(server));
    if (options.prewarmMs > 0) await prewarm(client, server, { durationMs: options.prewarmMs, timeoutMs, signal });
    const before = await readCounters(client, options);
    const requests: ObservedRequest[] = [];
    const totals = await runLoad({
      ...options,
      client,
      prompts: new PromptTexts(options.ids, { tokensPerWord: size.tokensPerWord, quoteAnswers: !compat }),
      length: options.unconstrained ? 'free' : compat ? 'at-least' : 'exact',
      onEnded: (request) => {
        if (request.id >= options.warmUpRequests) requests.push(observedRequest(request));
        options.onEnded(request);
      },
    });
    const grown = observedHitRate(before, await readCounters(client, options), compat);
    return { requests, totals, wordSize: size, rttMs, hitRate: options.metricsUrl === null ? null : grown };
  } finally {
    client.close();
  }
}

function inMillis(us: number | null): number | null {
  return us === null ? null : us / 1000;
}

const PAGE_MS = 10_000;

/** A page, or why there is none. */
async function readCounters(client: HttpClient, { server, metricsUrl }: ObserveOptions): Promise<Counters | string> {
  if (metricsUrl === null) return 'not asked for';
  const { status, message, text } = await client.exchange(pageCall(server, metricsUrl), PAGE_MS);
  return status === 'ok' ? parseCounters(text) : message;
}

function observedHitRate(before: Counters | string, after: Counters | string, compat: boolean): Observation['hitRate'] {
  const unknown = (reason: string) => ({ kind: 'unknown', reason }) as const;
  if (typeof before === 'string') return unknown(before);
  if (typeof after === 'string') return unknown(after);
  return hitRate(before, after, compat ? 'reference' : 'today') ?? unknown('no counter of cache look-ups has grown');
}
