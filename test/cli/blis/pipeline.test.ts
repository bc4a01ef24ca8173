import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { run as runBlis } from '../../../src/cli/blis/main.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { OpenAiServer } from '../../support/openai-server/server.ts';

const folder = mkdtempSync(join(tmpdir(), 'blis-pipeline-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);
const json = (name: string) => JSON.parse(readFileSync(file(name), 'utf8'));

async function blis(...argv: readonly string[]) {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  const code = await runBlis(['blis', ...argv]);
  vi.restoreAllMocks();
  return { code, ...printed };
}

/** Classes with targets, a shared prefix, a deadline, and sessions, whose later rounds come when the server has answered. */
const WORKLOAD = `
version: "2"
seed: 11
aggregate_rate: 60
num_requests: 40
clients:
  - id: chat
    slo_class: critical
    rate_fraction: 0.6
    streaming: true
    timeout: 30000000
    prefix_group: system
    prefix_length: 40
    arrival: {process: poisson}
    input_distribution: {type: gaussian, params: {mean: 60, std_dev: 20, min: 5, max: 120}}
    output_distribution: {type: gaussian, params: {mean: 6, std_dev: 2, min: 2, max: 9}}
  - id: talk
    slo_class: standard
    rate_fraction: 0.4
    streaming: true
    arrival: {process: constant}
    input_distribution: {type: constant, params: {value: 50}}
    output_distribution: {type: constant, params: {value: 4}}
    reasoning:
      reason_ratio_distribution: {type: constant, params: {value: 0}}
      multi_turn: {max_rounds: 3, think_time_us: 20000, context_growth: accumulate}
`;
const [TTFT_MS, ITL_MS] = [40, 6];
const TRACE = ['--trace-header', file('seen.yaml'), '--trace-data', file('seen.csv')];
const WARM_UP = 4;

it('a server is observed, its load replayed, and the two compared request by request', async () => {
  writeFileSync(file('load.yaml'), WORKLOAD);
  let asked = 0;
  const metrics = () =>
    `vllm:prefix_cache_queries_total ${++asked * 800}\nvllm:prefix_cache_hits_total ${asked * 200}\n`;
  const server = await OpenAiServer.start({ ttftMs: TTFT_MS, itlMs: ITL_MS, metrics });
  const target = ['--server-url', server.url, '--model', 'made/up', '--workload-spec', file('load.yaml')];
  const slos = ['--slo-ttft', 'critical=1ms,standard=60s', '--slo-e2e', 'standard=60s'];
  const observed = await blis(
    ...['observe', ...target, ...slos, ...TRACE, '--record-itl', '--scrape-kv-metrics'],
    ...['--warmup-requests', String(WARM_UP)],
  );
  await server.stop();
  expect(observed.code).toBe(0);
  const rows = readTraceCsv(readFileSync(file('seen.csv'), 'utf8'), 'seen.csv');
  expect(rows.length).toBe(server.records.length - 1 - WARM_UP);
  expect(rows.filter(({ roundIndex }) => roundIndex > 0).length).toBeGreaterThan(5);
  expect(rows.every(({ status, deadlineUs }) => status === 'ok' && deadlineUs > 0)).toBe(true);

  // Coefficients of a server whose first token takes TTFT_MS and every further one ITL_MS, however many there are.
  const law = ['--alpha-coeffs', `${1000 * (TTFT_MS - ITL_MS)},0,0`, '--beta-coeffs', `${1000 * ITL_MS},0,0`];
  const cluster = ['--model', 'qwen/qwen3-14b', '--latency-model', 'blackbox', ...law];
  const results = ['--results-path', file('results.json'), '--metrics-path', file('metrics.json')];
  const replayed = await blis('replay', ...cluster, ...TRACE, ...results);
  expect([replayed.code, json('metrics.json').completed_requests]).toEqual([0, rows.length]);

  const compare = ['calibrate', ...TRACE, '--itl-data', file('seen.itl.csv'), '--report', file('report.json')];
  const compared = await blis(...compare, '--sim-results', file('results.json'), '--sim-metrics', file('metrics.json'));
  expect(compared.code).toBe(0);
  const { trace_info: pairs, metrics: errors, goodput, hit_rate: hits } = json('report.json');
  expect(pairs).toMatchObject({ num_requests: rows.length, matched_pairs: rows.length, warm_up_excluded: 0 });
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const measured = {
    ttft: mean(rows.map(({ sendTimeUs, firstChunkTimeUs }) => firstChunkTimeUs - sendTimeUs)),
    e2e: mean(rows.map(({ sendTimeUs, lastChunkTimeUs }) => lastChunkTimeUs - sendTimeUs)),
  };
  for (const name of ['ttft', 'e2e'] as const) {
    expect(errors[name].count).toBe(rows.length);
    expect(errors[name].workload_level.real_mean).toBeCloseTo(measured[name], 6);
  }
  expect(errors.ttft.workload_level.real_p50).toBeGreaterThanOrEqual(1000 * TTFT_MS);
  // A simulated request waits for the step under way; the round trip that was measured is added.
  expect(errors.ttft.workload_level.sim_p50).toBeGreaterThanOrEqual(1000 * TTFT_MS);
  expect(errors.ttft.workload_level.sim_p50).toBeLessThan(1000 * (TTFT_MS + ITL_MS) + 10_000);
  expect(errors.itl.workload_level.sim_p50).toBeCloseTo(1000 * ITL_MS, 6);
  expect(goodput.per_class).toMatchObject({
    critical: { real_slo_attainment: 0, sim_slo_attainment: 0 },
    standard: { real_slo_attainment: 1, sim_slo_attainment: 1 },
  });
  expect(hits).toMatchObject({ real_hit_rate: 0.25, source: 'prefix-cache' });

  // Deadlines that count from the start of the load are long past beside dates: nothing is left to compare.
  await blis('replay', ...cluster, ...TRACE, ...results, '--compat');
  const nothing = await blis(...compare, '--sim-results', file('results.json'));
  expect(nothing.code).toBe(2);
  expect(nothing.stderr.trim().split('\n').length).toBe(1);
});
