import { describe, expect, test } from 'vitest';
import { createBackend } from '../../../src/study/io/backends.ts';
import { resolvePlan } from '../../../src/study/plan/study-plan.ts';
import { planOf, SPACE, STRATEGY, STUDY, sourcesOf } from '../../support/plan-builder.ts';

const BLIS = `
name: chunk-and-batch
fixed_args: ["--model", "qwen/qwen3-14b", "--num-instances", "2"]
parameters:
  - {name: thr, flag: "--long-prefill-token-threshold", type: integer, low: 4, high: 1024}
  - {name: seqs, flag: "--max-num-seqs", type: integer, low: 8, high: 512, prior: log-uniform}
  - {name: pol, flag: "--scheduler", type: categorical, categories: [sjf, fcfs]}
objective: {metric: ttft_p99_ms, direction: min}
`;
const WORKLOAD = `
version: "2"
aggregate_rate: 5
num_requests: 20
clients:
  - {id: a, rate_fraction: 1, arrival: {process: poisson}, input_distribution: {type: constant, params: {value: 100}}, output_distribution: {type: constant, params: {value: 10}}}
`;

describe('where nobody stated a baseline', () => {
  test('a BLIS strategy is compared with the defaults of its flags, inside the ranges or not', async () => {
    const study = 'name: s\nstrategy: s.yaml\nseeds: [1]\nbudget: {trials: 2}\n';
    const sources = sourcesOf({ study, strategy: BLIS, space: null, workload: WORKLOAD });
    const plan = await resolvePlan(sources, createBackend);
    expect(plan.baseline).toEqual({ thr: 0, seqs: 256, pol: 'fcfs' });
    expect(plan.baselineLowest).toBeUndefined();
  });

  test('a strategy whose backend has no defaults is compared with nothing', async () => {
    const plan = await planOf({ strategy: STRATEGY.replace(/baseline.*\n/, '') });
    expect(plan.baseline).toBeNull();
  });

  test('a study over several workloads, which needs one, is refused', async () => {
    const study = `${STUDY}vary: {wall: [1, 2]}\n`;
    await expect(planOf({ study, strategy: STRATEGY.replace(/baseline.*\n/, '') })).rejects.toThrow(/needs a baseline/);
  });
});

test('a baseline that says a part takes the first of the range for the rest, and the plan names it', async () => {
  const plan = await planOf({
    strategy: STRATEGY.replace('y: 0.5}', '}').replace('x: 0.5, }', 'x: 0.5}'),
    space: SPACE,
  });
  expect(plan.baseline).toEqual({ x: 0.5, y: 0 });
  expect(plan.baselineLowest).toEqual(['y']);
});
