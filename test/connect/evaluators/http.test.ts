import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { createHttpEvaluator } from '../../../src/connect/evaluators/http-evaluator.ts';
import { runStudy } from '../../../src/library/run-study.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { OpenAiServer, type ServerOptions } from '../../support/openai-server/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'http-evaluator-'));
let server: OpenAiServer | undefined;
afterEach(async () => await server?.stop());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const WORKLOAD = {
  aggregate_rate: 200,
  num_requests: 12,
  clients: [
    {
      ...{ id: 'a', rate_fraction: 1, slo_class: 'standard', arrival: { process: 'constant' } },
      input_distribution: { type: 'constant', params: { value: 8 } },
      output_distribution: { type: 'constant', params: { value: 4 } },
    },
  ],
  goodput_slo_targets: { standard: { ttft_ms: 10_000 } },
};

/** Evaluations of one evaluator on a server of this process, one after the other. */
async function evaluate(options: ServerOptions, ...calls: readonly { config?: JsonObject; values?: JsonObject }[]) {
  server = await OpenAiServer.start(options);
  const evaluator = createHttpEvaluator({ logFolder: join(folder, 'logs') });
  const outcomes = [];
  for (const { config = {}, values = {} } of calls) {
    const whole = { url: server.url, model: 'made/up', warm_up: { requests: 3 }, ...config };
    const request = { config: whole, workload: WORKLOAD, values, seed: 5, fidelity: 1 };
    outcomes.push(await evaluator.evaluate(request, new AbortController().signal));
  }
  await evaluator.close?.();
  return outcomes;
}

test('times of the server become metrics with the names of the cluster; the warm-up does not count', async () => {
  const [outcome] = await evaluate({ ttftMs: 30, itlMs: 10 }, {});
  if (outcome?.kind !== 'measured') throw new Error(JSON.stringify(outcome));
  const { metrics } = outcome;
  expect(metrics['ttft_mean_ms']).toBeGreaterThan(28);
  expect(metrics['e2e_mean_ms']! - metrics['ttft_mean_ms']!).toBeCloseTo(3 * metrics['tpot_mean_ms']!, 1);
  expect(metrics['tpot_mean_ms']).toBeGreaterThan(4);
  expect(metrics).toMatchObject({ completion_fraction: 1, slo_attainment: 1 });
  expect(metrics['tokens_per_sec']! / metrics['responses_per_sec']!).toBeCloseTo(4, 9);
  expect(metrics['goodput_rps']).toBeCloseTo(metrics['responses_per_sec']!, 9);
  const sent = server!.records.length;
  expect(sent).toBeGreaterThanOrEqual(15);
});

test('a server that refuses requests, or is not there, makes the trial fail with the reason', async () => {
  const [refused, absent] = await evaluate(
    { plan: () => ({ fault: { kind: 'status', code: 503, body: 'busy' } }) },
    {},
    { config: { url: 'http://127.0.0.1:9' } },
  );
  expect(refused).toMatchObject({ message: expect.stringMatching(/12 of 12 requests failed: .*503/) });
  expect(absent).toMatchObject({ kind: 'failed' });
});

test('the hook puts parameters in place once a point, and never beyond safe bounds', async () => {
  const file = join(folder, 'epp.yaml');
  const marks = join(folder, 'marks');
  const hook = (weight: number): JsonObject => ({
    safe: { weight: { min: 0, max: 5 } },
    apply: {
      files: { [file]: { weight } },
      command: ['/bin/sh', '-c', `cat ${file} >> ${marks}`],
      ready: { url: `${server!.url}/metrics`, timeout_s: 5 },
    },
  });
  server = await OpenAiServer.start({});
  const first = server;
  const calls = [1, 1, 2, 9].map((weight) => ({ config: hook(weight), values: { weight } }));
  const outcomes = await evaluate({}, ...calls);
  await first.stop();
  expect(outcomes.map((outcome) => outcome.kind)).toEqual(['measured', 'measured', 'measured', 'infeasible']);
  expect(readFileSync(marks, 'utf8')).toBe('weight: 1\nweight: 2\n');
});

test('a command that fails and a server that ends, or is never ready, make the trial fail with a log', async () => {
  const [command, ended, never] = await evaluate(
    {},
    { config: { apply: { command: ['/bin/sh', '-c', 'echo no rights >&2; exit 4'] } } },
    {
      config: {
        apply: { server: ['/bin/sh', '-c', 'echo out of memory >&2; exit 1'], ready: { url: 'http://127.0.0.1:9' } },
      },
    },
    { config: { apply: { ready: { url: 'http://127.0.0.1:9', timeout_s: 0.3 } } } },
  );
  expect(command).toMatchObject({ message: expect.stringMatching(/apply command failed: exit code 4 \(log: logs/) });
  expect(ended).toMatchObject({ message: expect.stringMatching(/server ended before it was ready \(log: logs/) });
  expect(never).toMatchObject({ message: expect.stringMatching(/not ready after 0.3 s/) });
  const log = /logs\/(\S+\.log)/.exec(ended?.kind === 'failed' ? ended.message : '')![1]!;
  expect(readFileSync(join(folder, 'logs', log), 'utf8')).toContain('out of memory');
});

test('the example of a server runs to a front and leaves no server behind', async () => {
  const port = await freePort();
  const root = new URL('../../../studies/', import.meta.url).pathname;
  const study = readYamlFile(join(root, 'http.yaml')).value as JsonObject;
  const strategy = readYamlFile(join(root, 'outside/small-server.yaml')).value as JsonObject;
  const { report } = await runStudy({ study: { ...study, baseline: { port } }, strategy });
  expect(report.front.length).toBeGreaterThan(0);
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
