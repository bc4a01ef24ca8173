import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import type { Json } from '../../../src/base/json.ts';
import { createCloudEdge } from '../../../src/simulators/cloud-edge/simulator.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';

const CONFIG = { scheduler: 'cn-ducb', nn_hidden_layers: [8], edge_batch_capacity_k: 3 };
const WORKLOAD = { simulation_duration: 120, request_rate_lambda: 5 };

const prepare = (config: Json, workload: Json = null) => createCloudEdge().prepare({ config, workload });

describe('the cloud-edge simulator', () => {
  test('is registered and reports every metric it names', async () => {
    const simulator = await createSimulator('cloud-edge');
    const prepared = simulator.prepare({ config: { ...CONFIG, slo_s: 5 }, workload: WORKLOAD });
    const result = prepared.run({ seed: 1, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(Object.keys(result.metrics)).toEqual(prepared.metrics.map(({ name }) => name));
    for (const value of Object.values(result.metrics)) expect(Number.isFinite(value)).toBe(true);
    expect(result.metrics['slo_attainment']).toBeGreaterThan(0);
    expect(result.metrics['cloud_offload_rate']).toBeLessThan(1);
  });

  test('repeats to the bit: in one object, after other runs, and in another process', async () => {
    const simulator = createCloudEdge();
    const prepared = simulator.prepare({ config: CONFIG, workload: WORKLOAD });
    const first = prepared.run({ seed: 3, fidelity: 1 });
    prepared.run({ seed: 4, fidelity: 1 });
    expect(prepared.run({ seed: 3, fidelity: 1 })).toEqual(first);
    expect(prepare({ ...CONFIG, ...WORKLOAD }).run({ seed: 3, fidelity: 1 })).toEqual(first);
    const root = new URL('../../../', import.meta.url);
    const script = `
      const { createCloudEdge } = await import('${new URL('src/simulators/cloud-edge/simulator.ts', root).href}');
      const input = ${JSON.stringify({ config: CONFIG, workload: WORKLOAD })};
      console.log(JSON.stringify(createCloudEdge().prepare(input).run({ seed: 3, fidelity: 1 })));`;
    const flags = ['--import', 'tsx', '--input-type=module', '-e', script];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { cwd: root });
    expect(stdout.trim()).toBe(JSON.stringify(first));
  });

  test('other seeds meet other workloads', () => {
    const prepared = prepare(CONFIG, WORKLOAD);
    expect(prepared.run({ seed: 1, fidelity: 1 })).not.toEqual(prepared.run({ seed: 2, fidelity: 1 }));
  });

  test('fidelity shortens the horizon', () => {
    const result = prepare(CONFIG, WORKLOAD).run({ seed: 1, fidelity: 0.5 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(result.diagnostics!['simulation_duration_actual']).toBe(60);
  });

  test('an empty workload is infeasible, overload is measured', () => {
    expect(prepare({ request_rate_lambda: 0 }).run({ seed: 1, fidelity: 1 })).toEqual({
      kind: 'infeasible',
      reason: 'no request completed',
    });
    const flooded = prepare({ scheduler: 'clinucb', request_rate_lambda: 50, simulation_duration: 60 });
    const result = flooded.run({ seed: 1, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(result.metrics['backlog_at_end']).toBeGreaterThan(1000);
  });

  test('rows with ready vectors are used as they are', () => {
    const rows = [0.1, 4].map((seconds, i) => ({ text: `p${i}`, seconds, embedding: [i, 1 - i, 0.5] }));
    const config = { scheduler: 'clinucb', embedding_model_type: 'bert' };
    const result = prepare(config, { ...WORKLOAD, dataset: { rows } }).run({ seed: 1, fidelity: 1 });
    expect(result.kind).toBe('measured');
  });

  const refused: readonly [Json, Json, RegExp, readonly (string | number)[]][] = [
    [{ nn_learning: 1 }, null, /unknown key "nn_learning"/, ['config', 'nn_learning']],
    [{ scheduler: 'fcsf' }, null, /unknown scheduler "fcsf"/, ['config', 'scheduler']],
    [{}, { request_rate_lambda: -1 }, /≥ 0, got -1/, ['workload', 'request_rate_lambda']],
    [{ simulation_duration: 0 }, null, /> 0, got 0/, ['config', 'simulation_duration']],
    [{ edge_batch_capacity_k: 0 }, null, /≥ 1/, ['config', 'edge_batch_capacity_k']],
    [{ edge_batch_capacity_k: 2.5 }, null, /an integer ≥ 1 and ≤ 4096, got 2.5/, ['config', 'edge_batch_capacity_k']],
    [{ cloud_concurrency: -1 }, null, /≥ 0/, ['config', 'cloud_concurrency']],
    [{ cloud_concurrency: 0, edge_concurrency: 0 }, null, /must not both be 0/, ['config', 'cloud_concurrency']],
    [{ cloud_time_multiplier: 0 }, null, /> 0, got 0/, ['config', 'cloud_time_multiplier']],
    [{ network_rtt: -0.1 }, null, /≥ 0, got -0.1/, ['config', 'network_rtt']],
    [{ inference_time_scale_factor: 0 }, null, /> 0, got 0/, ['config', 'inference_time_scale_factor']],
    [{ cngreedy_epsilon: 1.5 }, null, /≤ 1, got 1.5/, ['config', 'cngreedy_epsilon']],
    [{ nn_hidden_layers: [32, 0] }, null, /an integer ≥ 1 and ≤ 4096, got 0/, ['config', 'nn_hidden_layers', 1]],
    [
      { legacy: ['stale'] },
      null,
      /must be "cloud_average" or "stale_scores" or "mixed_labels", got "stale"/,
      ['config', 'legacy', 0],
    ],
    [{ embedding_model_type: 'bert' }, null, /synthetic/, ['config', 'embedding_model_type']],
    [{ dataset_path: 'x.jsonl' }, null, /reads no files/, ['config', 'dataset_path']],
    [{ scheduler: 'fcfs' }, { scheduler: 'random' }, /both/, ['workload', 'scheduler']],
    [{ dataset: { rows: [] } }, null, /at least one row/, ['config', 'dataset', 'rows']],
    [{ nn_training_buffer_maxlen: 8 }, null, /never train/, ['config', 'nn_training_buffer_maxlen']],
    [{ candidate_pool_size_m_factor: 0.1 }, null, /≥ 1/, ['config', 'candidate_pool_size_m_factor']],
    [
      {
        dataset: {
          rows: [
            { text: 'a', seconds: 1, embedding: [1] },
            { text: 'b', seconds: 1, embedding: [1, 2] },
          ],
        },
      },
      null,
      /one length/,
      ['config', 'dataset', 'rows', 1],
    ],
    [
      {
        arrival_trace: [
          { t: 1, base_time: 1 },
          { t: 0, base_time: 1 },
        ],
      },
      null,
      /≥ 1, got 0/,
      ['config', 'arrival_trace', 1, 't'],
    ],
  ];
  test.each(refused)('refuses %j with %j', (config, workload, message, path) => {
    let caught: unknown;
    try {
      prepare(config, workload);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(InputError);
    expect((caught as InputError).message).toMatch(message);
    expect((caught as InputError).path).toEqual(path);
  });
});
