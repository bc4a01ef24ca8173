import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type AnySchema, Ajv2020 as Validator } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { InputError } from '../../../src/base/errors.ts';
import { isJsonObject, type Json } from '../../../src/base/json.ts';
import { FORMATS, schemaDocument } from '../../../src/cli/study/schema-table.ts';
import { commandConfigSchema } from '../../../src/connect/evaluators/command-config.ts';
import { httpConfigSchema } from '../../../src/connect/evaluators/http-config.ts';
import { parseWith } from '../../../src/document/schema.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { askTellRequest } from '../../../src/optimizer/ask-tell/request-schema.ts';
import { cloudEdgeConfig } from '../../../src/simulators/cloud-edge/config-schema.ts';
import { parsePolicyBundle } from '../../../src/simulators/cluster/settings/policy-bundle.ts';
import { clusterSchema } from '../../../src/simulators/gpu-jobs/cluster-spec.ts';
import { tokenSettingsDocument } from '../../../src/simulators/gpu-jobs/token-config.ts';
import { gpuJobsWorkload } from '../../../src/simulators/gpu-jobs/workload-schema.ts';
import { kvschedScenario } from '../../../src/simulators/kvsched/scenario-schema.ts';
import { kvschedSuite } from '../../../src/simulators/kvsched/suite-schema.ts';
import { pdSloScenario } from '../../../src/simulators/pd-slo/config-schema.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { experimentFileSchema } from '../../../src/study/experiment/experiment-file.ts';
import { calibrationFileSchema } from '../../../src/study/plan/calibration-file.ts';
import { searchSpaceFileSchema } from '../../../src/study/plan/search-space-file.ts';
import { strategyDocument } from '../../../src/study/plan/strategy-file.ts';
import { studyFileSchema } from '../../../src/study/plan/study-spec.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;

const by = (schema: z.ZodType) => (value: Json) => parseWith(schema, value);

/** How the program itself checks a document of each format. */
const CHECKS: Readonly<Record<string, (value: Json) => unknown>> = {
  study: by(studyFileSchema),
  strategy: by(strategyDocument),
  command: by(commandConfigSchema),
  http: by(httpConfigSchema),
  space: by(searchSpaceFileSchema),
  calibration: by(calibrationFileSchema),
  experiment: by(experimentFileSchema),
  workload: parseWorkload,
  'policy-bundle': (value) => {
    if (!isJsonObject(value)) throw new InputError('must be a map');
    return parsePolicyBundle(value, { zeroWeight: 'is-an-error' });
  },
  'kvsched-scenario': by(kvschedScenario),
  'kvsched-suite': by(kvschedSuite),
  'gpu-jobs-workload': by(gpuJobsWorkload),
  'gpu-jobs-cluster': by(clusterSchema),
  'gpu-jobs-settings': by(tokenSettingsDocument),
  'cloud-edge-config': by(cloudEdgeConfig),
  'pd-slo-scenario': by(pdSloScenario),
  'ask-tell': by(askTellRequest),
};

const validators = new Map<string, (value: unknown) => boolean>();

beforeAll(async () => {
  for (const name of Object.keys(FORMATS)) {
    const ajv = new Validator({ strict: false });
    validators.set(name, ajv.compile((await schemaDocument(name)) as AnySchema) as (value: unknown) => boolean);
  }
});

const LENGTH = { type: 'constant', params: { value: 10 } };
const CLIENT = {
  id: 'c',
  rate_fraction: 1,
  arrival: { process: 'poisson' },
  input_distribution: LENGTH,
  output_distribution: LENGTH,
};
const WORKLOAD = { version: '2', aggregate_rate: 10, num_requests: 5, clients: [CLIENT] };
const withClient = (more: Readonly<Record<string, Json>>): Json => ({ ...WORKLOAD, clients: [{ ...CLIENT, ...more }] });

/** The example files, each with the format that its first line names. */
const EXAMPLES = ['studies', 'strategies', 'search-spaces'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    // The register of seeds is no format of the program: its own test reads it.
    .filter((name) => name.endsWith('.yaml') && name !== 'seeds.yaml')
    .map((name) => {
      const file = join(folder, name);
      const text = readFileSync(join(ROOT, file), 'utf8');
      const path = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1] ?? '';
      return { file, text, schema: relative(ROOT, join(ROOT, dirname(file), path)) };
    }),
);

describe('example files', () => {
  test('name the schema of their format, where the package has it', () => {
    const places = Object.keys(FORMATS).map((name) => `dist/schemas/${name}.json`);
    expect(EXAMPLES.length).toBeGreaterThan(80);
    expect(EXAMPLES.filter(({ schema }) => !places.includes(schema)).map(({ file }) => file)).toEqual([]);
  });

  test('fit the schema that they name', () => {
    const refused = EXAMPLES.filter(({ file, text, schema }) => {
      const name = /([\w-]+)\.json$/.exec(schema)![1]!;
      return !validators.get(name)!(parseYaml(text, file).value);
    });
    expect(refused.map(({ file }) => file)).toEqual([]);
  });
});

/** Documents that are right but for one thing, with the format that must refuse them. */
const WRONG: readonly (readonly [format: string, document: Json])[] = [
  ['study', { name: 's', strategy: 'x.yaml', seeds: [1], budget: { trials: 0 } }],
  ['study', { name: 's', strategy: 'x.yaml', seeds: [1], budget: { trials: 3 }, bugdet: 1 }],
  ['study', { name: 's', strategy: 'x.yaml', seeds: [], budget: { trials: 3 } }],
  ['strategy', { name: 't', simulator: 'cluster' }],
  ['strategy', { name: 't', simulator: 'cluster', config: {}, baseline: { w: { a: -1 } } }],
  ['space', { parameters: [] }],
  ['space', { parameters: { x: [1] } }],
  ['space', { parameters: [{ name: 'x', type: 'real', low: 1 }] }],
  ['experiment', { name: 'e', title: 't', seeds: [1], arms: {}, claims: [] }],
  ['workload', { ...WORKLOAD, agregate_rate: 3 }],
  ['workload', { ...WORKLOAD, num_requests: -1 }],
  ['workload', { ...WORKLOAD, aggregate_rate: '10' }],
  ['workload', { ...WORKLOAD, category: 'langage' }],
  ['workload', { ...WORKLOAD, horizon: -5 }],
  ['workload', { ...WORKLOAD, servegen_data: {} }],
  ['workload', { ...WORKLOAD, clients: {} }],
  ['workload', withClient({ rate_fraction: 0 })],
  ['workload', withClient({ arrival: null })],
  ['workload', withClient({ arrival: { process: 'poison' } })],
  ['workload', withClient({ arrival: { process: 'gamma', cv: 0 } })],
  ['workload', withClient({ concurrency: 3 })],
  ['workload', withClient({ slo_class: 'critcal' })],
  ['workload', withClient({ streaming: 'sometimes' })],
  ['workload', withClient({ prefix_length: -1 })],
  ['workload', withClient({ input_distribution: { type: 'normal', params: {} } })],
  ['workload', withClient({ input_distribution: { type: 'gaussian', params: { mean: 1, min: 1, max: 2 } } })],
  ['workload', withClient({ input_distribution: { type: 'exponential', params: { mean: 1, maxi: 2 } } })],
  ['workload', withClient({ input_distribution: { type: 'empirical', params: { ten: 1 } } })],
  ['workload', withClient({ lifecycle: { windows: [] } })],
  ['workload', withClient({ reasoning: { multi_turn: { think_time_us: 1 } } })],
  ['policy-bundle', { routing: { policy: 'rond-robin' } }],
  ['policy-bundle', { routing: { scorers: 'queue-deph:1' } }],
  ['policy-bundle', { routing: { scorers: { 'queue-depth': 0 } } }],
  ['policy-bundle', { routing: { scorers: [{ name: 'queue-depth' }] } }],
  ['policy-bundle', { admission: { gaie_kv_threshold: 1.5 } }],
  ['policy-bundle', { admission: { slo_priorities: { critical: 101 } } }],
  ['policy-bundle', { admission: { slo_targets: { critical: 0 } } }],
  ['policy-bundle', { tenant_budgets: { a: '0.5' } }],
  ['policy-bundle', { pd_routing: { policy: 'pair-slo', ttft_slo_ms: '3 apples' } }],
  ['policy-bundle', { autoscaler: { on: true } }],
  ['policy-bundle', { schedluer: 'fcfs' }],
  ['kvsched-scenario', { scenario_id: 's', nodez: {} }],
  ['kvsched-suite', { common: { tick: 5 }, experiments: [{ id: 'a', scenario: 's.yaml', sweeps: [{ label: 'b' }] }] }],
  ['gpu-jobs-workload', { generate: { count: -1 } }],
  ['gpu-jobs-cluster', { groups: [] }],
  ['gpu-jobs-settings', { block_size: 0 }],
  ['cloud-edge-config', { edge_batch_capacity_k: 'many' }],
  ['pd-slo-scenario', { scenario: 3 }],
  ['command', { command: [], metrics: {} }],
  ['http', { server: 3 }],
  ['calibration', { calibration: 3 }],
  ['ask-tell', { op: 'aks' }],
  ['ask-tell', { op: 'ask', count: 0 }],
  ['ask-tell', { op: 'tell', id: 0, values: 'x' }],
];

describe('a document that is wrong', () => {
  test.each(WRONG)('is refused by the schema of %s and by the program: %j', (format, document) => {
    expect(() => CHECKS[format]!(document)).toThrow(InputError);
    expect(validators.get(format)!(document)).toBe(false);
  });

  test('every format has some', () => {
    expect(Object.keys(CHECKS)).toEqual(Object.keys(FORMATS));
    expect([...new Set(WRONG.map(([format]) => format))].sort()).toEqual(Object.keys(FORMATS).sort());
  });
});

const BUNDLES: readonly Json[] = [
  {},
  { scheduler: 'priority-fcfs', admission: null, autoscaler: {}, node_pools: null },
  { admission: { policy: 'tier-shed', tier_shed_threshold: '4', slo_priorities: { a: -3 }, slo_targets: 'a=5,b=6' } },
  { routing: { policy: 'weighted', scorers: 'queue-depth:2, kv-utilization:1' }, tenant_budgets: { a: 0.5 } },
  { routing: { scorers: [{ name: 'queue-depth', weight: '2' }] }, preemption: { policy: 'fcfs' } },
  { pd_routing: { policy: 'pair-slo', ttft_slo_ms: { a: '1.5s' }, tpot_slo_ms: '20ms', sloBufferFactor: 0.5 } },
];

test('policy bundles in every spelling that is read fit their schema', () => {
  for (const bundle of BUNDLES) {
    expect(() => CHECKS['policy-bundle']!(bundle)).not.toThrow();
    expect(validators.get('policy-bundle')!(bundle)).toBe(true);
  }
});

test('workloads with virtual users need no rate and no arrival process', () => {
  const { rate_fraction: _, arrival: __, ...users } = CLIENT;
  for (const client of [
    { ...users, concurrency: 3 },
    { ...users, concurrency: '1_0', arrival: { process: '' } },
  ]) {
    expect(() => parseWorkload({ clients: [client] })).not.toThrow();
    expect(validators.get('workload')!({ clients: [client] })).toBe(true);
  }
});
