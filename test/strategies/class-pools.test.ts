import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { InstanceView, RequestView, SchedulingContext, Scorer } from '../../src/policy.ts';
import { createClusterSimulator } from '../../src/simulators/cluster/cluster-simulator.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import classPools from '../../strategies/policies/class-pools.ts';

const SETTINGS = {
  critical_ktokens: 10,
  standard_ktokens: 20,
  sheddable_ktokens: 40,
  request_tokens: 100,
  fill: 0.5,
  memory_ms: 0,
  prefix_affinity: 0,
  due_weight: 0,
  late_ms: 0,
  critical_ttft_ms: 200,
  standard_ttft_ms: 500,
  sheddable_ttft_ms: 2000,
};
const PRIORITY: Record<string, number> = { critical: 4, standard: 3, sheddable: -1 };

function request(id: string, sloClass: string, arrivalUs = 0): RequestView {
  return { id, sloClass, priority: PRIORITY[sloClass], inputTokens: 900, arrivalUs } as RequestView;
}

function instances(count: number, cachedAt = -1): InstanceView[] {
  return Array.from({ length: count }, (_, index) => ({
    index,
    cachedBlocks: () => (index === cachedAt ? 56 : 0),
  })) as unknown as InstanceView[];
}

function scorer(changes: Partial<typeof SETTINGS> = {}): Scorer {
  return classPools({ ...SETTINGS, ...changes }).scorers!['class-pools']!;
}

/** Routes `count` requests of a class; ties go to the first. @returns requests by instance */
function route(pools: Scorer, sloClass: string, count: number, views = instances(4)): number[] {
  const sent = views.map(() => 0);
  for (let k = 0; k < count; k++) {
    const one = request(`${sloClass}-${k}`, sloClass);
    const place = pools.score(one, views, 0).indexOf(1);
    sent[place] = sent[place]! + 1;
    pools.routed!(one, place, 0);
  }
  return sent;
}

describe('class-pools', () => {
  it('spread a class evenly when it is alone', () => {
    expect(route(scorer(), 'sheddable', 8)).toEqual([2, 2, 2, 2]);
  });

  it('give the tightest class more instances the more of it is in flight, each filled to its level', () => {
    const pools = scorer();
    route(pools, 'sheddable', 1);
    const critical = route(pools, 'critical', 20);
    // The sheddable request is at the first instance. What overflows goes to emptier neighbours.
    expect(critical.reduce((sum, one) => sum + one, 0)).toBe(20);
    expect(critical[0]! + critical[1]!).toBe(18);
    expect(critical[0]).toBe(9);
  });

  it('leave looser classes no more than `fill` of a tighter pool', () => {
    const pools = scorer();
    const critical = route(pools, 'critical', 1);
    const place = critical.indexOf(1);
    const sheddable = route(pools, 'sheddable', 200);
    expect(sheddable[place]).toBe(4);
    expect(sheddable.reduce((sum, one) => sum + one, 0)).toBe(200);
  });

  it('keep an instance for the loosest class however much of the others is in flight', () => {
    const pools = scorer();
    route(pools, 'sheddable', 1);
    route(pools, 'standard', 400);
    const late = route(pools, 'sheddable', 3);
    expect(late[3]).toBe(3);
  });

  it('forget what has ended: pools are as before', () => {
    const pools = scorer();
    const before = pools.score(request('x', 'sheddable'), instances(4), 0);
    route(pools, 'critical', 1, instances(1));
    pools.ended!(request('critical-0', 'critical'), 0, 'completed' as never, 5);
    expect(pools.score(request('x', 'sheddable'), instances(4), 10)).toEqual(before);
  });

  it('count an instance with the prompt in its cache as emptier', () => {
    const pools = scorer({ prefix_affinity: 0.9 });
    expect(route(pools, 'sheddable', 4)).toEqual([1, 1, 1, 1]);
    expect(pools.score(request('y', 'sheddable'), instances(4, 2), 0)).toEqual([0, 0, 1, 0]);
    expect(scorer().score(request('z', 'sheddable'), instances(4, 2), 0)).toEqual([1, 1, 1, 1]);
  });
});

describe('the queue of class-pools', () => {
  const at = (clockUs: number) => ({ clockUs }) as SchedulingContext;

  it('is that of the configuration where both weights are 0', () => {
    expect(classPools(SETTINGS).scheduler).toBeUndefined();
  });

  it('lets a request that has missed its target wait behind those that have not, for no longer than `late_ms`', () => {
    const { key } = classPools({ ...SETTINGS, late_ms: 1000 }).scheduler!;
    const missed = request('a', 'critical', 0);
    const fresh = request('b', 'critical', 300_000);
    expect(key(missed, at(199_000))).toBeLessThan(key(fresh, at(199_000)));
    expect(key(missed, at(301_000))).toBeGreaterThan(key(fresh, at(301_000)));
    expect(key(missed, at(1e7))).toBeLessThan(key(request('c', 'critical', 1_000_001), at(1e7)));
  });

  it('is earliest due time first at full weight, by the target of each class', () => {
    const { key, fixed } = classPools({ ...SETTINGS, due_weight: 1 }).scheduler!;
    expect(fixed).toBe(true);
    expect(key(request('a', 'sheddable', 0), at(0))).toBe(2_000_000);
    expect(key(request('b', 'critical', 1_799_999), at(0))).toBe(1_999_999);
  });
});

describe('a run with class-pools', () => {
  const { template } = parseStrategyFile(readYamlFile('strategies/class-pools.yaml').value);
  const policy = (template.config as JsonObject)['policy'] as JsonObject;
  const client = (sloClass: string) => ({
    id: sloClass,
    slo_class: sloClass,
    rate_fraction: 1 / 3,
    arrival: { process: 'gamma', cv: 2 },
    input_distribution: { type: 'gaussian', params: { mean: 256, std_dev: 100, min: 32, max: 512 } },
    output_distribution: { type: 'exponential', params: { mean: 64 } },
  });
  const workload = {
    version: '2',
    aggregate_rate: 400,
    num_requests: 400,
    clients: ['critical', 'standard', 'sheddable'].map(client),
  };

  it('serves every request of every class, in a queue with demotions too, and makes no decode wait', () => {
    const prepared = createClusterSimulator().prepare({
      config: {
        model: 'meta-llama/llama-3.1-8b-instruct',
        hardware: 'H100',
        tp: 2,
        num_instances: 3,
        total_kv_blocks: 4000,
        max_num_seqs: 8,
        routing_policy: 'weighted',
        routing_scorers: [{ name: 'class-pools', weight: 1 }],
        policy: { ...SETTINGS, late_ms: 500, due_weight: 0.5, critical_ttft_ms: 10, standard_ttft_ms: 20 },
      },
      workload,
      measurement: { window: null, slo: null, capacityRps: null },
      policies: [{ file: 'class-pools', create: classPools }],
    });
    const run = () => prepared.run({ seed: 7, fidelity: 1 });
    const result = run();
    if (result.kind !== 'measured') throw new Error(result.reason);
    expect(Object.keys(policy).sort()).toEqual(Object.keys(SETTINGS).sort());
    expect(result.metrics['completion_fraction']).toBe(1);
    for (const name of ['critical', 'standard', 'sheddable']) {
      expect(result.metrics[`completion_fraction[${name}]`], name).toBe(1);
    }
    expect(result.metrics['longest_gap_ms']).toBeLessThan(100);
    expect(run()).toEqual(result);
  });
});
