import { describe, expect, test } from 'vitest';
import { pairedChange } from '../../../src/numeric/statistics.ts';
import { createCloudEdge } from '../../../src/simulators/cloud-edge/simulator.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { parseSearchSpace } from '../../../src/study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../../src/study/plan/strategy-file.ts';
import { baselineValues, checkHoles, instantiate } from '../../../src/study/plan/template.ts';

const root = new URL('../../../', import.meta.url).pathname;

describe('the shipped files', () => {
  test.each(['cloud-edge', 'cloud-edge-clinucb'])('study %s loads, and its default runs', async (name) => {
    const { strategy, space, study } = loadStudySources(`${root}studies/${name}.yaml`);
    const { template } = parseStrategyFile(strategy.value);
    const searchSpace = parseSearchSpace(space!.value);
    checkHoles(template, searchSpace);
    const config = instantiate(template, searchSpace, baselineValues(template, searchSpace));
    const { workload, objectives } = study.value as unknown as { workload: never; objectives: { metric: string }[] };
    const prepared = (await createSimulator('cloud-edge')).prepare({ config, workload });
    const result = prepared.run({ seed: 1, fidelity: 0.1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    for (const { metric } of objectives) expect(result.metrics).toHaveProperty(metric);
  });

  test('the point that the linear study finds beats the default on fresh seeds', () => {
    const simulator = createCloudEdge();
    const workload = { simulation_duration: 400, request_rate_lambda: 5.6, dataset: { synthetic: { rows: 2000 } } };
    const fresh = Array.from({ length: 10 }, (_, i) => 2001 + i);
    const measure = (config: Readonly<Record<string, number>>) => {
      const prepared = simulator.prepare({ config: { scheduler: 'clinucb', ...config }, workload });
      return fresh.map((seed) => {
        const result = prepared.run({ seed, fidelity: 1 });
        if (result.kind !== 'measured') throw new Error(result.reason);
        return result.metrics;
      });
    };
    // Trial 20 of studies/cloud-edge-clinucb.yaml.
    const tuned = {
      clinucb_alpha: 0.001,
      clinucb_lambda_reg: 0.01,
      candidate_pool_size_m_factor: 16,
      edge_batch_capacity_k: 16,
    };
    const [found, standard] = [measure(tuned), measure({})];
    for (const metric of ['avg_jct_with_backlog_s', 'cloud_offload_rate']) {
      const values = (runs: typeof found): number[] => runs.map((metrics) => metrics[metric]!);
      expect(pairedChange(values(standard), values(found)).high).toBeLessThan(0);
    }
  });
});
