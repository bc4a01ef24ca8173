import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { describeProblem, InputError } from '../../src/base/errors.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import { parseYaml } from '../../src/document/yaml.ts';
import { createSimulator } from '../../src/simulators/registry.ts';
import { requireAffordable } from '../../src/simulators/run-bounds.ts';
import type { SimulationInput } from '../../src/simulators/simulator.ts';

const SCENARIO = parseYaml(
  readFileSync(new URL('../../studies/kvsched/scenarios/S2_edge_cloud.yaml', import.meta.url), 'utf8'),
  'scenario.yaml',
).value as JsonObject;

async function refusal(simulator: string, input: SimulationInput): Promise<string> {
  const backend = await createSimulator(simulator);
  try {
    backend.prepare(input);
  } catch (error) {
    if (error instanceof InputError) return describeProblem(error);
    throw error;
  }
  return 'nothing refused';
}

const ASK_FOR_LESS = /; ask for less, or raise `limits\.(memory_mib|evaluation_s)` of a study$/;
const generated = (over: JsonObject): JsonObject => ({ generate: { preset: 'low', ...over } });

const BEYOND: readonly (readonly [string, string, Json, Json, RegExp])[] = [
  ['kvsched', 'requests', { ticks: 1e9 }, SCENARIO, /^config\.ticks: 1000000000 requests need about 59\.6 GiB/],
  ['kvsched', 'requests of the scenario', {}, { ...SCENARIO, ticks: 1e9 }, /^workload\.ticks: .* GiB/],
  [
    'kvsched',
    'requests to choose from',
    {},
    { ...SCENARIO, workload: { num_requests: 1e10 } },
    /^workload\.workload\.num_requests: .* GiB of memory; the limit is 4 GiB/,
  ],
  [
    'cloud-edge',
    'arrivals',
    { scheduler: 'fcfs', request_rate_lambda: 19, simulation_duration: 1_000_000 },
    null,
    /^config\.simulation_duration: 19000000 requests need about 4\.42 GiB/,
  ],
  [
    'cloud-edge',
    'features of prompts',
    { embedding_dim: 60_000, scheduler: 'fcfs', dataset: { synthetic: { rows: 30_000 } }, simulation_duration: 30_000 },
    null,
    /^config\.embedding_dim: 1800000000 features of prompts need about 6\.71 GiB/,
  ],
  [
    'cloud-edge',
    'a matrix',
    { embedding_dim: 40_000, scheduler: 'clinucb-full' },
    null,
    /^config\.embedding_dim: 1600000000 entries of a matrix need about 11\.9 GiB/,
  ],
  [
    'cloud-edge',
    'a network',
    { scheduler: 'cn-ducb', nn_hidden_layers: [4096, 4096, 4096, 4096, 4096, 4096, 4096] },
    null,
    /^config\.nn_hidden_layers: \d+ weights of a network need about .* GiB/,
  ],
  [
    'gpu-jobs',
    'output tokens',
    { engine: 'token' },
    generated({ count: 1_000_000, decode: 1e9 }),
    /^workload\.generate\.decode: .* output tokens need about .* s of computing; the limit is 3600 s/,
  ],
  ['gpu-jobs', 'KV blocks', { engine: 'token', kv_blocks: 1e8 }, 'low', /nothing refused/],
  ['pd-slo', 'requests', { workload: { requests: 1e9 } }, null, /^config\.workload\.requests: 1000000000 requests/],
  ['pd-slo', 'requests of the workload', {}, { requests: 1e9 }, /^workload\.requests: 1000000000 requests .* GiB/],
  [
    'pd-slo',
    'output tokens',
    { workload: { requests: 1_000_000, output: { mean: 1e8, low: 1, high: 1e9 } } },
    null,
    /^config\.workload\.output: .* s of computing; the limit is 3600 s/,
  ],
  [
    'pd-slo',
    'tokens of a request',
    { workload: { output: { mean: 1, low: 1, high: 9e15 } } },
    null,
    /^config\.workload\.output\.high: must be .*1000000000/,
  ],
];

describe('companions refuse before they allocate', () => {
  test.each(BEYOND)('%s: %s beyond memory or time', async (simulator, _, config, workload, words) => {
    const told = await refusal(simulator, { config, workload });
    expect(told).toMatch(words);
    if (told.includes('limit')) expect(told).toMatch(ASK_FOR_LESS);
  });

  test('more where the study allows more', async () => {
    const input = { config: { ticks: 1e8 }, workload: SCENARIO };
    expect(await refusal('kvsched', input)).toMatch(/GiB/);
    expect(await refusal('kvsched', { ...input, limits: { memoryMib: 16_384 } })).toBe('nothing refused');
    expect(await refusal('kvsched', { ...input, limits: { memoryMib: 16_384, seconds: 5 } })).toMatch(
      /^config\.ticks: 100000000 requests need about [\d.]+ s of computing; the limit is 5 s/,
    );
  });

  test.each([
    ['pd-slo', { workload: { cv: 1e-300 } }, null],
    ['pd-slo', { workload: { cv: 1e300 } }, null],
    ['gpu-jobs', {}, generated({ arrivals: { process: 'gamma', rate: 1, cv: 1e-300 } })],
    ['gpu-jobs', {}, generated({ arrivals: { process: 'gamma', rate: 1, cv: 1e300 } })],
  ] as const)('%s refuses gamma processes that doubles cannot hold', async (simulator, config, workload) => {
    expect(await refusal(simulator, { config, workload: workload as Json })).toMatch(/cv: must be .*(0\.000001|1000)/);
  });
});

test('what asks for most is named, memory first', () => {
  const needs = [
    { path: ['a'], count: 1, what: 'things', bytes: 2 ** 33, seconds: 9e9 },
    { path: ['b'], count: 2, what: 'others', bytes: 2 ** 33 },
  ];
  expect(() => requireAffordable(needs)).toThrow('2 others need about 16 GiB of memory; the limit is 4 GiB');
  expect(() => requireAffordable(needs, { memoryMib: 2 ** 20 })).toThrow(
    '1 things need about 9000000000 s of computing',
  );
  expect(() => requireAffordable(needs, { memoryMib: 2 ** 20, seconds: 1e10 })).not.toThrow();
});
