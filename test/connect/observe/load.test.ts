import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { serverBase } from '../../../src/connect/observe/completion-call.ts';
import { type ObserveOptions, observeServer } from '../../../src/connect/observe/observe-server.ts';
import type { EndedRequest } from '../../../src/connect/observe/run-load.ts';
import { TokenIds } from '../../../src/connect/observe/token-ids.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import type { Fault } from '../../support/openai-server/answer-plan.ts';
import { monotonicUs, OpenAiServer, type ServerOptions } from '../../support/openai-server/server.ts';

let server: OpenAiServer;
afterEach(async () => await server?.stop());

const constant = (value: number) => ({ type: 'constant', params: { value } });
const CLIENT = {
  ...{ id: 'a', rate_fraction: 1, streaming: true, arrival: { process: 'constant' } },
  ...{ input_distribution: constant(8), output_distribution: constant(4) },
};

/** A load of `requests` requests, one every 2 ms, on a server of this process. */
async function observe(
  options: ServerOptions,
  own: Partial<ObserveOptions> & {
    readonly requests?: number;
    readonly document?: JsonObject;
    readonly interface?: 'chat';
  } = {},
) {
  server = await OpenAiServer.start(options);
  const { requests = 6, document = { aggregate_rate: 500, clients: [CLIENT] }, ...rest } = own;
  const ids = new TokenIds();
  const workload = generateWorkload(parseWorkload({ ...document, num_requests: requests }), { tokens: ids });
  const ended: EndedRequest[] = [];
  const observation = await observeServer({
    server: { base: serverBase(server.url), model: 'made/up', interface: own.interface ?? 'completions', apiKey: null },
    ...{ workload, ids, compat: false, streams: 'as-listed', unconstrained: false, maxConcurrency: 256 },
    ...{ warmUpRequests: 0, prewarmMs: 0, timeoutMs: 5_000, stayAwake: false, rttMs: 0, metricsUrl: null },
    ...{ signal: new AbortController().signal, clock: { now: monotonicUs } },
    onEnded: (request) => ended.push(request),
    ...rest,
  });
  ended.sort((a, b) => a.id - b.id);
  return { ...observation, ended, workload, asked: server.records.slice(1) };
}

/** Index of a request of the load at the server: the first is the question about words. */
const faulty = (fault: Fault, index: number): ServerOptions => ({
  ttftMs: 5,
  itlMs: 10,
  plan: (request) => (request.index === index + 1 ? { fault } : {}),
});

describe('a load', () => {
  it('sends every request once, at its time or later, and times no chunk before it was written', async () => {
    const { ended, asked, totals, workload } = await observe({ ttftMs: 15, itlMs: 5 });
    expect(ended.map(({ exchange }) => exchange.status)).toEqual(Array(6).fill('ok'));
    expect(new Set(asked.map(({ headers }) => headers['x-request-id'])).size).toBe(6);
    for (const { requestId, exchange, row } of ended) {
      const record = asked.find(({ headers }) => headers['x-request-id'] === requestId)!;
      expect(exchange.sendUs).toBeGreaterThanOrEqual(totals.startedUs + workload.initial.arrivalUs[row]!);
      expect(exchange.sendUs).toBeLessThan(record.receivedUs);
      expect(exchange.chunkUs.length).toBe(4);
      for (const [k, us] of exchange.chunkUs.entries()) expect(us).toBeGreaterThanOrEqual(record.tokenUs[k]!);
      expect(exchange).toMatchObject({ inputTokens: 8, outputTokens: 4, finishReason: 'length' });
    }
  });

  it('uses connections again', async () => {
    const { asked } = await observe({}, { maxConcurrency: 1, requests: 20 });
    expect(asked.length).toBe(20);
    expect(await server.connections()).toBeLessThanOrEqual(1);
  });

  it('keeps to the limit of requests under way', async () => {
    await observe({ ttftMs: 20 }, { maxConcurrency: 3, requests: 12 });
    expect(server.mostOpen).toBe(3);
  });

  it('feels the queue of the server in the time to the first token', async () => {
    const { ended } = await observe({ ttftMs: 20, itlMs: 0, slots: 2 });
    const waits = ended.map(({ exchange }) => Math.floor((exchange.firstUs - exchange.sendUs) / 20_000)).sort();
    expect(waits[5]).toBeGreaterThanOrEqual(2);
    expect(waits[0]).toBeGreaterThanOrEqual(1);
  });

  it('without streams times the whole answer', async () => {
    const { ended } = await observe({ ttftMs: 20, itlMs: 10 }, { streams: 'none', requests: 2 });
    for (const { exchange } of ended) {
      expect(exchange).toMatchObject({ status: 'ok', chunks: 1, chunkUs: [], outputTokens: 4 });
      expect(exchange.firstUs - exchange.sendUs).toBeGreaterThanOrEqual(50_000);
    }
  });

  it('to a chat times no chunk with the role alone', async () => {
    const { ended, asked } = await observe({ ttftMs: 5, itlMs: 5 }, { requests: 2, interface: 'chat' });
    expect(asked[0]!.path).toBe('/v1/chat/completions');
    expect(ended.map(({ exchange }) => exchange.chunks)).toEqual([4, 4]);
    await server.stop();
    const reference = await observe({ ttftMs: 5, itlMs: 5 }, { requests: 2, interface: 'chat', compat: true });
    expect(reference.ended.map(({ exchange }) => exchange.chunks - exchange.outputTokens)).toEqual([3, 3]);
  });

  it.each([
    [
      'a refusal',
      { kind: 'status', code: 429, body: '{"error":"slow down"}' },
      'error',
      /^HTTP 429: \{"error":"slow down"\}$/,
      0,
    ],
    ['an error of the server', { kind: 'status', code: 500, body: 'boom' }, 'error', /^HTTP 500: boom$/, 0],
    ['a stall before the first token', { kind: 'stall', afterTokens: 0 }, 'timeout', /no whole answer within 1 s/, 0],
    ['a stall in between', { kind: 'stall', afterTokens: 2 }, 'timeout', /no whole answer/, 2],
    ['a connection lost', { kind: 'disconnect', afterTokens: 2 }, 'error', /./, 2],
    ['a stream that is no JSON', { kind: 'garbage' }, 'error', /bad JSON/, 4],
  ] as const)('records %s, and all others go well', async (_, fault, status, message, chunks) => {
    const { requests } = await observe(faulty(fault, 2), { timeoutMs: 1_000, maxConcurrency: 1 });
    const rows = requests.map(({ row }) => row).sort((a, b) => a.requestId - b.requestId);
    expect(rows.map((row) => row.status)).toEqual(['ok', 'ok', status, 'ok', 'ok', 'ok']);
    expect(rows[2]!.errorMessage).toMatch(message);
    expect(rows[2]!.numChunks).toBe(chunks);
    expect(rows[2]!.firstChunkTimeUs > 0).toBe(chunks > 0);
  });

  it('without usage counts chunks as tokens', async () => {
    const { ended } = await observe(faulty({ kind: 'no-usage' }, 0), { requests: 1 });
    expect(ended[0]!.exchange).toMatchObject({ status: 'ok', inputTokens: 0, outputTokens: 4 });
  });

  it('ends at the signal: what is under way is given up, what has ended stays', async () => {
    const stop = new AbortController();
    let count = 0;
    const { ended, totals } = await observe(
      { ttftMs: 5, itlMs: 0, plan: ({ index }) => (index > 3 ? { ttftMs: 60_000 } : {}) },
      {
        signal: stop.signal,
        requests: 1000,
        maxConcurrency: 4,
        onEnded: () => ++count === 3 && stop.abort(),
      },
    );
    expect(ended.length).toBe(0);
    expect(totals.dispatched - totals.cancelled).toBeGreaterThanOrEqual(3);
    expect(totals.cancelled).toBeGreaterThan(0);
    await expect.poll(() => server.connections()).toBe(0);
  });

  it('leaves those of the warm-up out and keeps the numbers', async () => {
    const { requests } = await observe({}, { warmUpRequests: 2 });
    expect(requests.map(({ row }) => row.requestId).sort()).toEqual([2, 3, 4, 5]);
  });

  it('keeps a server busy before, if asked to', async () => {
    await observe({ ttftMs: 10 }, { prewarmMs: 60, requests: 1 });
    const warm = server.records.filter(({ body }) => String(body['prompt']).startsWith('warm warm'));
    expect(warm.length).toBeGreaterThanOrEqual(4);
    expect(warm[0]!.body).toMatchObject({ max_tokens: 64, stream: false });
  });

  it('measures the round trip and the size of a word itself', async () => {
    const { rttMs, wordSize } = await observe({}, { rttMs: undefined, requests: 1 });
    expect(rttMs).toBeGreaterThan(0);
    expect(rttMs).toBeLessThan(1000);
    expect(wordSize).toEqual({ kind: 'measured', tokensPerWord: 1 });
  });

  it('reads the hit rate of the cache beside it', async () => {
    let page = 0;
    const metrics = () => `vllm:prefix_cache_hits_total ${30 * page}\nvllm:prefix_cache_queries_total ${40 * page++}\n`;
    const own = { requests: 1, metricsUrl: new URL('http://127.0.0.1') };
    server = await OpenAiServer.start({ metrics });
    const url = new URL(`${server.url}/metrics`);
    const first = server;
    const { hitRate } = await observe({}, { ...own, metricsUrl: url });
    await first.stop();
    expect(hitRate).toMatchObject({ source: 'prefix-cache', rate: 0.75 });
  });
});

describe('sessions', () => {
  const users = { ...CLIENT, rate_fraction: undefined, concurrency: 2, think_time_us: 10_000 };
  const document = (client: object) => JSON.parse(JSON.stringify({ clients: [client] })) as JsonObject;

  it('go on when a round has ended and its pause is over, as long as requests are left', async () => {
    const { requests, asked } = await observe({ ttftMs: 5 }, { document: document(users), requests: 6 });
    expect(asked.length).toBe(6);
    const rows = requests.map(({ row }) => row);
    expect(new Set(rows.map(({ sessionId }) => sessionId)).size).toBe(2);
    for (const row of rows) {
      const before = rows.find((one) => one.sessionId === row.sessionId && one.roundIndex === row.roundIndex - 1);
      if (before !== undefined) expect(row.sendTimeUs - before.lastChunkTimeUs).toBeGreaterThanOrEqual(10_000);
    }
  });

  it('end where a round fails', async () => {
    const { requests } = await observe(
      { plan: ({ index }) => (index === 0 ? {} : { fault: { kind: 'status', code: 500, body: '' } }) },
      { document: document(users), requests: 6 },
    );
    expect(requests.map(({ row }) => row.roundIndex)).toEqual([0, 0]);
  });
});

describe('a server that is not there', () => {
  it('gives one row for each request, with the reason', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const base = serverBase(`http://127.0.0.1:${port}`);
    const { requests, rttMs, wordSize } = await observe(
      {},
      { server: { base, model: 'm', interface: 'completions', apiKey: null }, rttMs: undefined, requests: 3 },
    );
    expect(requests.map(({ row }) => [row.status, row.firstChunkTimeUs, row.outputTokens])).toEqual(
      Array(3).fill(['error', 0, 0]),
    );
    expect(requests[0]!.row.errorMessage).toContain(`HTTP error: Post "${base}v1/completions": `);
    expect([rttMs, wordSize.kind]).toEqual([null, 'assumed']);
  });
});
