import { serverBase } from '../../../src/connect/observe/completion-call.ts';
import { observeServer } from '../../../src/connect/observe/observe-server.ts';
import type { EndedRequest } from '../../../src/connect/observe/run-load.ts';
import { TokenIds } from '../../../src/connect/observe/token-ids.ts';
import { quantile } from '../../../src/numeric/statistics.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { takePrecedence } from './priority.ts';
import { monotonicUs, type ServerRecord } from './server.ts';
import { startServerProcess } from './server-process.ts';

export interface Streams {
  readonly streams: number;
  /** Streams that start in a second. */
  readonly perSecond: number;
  readonly tokens: number;
  readonly ttftMs: number;
  readonly itlMs: number;
  /** Requests before those that count. */
  readonly warmUp: number;
}

/** What a client measured beyond what the server wrote down, ms. */
export interface Lateness {
  /** Largest number of streams open at the same time. */
  readonly mostOpen: number;
  /** Chunk by chunk: when it was timed, after it was written. */
  readonly chunkMs: readonly number[];
  /** From receipt of the request to its first token, and between tokens: client's P99 above the server's. */
  readonly ttftP99Ms: number;
  readonly itlP99Ms: number;
  /**
   * How far behind its own schedule the server wrote at P99, beyond what its timers are late by on an idle machine: how
   * long this machine keeps a process waiting meanwhile.
   */
  readonly machineMs: number;
}

/** Measures streams from a server in another process, by the monotonic clock that both share. */
export async function measureLateness(setting: Streams): Promise<Lateness> {
  const server = await startServerProcess({ ttftMs: setting.ttftMs, itlMs: setting.itlMs });
  const giveBack = takePrecedence();
  try {
    const ended = await load(server.url, setting);
    const { records, mostOpen } = await server.records();
    const byId = new Map(records.map((record) => [record.headers['x-request-id'], record]));
    const pairs = ended.map((request) => ({ request, record: byId.get(request.requestId)! }));
    const p99 = (values: readonly number[]) => quantile(values, 0.99) / 1000;
    const gaps = (times: readonly number[]) => times.slice(1).map((us, i) => us - times[i]!);
    const client = pairs.map(({ request }) => request.exchange);
    return {
      mostOpen,
      chunkMs: pairs.flatMap(({ request, record }) => {
        if (request.exchange.chunkUs.length !== record.tokenUs.length) throw new Error('chunks were lost or merged');
        return request.exchange.chunkUs.map((us, i) => (us - record.tokenUs[i]!) / 1000);
      }),
      ttftP99Ms:
        p99(client.map(({ firstUs, sendUs }) => firstUs - sendUs)) -
        p99(pairs.map(({ record }) => record.tokenUs[0]! - record.receivedUs)),
      itlP99Ms:
        p99(client.flatMap(({ chunkUs }) => gaps(chunkUs))) - p99(pairs.flatMap(({ record }) => gaps(record.tokenUs))),
      machineMs: Math.max(0, p99(pairs.flatMap(({ record }) => behindSchedule(record, setting))) - TIMER_MS),
    };
  } finally {
    giveBack();
    server.stop();
  }
}

async function load(url: string, { streams, perSecond, tokens, warmUp }: Streams): Promise<readonly EndedRequest[]> {
  const constant = (value: number) => ({ type: 'constant', params: { value } });
  const spec = parseWorkload({
    aggregate_rate: perSecond,
    num_requests: warmUp + streams,
    clients: [
      {
        ...{ id: 'a', rate_fraction: 1, streaming: true, arrival: { process: 'constant' } },
        ...{ input_distribution: constant(20), output_distribution: constant(tokens) },
      },
    ],
  });
  const ids = new TokenIds();
  const ended: EndedRequest[] = [];
  await observeServer({
    server: { base: serverBase(url), model: 'made/up', interface: 'completions', apiKey: null },
    ...{ workload: generateWorkload(spec, { tokens: ids }), ids, compat: false, unconstrained: false },
    ...{
      streams: 'as-listed',
      maxConcurrency: 100_000,
      warmUpRequests: 0,
      prewarmMs: 0,
      timeoutMs: 60_000,
      stayAwake: true,
    },
    ...{ rttMs: 0, metricsUrl: null, signal: new AbortController().signal, clock: { now: monotonicUs } },
    onEnded: (request) => {
      if (request.id >= warmUp) ended.push(request);
    },
  });
  return ended;
}

/** Timers of Node count whole milliseconds. */
const TIMER_MS = 1.5;

function behindSchedule({ startedUs, tokenUs }: ServerRecord, { ttftMs, itlMs }: Streams): readonly number[] {
  return tokenUs.map((us, k) => us - startedUs - 1000 * (ttftMs + k * itlMs));
}
