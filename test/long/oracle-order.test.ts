import { describe, expect, it } from 'vitest';
import type { EngineHooks } from '../../src/simulators/cluster/policy/policy.ts';
import { resolveStrategyConfig } from '../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';

/**
 * How much is left for the order of admission on the target problem: a scheduler that knows every answer's length,
 * which no policy module can, against first come, first served, both with the tuned plain weights.
 */
describe('an oracle scheduler on the target problem', () => {
  const workload = generateWorkload(parseWorkload(readYamlFile('studies/workloads/orthogonal-slo.yaml').value), {
    seed: 42,
    numRequests: 20_000,
    horizonUs: Number.POSITIVE_INFINITY,
  });
  const resolved = resolveStrategyConfig({
    model: 'meta-llama/llama-3.1-8b-instruct',
    hardware: 'H100',
    tp: 2,
    latency_model: 'roofline',
    num_instances: 8,
    total_kv_blocks: 132139,
    kv_cpu_blocks: 44046,
    routing_policy: 'weighted',
    routing_scorers: 'load-balance:1',
    long_prefill_token_threshold: 64,
  });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const { config } = resolved;
  const lengths = new Map<string, number>();
  const ttftP99Ms = (key: ((arrivalUs: number, length: number) => number) | null): number => {
    const hooks: EngineHooks =
      key === null ? {} : { scheduler: { key: ({ id, arrivalUs }) => key(arrivalUs, lengths.get(id)!) } };
    const result = simulateCluster(
      { ...config, seed: 42, horizonUs: Number.POSITIVE_INFINITY, traceDecisions: false, counterfactualK: 0 },
      workload,
      () => hooks,
    );
    return result.ttftUs.toSorted()[Math.floor(0.99 * 20_000)]! / 1000;
  };
  const { table } = workload.start();
  for (let row = 0; row < table.length; row++) lengths.set(table.id(row), table.outputTokens[row]!);

  it('cannot shorten the TTFT P99 of first come, first served by true lengths', () => {
    const usual = ttftP99Ms(null);
    const orders = {
      shortest: ttftP99Ms((_arrival, length) => length),
      'longest helped by 1 ms per token': ttftP99Ms((arrival, length) => arrival - 1000 * length),
      'shortest helped by 1 ms per token': ttftP99Ms((arrival, length) => arrival + 1000 * length),
    };
    for (const [name, p99] of Object.entries(orders)) expect(p99, name).toBeGreaterThan(0.95 * usual);
  }, 600_000);
});
