import { afterEach, describe, expect, it, vi } from 'vitest';
import { stream } from '../../../../src/base/random.ts';
import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import type { LatencyConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import { RooflineLatency } from '../../../../src/simulators/cluster/latency/roofline.ts';
import { HARDWARE } from '../../../../src/simulators/cluster/settings/hardware-catalog.ts';
import { MODEL_CONFIGS } from '../../../../src/simulators/cluster/settings/model-catalog.ts';
import { parseModelConfig } from '../../../../src/simulators/cluster/settings/model-config.ts';
import { asRequest } from '../golden/indices.ts';
import { randomCluster } from '../golden/random-cluster.ts';

type Roofline = Extract<LatencyConfig, { kind: 'roofline' | 'trained-physics' }>;

const llama = parseModelConfig(MODEL_CONFIGS['llama-3.1-8b-instruct']!, 'llama-3.1-8b-instruct').architecture;
const PLAIN: Roofline = {
  kind: 'roofline',
  alpha: [],
  beta: [],
  model: llama,
  hardware: HARDWARE['H100']!,
  tp: 3,
  dp: 1,
  moeCommBackend: '',
};
/** Traffic is a multiple of 250 kB, at 1 TB/s: every fourth step or so takes a whole number of µs. */
const ROUND: Roofline = {
  ...PLAIN,
  model: {
    ...llama,
    layers: 125,
    hidden: 1000,
    heads: 8,
    kvHeads: 8,
    headDim: 125,
    ffn: 4000,
    denseFfn: 0,
    weightBytes: 2,
    activationBytes: 2,
  },
  hardware: { ...HARDWARE['H100']!, bandwidthTBs: 1, tflopsPeak: 1e5 },
  tp: 1,
};

/** Compares both ways of computing random steps. @returns how many the quick way leaves open */
function openSteps(config: Roofline, count: number): number {
  const model = new RooflineLatency(config);
  const rng = stream(7, 'steps');
  let open = 0;
  for (let i = 0; i < count; i++) {
    const contexts = Array.from({ length: 1 + rng.below(300) }, () => 1 + rng.below(2_000));
    model.begin();
    for (let p = rng.below(3); p > 0; p--) model.addPrefill(16 * rng.below(40), 1_000, 1 + rng.below(500));
    const exact = model.exactUs(contexts, contexts.length);
    const quick = model.stepUs(
      contexts.length,
      contexts.reduce((sum, context) => sum + context, 0),
      contexts.length,
    );
    if (Number.isNaN(quick)) open++;
    else expect(quick).toBe(exact);
  }
  return open;
}

function run(seed: number, latency: Roofline) {
  const { config, workload } = randomCluster(seed, { kv: 'gpu-only' });
  const engine = new ClusterEngine({ ...config, instance: { ...config.instance, latency } }, workload);
  engine.run();
  const q = engine.requests;
  const requests = Array.from({ length: q.length }, (_, request) => asRequest(request));
  return {
    e2e: requests.map((request) => q.e2eUs[request]),
    ttft: requests.map((request) => q.ttftUs[request]),
    itl: requests.map((request) => q.itlSumUs[request]),
    ends: engine.instances.map((i) => i.endedAtUs()),
  };
}

describe('step time from totals', () => {
  afterEach(() => vi.restoreAllMocks());

  it('is that of the terms added one by one, and hardly ever unknown', () => {
    expect(openSteps(PLAIN, 5_000)).toBe(0);
  });

  it('is unknown where the sum may lie on either side of a whole µs', () => {
    const open = openSteps(ROUND, 2_000);
    expect(open).toBeGreaterThan(200);
    expect(open).toBeLessThan(1_000);
  });

  it('gives the run that adding up every term gives, also where it is often unknown', () => {
    for (let seed = 0; seed < 30; seed++) {
      const quick = [run(seed, PLAIN), run(seed, ROUND)];
      vi.spyOn(RooflineLatency.prototype, 'stepUs').mockReturnValue(Number.NaN);
      expect([run(seed, PLAIN), run(seed, ROUND)], `seed ${seed}`).toEqual(quick);
      vi.restoreAllMocks();
    }
  });
});
