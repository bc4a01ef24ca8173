import { expect, it } from 'vitest';
import { createClusterSimulator } from '../../../../src/simulators/cluster/cluster-simulator.ts';
import { readYamlFile } from '../../../../src/study/io/yaml-file.ts';

it('queue, prefill and decode of each class add up to its mean end-to-end latency', () => {
  const workload = { ...(readYamlFile('studies/workloads/orthogonal-slo.yaml').value as object), num_requests: 400 };
  const config = { model: 'meta-llama/llama-3.1-8b-instruct', hardware: 'H100', tp: 2, latency_model: 'roofline' };
  const prepared = createClusterSimulator().prepare({ config: { ...config, num_instances: 2 }, workload });
  const result = prepared.run({ seed: 3, fidelity: 1 });
  if (result.kind !== 'measured') throw new Error(result.reason);
  const { classes } = result.diagnostics as { classes: Record<string, Record<string, number>> };
  expect(Object.keys(classes)).toEqual(['critical', 'sheddable', 'standard']);
  for (const [name, times] of Object.entries(classes)) {
    const total = times['queue_ms_mean']! + times['prefill_ms_mean']! + times['decode_ms_mean']!;
    expect(total).toBeCloseTo(result.metrics[`e2e_mean_ms[${name}]`]!, 6);
    expect(times['longest_wait_ms']).toBeGreaterThanOrEqual(times['queue_ms_mean']!);
    expect(times['prefill_ms_mean']).toBeGreaterThan(0);
  }
});
