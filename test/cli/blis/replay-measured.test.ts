import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { repeat } from './recorded-runs.ts';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const fixture = (name: string) => readFileSync(`${FIXTURES}${name}`, 'utf8');

/** Replays a trace that the reference measured, as it did. */
async function replay(trace: { header: string; data: string }, ...more: (readonly [string, string | null])[]) {
  return await repeat({
    command: 'replay',
    flags: [
      ['model', 'meta-llama/llama-3.1-8b-instruct'],
      ['hardware', 'H100'],
      ['tp', 2],
      ['total-kv-blocks', 132_139],
      ['trace-header', '@trace.yaml'],
      ['trace-data', '@trace.csv'],
      ['results-path', 'OUT/results.json'],
      ...more,
    ],
    files: { 'trace.yaml': trace.header, 'trace.csv': trace.data },
  });
}

const figures = (stdout: string) => JSON.parse(/\{[\s\S]*?\n\}/.exec(stdout)![0]) as Record<string, number>;
const count = (stdout: string) => [figures(stdout)['completed_requests'], figures(stdout)['timed_out_requests']];
const PLAIN = {
  header: fixture('calibrate/calib4-observe/trace.yaml'),
  data: fixture('calibrate/calib4-observe/trace.csv'),
};
const variant = (name: string) => ({ header: PLAIN.header, data: fixture(`observe/variants/${name}.csv`) });
const COMPAT = ['compat', null] as const;

describe('the replay of a measured trace', () => {
  it('without deadlines has the latencies of the reference, in the time that the load took', async () => {
    const results = fixture('calibrate/calib4-observe/results.json');
    const [ours, theirs] = [await replay(PLAIN), await replay(PLAIN, COMPAT)];
    expect(ours.outputs['results.json']).toBe(results);
    expect(theirs.outputs['results.json']).toBe(results);
    expect(figures(ours.stdout)['vllm_estimated_duration_s']).toBeCloseTo(6.652482, 9);
    expect(figures(theirs.stdout)['vllm_estimated_duration_s']).toBe(1795953444.440401);
    const { responses_per_sec: rate, completed_requests: completed } = figures(ours.stdout);
    expect(rate).toBeCloseTo(completed! / 6.652482, 9);
  });

  it.each([
    ['virtual users', 'closed', 12],
    ['a workload with timeouts', 'timeout', 6],
  ])('of %s obeys deadlines from the time of sending; with --compat all are long past', async (_of, name, requests) => {
    expect(count((await replay(variant(name))).stdout)).toEqual([requests, 0]);
    expect(count((await replay(variant(name), COMPAT)).stdout)).toEqual([0, requests]);
  });

  it('in closed loop goes on to the last round', async () => {
    const closedLoop = ['session-mode', 'closed-loop'] as const;
    expect(count((await replay(variant('closed'), closedLoop)).stdout)).toEqual([12, 0]);
    expect(count((await replay(variant('closed'), closedLoop, COMPAT)).stdout)).toEqual([0, 4]);
  });

  it('can be ended by a horizon that counts from the start of the load', async () => {
    const { stdout } = await replay(PLAIN, ['horizon', '3000000']);
    expect(figures(stdout)['completed_requests']).toBeGreaterThan(10);
    expect(figures(stdout)['completed_requests']).toBeLessThan(30);
    expect(figures(stdout)['vllm_estimated_duration_s']).toBeLessThanOrEqual(3);
  });

  it('still times out a request that the simulated cluster cannot answer in time', async () => {
    const [head, ...lines] = variant('timeout').data.trim().split('\n');
    const columns = head!.split(',');
    const at = (name: string) => columns.indexOf(name);
    const hurried = lines.map((line) => {
      const cells = line.split(',');
      cells[at('deadline_us')] = String(Number(cells[at('arrival_time_us')]) + 1000);
      return cells.join(',');
    });
    const trace = { header: PLAIN.header, data: `${[head, ...hurried].join('\n')}\n` };
    expect(count((await replay(trace)).stdout)).toEqual([0, 6]);
  });

  it('says the same of a simulated trace with --compat and without', async () => {
    const run = await repeat({
      command: 'run',
      flags: [
        ['model', 'qwen/qwen3-14b'],
        ['num-requests', 30],
        ['rate', 30],
        ['trace-output', 'OUT/t'],
      ],
      files: {},
    });
    const trace = { header: run.outputs['t.yaml']!, data: run.outputs['t.csv']! };
    const [ours, theirs] = [await replay(trace), await replay(trace, COMPAT)];
    expect(ours).toEqual(theirs);
    expect(figures(ours.stdout)['completed_requests']).toBeGreaterThan(0);
  });
});
