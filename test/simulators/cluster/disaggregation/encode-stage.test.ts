import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';

const client = (id: string, more: JsonObject): JsonObject => ({
  id,
  rate_fraction: 0.5,
  arrival: { process: 'poisson' },
  input_distribution: { type: 'constant', params: { value: 100 } },
  output_distribution: { type: 'constant', params: { value: 10 } },
  ...more,
});
const constant = (value: number) => ({ type: 'constant', params: { value } });
const PICTURES = {
  multimodal: { image_distribution: constant(50), image_count_distribution: constant(2) },
};
const WORKLOAD = parseWorkload({
  aggregate_rate: 30,
  num_requests: 60,
  clients: [client('a', {}), client('b', PICTURES)],
});

/** Instances in order of routing: decode, then encode where used, then prefill, request by request. */
function routes(settings: JsonObject): readonly number[] {
  const config = {
    model: 'qwen/qwen3-14b',
    num_instances: 6,
    prefill_instances: 2,
    decode_instances: 2,
    pd_decider: 'always',
    ...settings,
  };
  const resolved = resolveStrategyConfig(config);
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const horizonUs = Number.POSITIVE_INFINITY;
  const chosen: number[] = [];
  const result = simulateCluster(
    { ...resolved.config, seed: 1, horizonUs, traceDecisions: false, counterfactualK: 0 },
    generateWorkload(WORKLOAD, { horizonUs }),
    () => ({ record: (event) => event.kind === 'routing' && chosen.push(event.instance) }),
  );
  expect(result.completed.reduce((sum, one) => sum + one, 0)).toBe(60);
  return chosen;
}

describe('the encode stage', () => {
  const encode = { encode_instances: 2 };

  it('takes one turn of the shared round robin between decode and prefill', () => {
    // Turns 0, 1, 2: decode 2 + 0, encode 4 + 1, prefill 0; then 3, 4, 5: decode 2 + 1, encode 4, prefill 1.
    const always = routes({ ...encode, encode_decider: 'always' });
    expect(always.slice(0, 6)).toEqual([2, 5, 0, 3, 4, 1]);
    expect(always.length).toBe(180);
  });

  it('is for requests with pictures, sound or film where the decider says so', () => {
    const chosen = routes({ ...encode, encode_decider: 'multimodal' });
    const encoded = chosen.filter((instance) => instance >= 4).length;
    expect(chosen.length).toBe(120 + encoded);
    expect(encoded).toBeGreaterThan(15);
    expect(encoded).toBeLessThan(45);
  });

  it('leaves no trace where it is not used', () => {
    expect(routes(encode)).toEqual(routes({}));
  });
});
