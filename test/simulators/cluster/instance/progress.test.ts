import { describe, expect, it } from 'vitest';
import { InputError } from '../../../../src/base/errors.ts';
import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import type { EngineConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import { readScenarios, runScenario, scenarioConfig } from '../golden/instance-scenario.ts';
import { randomCluster } from '../golden/random-cluster.ts';
import { openWorkload, type TokenRequest, tokenTable } from '../golden/token-table.ts';

function request(id: number, input: number, output: number, deadlineUs = 0): TokenRequest {
  return {
    id: `r${id}`,
    arrivalUs: id,
    input: Array.from({ length: input }, (_, i) => 1_000 * id + i),
    output: Array.from({ length: output }, (_, i) => 500_000 + 1_000 * id + i),
    maxOutput: output,
    deadlineUs,
    sloClass: '',
  };
}

function config(instance: Partial<EngineConfig['instance']>, horizonUs = Number.POSITIVE_INFINITY): EngineConfig {
  const { config: base } = randomCluster(0, { kv: 'gpu-only', instances: 1 });
  return {
    ...base,
    horizonUs,
    admissionLatencyUs: 0,
    routingLatencyUs: 0,
    routing: { policy: 'round-robin', scorers: [] },
    admission: { kind: 'always-admit' },
    instance: {
      ...base.instance,
      totalBlocks: 4,
      blockSize: 4,
      maxSeqs: 8,
      maxBatchedTokens: 64,
      longPrefillThreshold: 0,
      maxModelLen: 0,
      scheduler: 'fcfs',
      preemption: 'fcfs',
      latency: { kind: 'blackbox', alpha: [0, 0, 0], beta: [100, 1, 1] },
      ...instance,
    },
  };
}

const run = (engineConfig: EngineConfig, requests: readonly TokenRequest[]) => {
  const engine = new ClusterEngine(engineConfig, openWorkload(tokenTable(requests)));
  engine.run();
  return engine;
};

describe('a run that cannot progress', () => {
  it('ends with an error that says so, when a request can never fit', () => {
    expect(() => run(config({}), [request(1, 7, 30)])).toThrow(InputError);
    expect(() => run(config({}), [request(1, 7, 30)])).toThrow(/cannot progress/);
  });

  it('goes on to the deadline where there is one', () => {
    const engine = run(config({}), [request(1, 7, 30, 50_000), request(2, 3, 2)]);
    const [instance] = engine.instances;
    expect([instance!.ends.timedOut, instance!.ends.completed]).toEqual([1, 1]);
    expect(instance!.preemptions).toBeGreaterThan(10);
  });

  it('goes on to the horizon where there is one', () => {
    const engine = run(config({}, 20_000), [request(1, 7, 30)]);
    expect(engine.instances[0]!.queue.length + engine.instances[0]!.batch.size).toBe(1);
  });

  it('is noticed when requests of a tiered cache block each other for ever', () => {
    const scenario = readScenarios('instance-scenarios.jsonl.gz').find(
      (one) => one.scenario.name === 'tiered-queued-owner-livelock',
    )!;
    expect(runScenario(scenario).engine.instances[0]!.batch.size).toBeGreaterThanOrEqual(0);
    const endless = {
      ...scenario,
      scenario: {
        ...scenario.scenario,
        horizon: Number.MAX_SAFE_INTEGER,
        requests: scenario.scenario.requests.map((one) => ({ ...one, deadline: 0 })),
      },
    };
    expect(scenarioConfig(endless).horizonUs).toBe(Number.POSITIVE_INFINITY);
    expect(() => runScenario(endless)).toThrow(/cannot progress/);
  });
});

describe('an instance that can only wait', () => {
  /** Two prompts of two blocks each fill the decode instance, so that neither gets a block for its first token. */
  const blocked = (horizonUs: number, deadlines: readonly [number, number]) => {
    const base = config({}, horizonUs);
    const tiered = { kind: 'tiered', cpuBlocks: 10, transferBandwidth: 100, transferBaseLatency: 0 } as const;
    const decodeInstance = { ...base.instance, kv: tiered };
    const engine = run(
      {
        ...base,
        instances: 2,
        disaggregation: {
          prefill: 1,
          decode: 1,
          shared: 0,
          encode: 0,
          decider: 'always',
          prefixThreshold: 0,
          encodeDecider: 'never',
          transferBandwidth: 100,
          transferBaseMs: 0.05,
          contention: false,
          kvBytesPerToken: 1000,
          prefillScorers: null,
          decodeScorers: null,
          prefillInstance: null,
          decodeInstance,
          pairRouting: null,
        },
      },
      [request(0, 8, 5, deadlines[0]), request(0, 8, 5, deadlines[1])].map((one, index) => ({
        ...one,
        id: `r${index}`,
      })),
    );
    return engine.instances[1]!;
  };

  it('misses its tier once in every step that it sleeps through, until a deadline frees blocks', () => {
    const decode = blocked(Number.POSITIVE_INFINITY, [10_000, 40_000]);
    expect([decode.ends.timedOut, decode.ends.completed]).toEqual([1, 1]);
    // The four steps that do not miss are those of the request that is left.
    expect(decode.steps - decode.tier!.misses).toBe(4);
    const later = blocked(Number.POSITIVE_INFINITY, [11_000, 40_000]);
    expect([later.steps - decode.steps, later.tier!.misses - decode.tier!.misses]).toEqual([1_000, 1_000]);
  });

  it('and likewise up to the horizon', () => {
    const [short, long] = [blocked(20_000, [0, 0]), blocked(25_000, [0, 0])];
    expect(short.ends.completed).toBe(0);
    expect(short.tier!.misses).toBe(short.steps);
    expect([long.steps - short.steps, long.tier!.misses - short.tier!.misses]).toEqual([5_000, 5_000]);
  });
});

describe('waiting for storage', () => {
  it('counts the empty steps of an idle instance without executing them', () => {
    const scenario = readScenarios('instance-scenarios.jsonl.gz').find(
      (one) => one.scenario.name === 'offload-deferral',
    )!;
    const { engine, steps } = runScenario(scenario);
    expect(engine.instances[0]!.steps).toBe(scenario.expected.wq!.length);
    expect(steps.length).toBeLessThan(100);
  });
});
