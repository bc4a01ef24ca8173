import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PredictionClient } from '../../../src/companions/pd-slo/prediction-client.ts';

let posts = 0;
let status = 503;
const server = createServer((request, response) => {
  posts++;
  request.resume().on('end', () => response.writeHead(status).end());
});
let address = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('a training service that takes nothing is asked once for a hundred samples, also with the most kept', async () => {
  const none = { predict: [], train: null };
  const services = { 'prefill-ttft': { predict: [], train: address }, 'decode-ttft': none, 'decode-tpot': none };
  const client = new PredictionClient({ services, timeoutMs: 10_000 });
  const train = async (samples: number): Promise<void> => {
    for (let i = 0; i < samples; i++) {
      const features = { kvUsage: 0, inputTokens: i, waiting: 0, running: 0, prefixHit: 0 };
      await client.train('prefill-ttft', features, 1);
    }
  };
  await train(1250);
  expect(posts).toBe(12);
  status = 202;
  await train(49);
  expect(posts).toBe(12);
  await train(1);
  expect(posts).toBe(12 + 10);
  await train(120);
  await client.finish();
  expect(posts).toBe(12 + 10 + 2);
  expect(client.records['prefill-ttft']).toMatchObject({ trained: 1120, untrained: 300, reason: expect.any(String) });
});
