import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { modelWarnings } from '../../../../src/simulators/cluster/figures/model-warnings.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';

function run(models: readonly string[], settings: JsonObject = {}) {
  const clients = models.map((model, i) => ({
    id: `c${i}`,
    model,
    slo_class: i === 0 ? 'standard' : 'sheddable',
    rate_fraction: 1 / models.length,
    arrival: { process: 'poisson' },
    input_distribution: { type: 'constant', params: { value: 100 } },
    output_distribution: { type: 'constant', params: { value: 10 } },
  }));
  const resolved = resolveStrategyConfig({ model: 'Qwen/Qwen3-14B', num_instances: 3, ...settings });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const horizonUs = Number.POSITIVE_INFINITY;
  const config = { ...resolved.config, seed: 1, horizonUs, traceDecisions: false, counterfactualK: 0 };
  const spec = parseWorkload({ aggregate_rate: 50, num_requests: 100, clients });
  return simulateCluster(config, generateWorkload(spec, { horizonUs }));
}

const completed = (models: readonly string[], settings: JsonObject = {}) => {
  const { completed: done, cluster } = run(models, settings);
  return [done.reduce((sum, one) => sum + one, 0), cluster.routingRejected, cluster.admissionRejected];
};

const SERVED = 'qwen/qwen3-14b';

describe('requests that name a model', () => {
  it('find an instance if it is the one served, letter by letter, and are rejected at routing if not', () => {
    const [done, rejected] = completed([SERVED, 'Qwen/Qwen3-14B']);
    expect(done! + rejected!).toBe(100);
    expect(rejected).toBeGreaterThan(30);
    expect(completed([SERVED, ''])).toEqual([100, 0, 0]);
    expect(completed(['other', 'other'])).toEqual([0, 100, 0]);
  });

  it('leave no trace in the router: the others are routed as if they were alone', () => {
    const mixed = run([SERVED, 'other']);
    for (let row = 0; row < 100; row++) {
      const foreign = mixed.table.names.models[mixed.table.model[row]!] === 'other';
      expect(mixed.registered[row]).toBe(foreign ? 0 : 1);
    }
    const routes = Array.from(mixed.handledBy).filter((instance) => instance >= 0);
    expect(routes).toEqual(routes.map((_, turn) => turn % 3));
  });

  it('meet an admission that sees no instance: gaie-legacy takes that for saturated, tier-shed for empty', () => {
    const [, , shed] = completed([SERVED, 'other'], { admission_policy: 'gaie-legacy' });
    expect(shed).toBeGreaterThan(30);
    const [, rejected, none] = completed([SERVED, 'other'], {
      admission: { policy: 'tier-shed', tier_shed_threshold: 1000 },
    });
    expect(none).toBe(0);
    expect(rejected).toBeGreaterThan(30);
  });

  it('wait at the gateway like any other, and are rejected after it', () => {
    const [done, rejected] = completed([SERVED, 'other'], { flow_control: true });
    expect(done! + rejected!).toBe(100);
    expect(rejected).toBeGreaterThan(30);
  });

  it('are not asked in pools', () => {
    const pools = { prefill_instances: 1, decode_instances: 2, pd_decider: 'always' };
    expect(completed(['other', 'other'], pools)).toEqual([100, 0, 0]);
  });

  it('are counted in a warning', () => {
    const mixed = run([SERVED, 'other']);
    expect(modelWarnings(mixed, SERVED)).toEqual([
      `${mixed.cluster.routingRejected} requests name the model "other", the instances serve "${SERVED}": no route for them`,
    ]);
    expect(modelWarnings(run([SERVED, '']), SERVED)).toEqual([]);
  });
});
