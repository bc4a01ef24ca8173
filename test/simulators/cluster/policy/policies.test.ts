import { describe, expect, it } from 'vitest';
import type { EngineConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { EngineResult } from '../../../../src/simulators/cluster/engine-result.ts';
import { TieredKv } from '../../../../src/simulators/cluster/kv/mirror/tiered-kv.ts';
import type {
  EngineEvent,
  EngineHooks,
  InstanceLoad,
  RequestView,
  RoutingHint,
} from '../../../../src/simulators/cluster/policy/policy.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';

type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type OutputNames = Extract<keyof RequestView, `${string}${'output' | 'Output' | 'decode' | 'Decode'}${string}`>;

const CLIENT = {
  rate_fraction: 0.5,
  streaming: true,
  arrival: { process: 'gamma', cv: 2 },
  input_distribution: { type: 'gaussian', params: { mean: 256, std_dev: 100, min: 32, max: 512 } },
  output_distribution: { type: 'exponential', params: { mean: 64 } },
  prefix_group: 'system',
  prefix_length: 256,
};
const WORKLOAD = parseWorkload({
  version: '2',
  aggregate_rate: 400,
  num_requests: 300,
  clients: [
    { ...CLIENT, id: 'a', slo_class: 'critical' },
    { ...CLIENT, id: 'b', slo_class: 'sheddable' },
  ],
});

function run(hooks: EngineHooks, settings: Record<string, number | string> = {}) {
  const document = {
    model: 'meta-llama/llama-3.1-8b-instruct',
    hardware: 'H100',
    tp: 2,
    latency_model: 'roofline',
    num_instances: 2,
    total_kv_blocks: 4000,
    kv_cpu_blocks: 2000,
    max_num_seqs: 8,
    routing_policy: 'least-loaded',
    ...settings,
  };
  const resolved = resolveStrategyConfig(document, Object.keys(hooks.scorers ?? {}));
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const config: EngineConfig = {
    ...resolved.config,
    seed: 7,
    horizonUs: Number.POSITIVE_INFINITY,
    traceDecisions: false,
    counterfactualK: 0,
  };
  const workload = generateWorkload(WORKLOAD, { seed: 7, numRequests: 300, horizonUs: Number.POSITIVE_INFINITY });
  return simulateCluster(config, workload, () => hooks);
}

const PAUSE: NonNullable<EngineHooks['pause']> = {
  limit: ({ clockUs, next }) => (clockUs - next.arrivalUs > 20_000 ? 2 : 0),
  rank: (_request, produced) => -produced,
  isOverdue: (_request, pausedUs) => pausedUs > 500_000,
};

function completed(result: EngineResult): number {
  return result.completed.reduce((sum, one) => sum + one, 0);
}

describe('views of requests', () => {
  it('have no output length, in their type', () => {
    const none: Equal<OutputNames, never> = true;
    expect(none).toBe(true);
    const peek = (request: RequestView): number => {
      // @ts-expect-error a policy cannot ask how long the answer will be
      return request.outputTokens;
    };
    expect(peek.length).toBe(1);
  });

  it('have no output length when the program runs', () => {
    const keys = new Set<string>();
    run({
      priority: {
        urgency: (request) => {
          for (const key of Reflect.ownKeys(request)) keys.add(String(key));
          return 0;
        },
      },
      scheduler: {
        key: (request) => {
          for (const key of Reflect.ownKeys(request)) keys.add(String(key));
          return request.arrivalUs;
        },
      },
    });
    expect([...keys].sort()).toEqual([
      'arrivalUs',
      'deadlineUs',
      'hint',
      'id',
      'inputTokens',
      'model',
      'prefixGroup',
      'prefixTokens',
      'priority',
      'round',
      'sessionId',
      'sloClass',
      'sloTargetUs',
      'tenant',
    ]);
  });
});

describe('policies that say what the engine does anyway', () => {
  const usual = run({});

  it('a scheduler by arrival is first come, first served', () => {
    const own = run({ scheduler: { key: () => 0 } });
    expect(own.e2eUs).toEqual(usual.e2eUs);
  });

  it('a prefill threshold of 64 for all is the setting 64', () => {
    expect(run({ prefillThreshold: () => 64 }).ttftUs).toEqual(run({}, { long_prefill_token_threshold: 64 }).ttftUs);
  });

  it('a fixed key orders the queue as one that is asked for anew at every step', () => {
    const key = ({ inputTokens }: RequestView) => inputTokens;
    const preempting = { total_kv_blocks: 330, kv_cpu_blocks: 200 };
    for (const settings of [{}, preempting]) {
      const fixed = run({ scheduler: { fixed: true, key } }, settings);
      expect(fixed.e2eUs).toEqual(run({ scheduler: { key } }, settings).e2eUs);
      expect(fixed.e2eUs).not.toEqual(run({}, settings).e2eUs);
    }
  });

  it('a step budget above the setting changes nothing', () => {
    expect(run({ stepTokens: () => 1e9 }).e2eUs).toEqual(usual.e2eUs);
  });

  it('pausing nobody changes nothing', () => {
    expect(run({ pause: { ...PAUSE, limit: () => 0 } }).e2eUs).toEqual(usual.e2eUs);
  });

  it('a KV tier that offloads from 0 on and reloads nothing ahead is the configured one', () => {
    const starved = { total_kv_blocks: 400, kv_cpu_blocks: 300 };
    const own = run(
      {
        kvTier: ({ kv }, parts) =>
          kv.kind === 'tiered' ? new TieredKv(kv, parts, { threshold: 0, reloadAhead: () => 0 }) : null,
      },
      starved,
    );
    expect(own.e2eUs).toEqual(run({}, starved).e2eUs);
  });
});

describe('pausing', () => {
  it('shortens the wait for first tokens and loses no request', () => {
    const ttft = (result: EngineResult) => result.ttftUs.toSorted()[296]!;
    const paused = run({ pause: PAUSE });
    expect(completed(paused)).toBe(300);
    expect(ttft(paused)).toBeLessThan(0.8 * ttft(run({})));
  });

  it('counts in end-to-end latency and token gaps: every request ends when a step of its instance does', () => {
    const ends = new Set<number>();
    const record = (event: EngineEvent): void => {
      if (event.kind === 'step') ends.add(event.atUs + event.durationUs);
    };
    const result = run({ pause: PAUSE, record });
    const { table } = result;
    for (let row = 0; row < table.length; row++) {
      expect(ends.has(table.arrivalUs[row]! + result.e2eUs[row]!), table.id(row)).toBe(true);
      expect(result.e2eUs[row]).toBe(result.ttftUs[row]! + result.itlSumUs[row]!);
    }
    const gaps = result.itl.counts.reduce((sum, count) => sum + count, 0);
    expect(gaps).toBe(result.itlCount.reduce((sum, count) => sum + count, 0));
    const total = result.itl.values.reduce((sum, value, k) => sum + value * result.itl.counts[k]!, 0);
    expect(total).toBeCloseTo(
      result.itlSumUs.reduce((sum, value) => sum + value, 0),
      0,
    );
  });

  it('gives memory back under pressure rather than blocking others', () => {
    const result = run({ pause: { ...PAUSE, isOverdue: () => false } }, { total_kv_blocks: 330, kv_cpu_blocks: 200 });
    expect(completed(result)).toBe(300);
  });
});

describe('pausing until nobody waits', () => {
  const UNTIL: typeof PAUSE = { ...PAUSE, limit: () => 2, isOverdue: () => false, untilNobodyWaits: true };

  it('changes nothing where nobody is to be paused', () => {
    expect(run({ pause: { ...UNTIL, limit: () => 0 } }).e2eUs).toEqual(run({}).e2eUs);
  });

  it('lets nobody go on into a free slot while others wait, and loses no request', () => {
    const steps = new Map<number, Set<string>>();
    const seen = new Set<string>();
    let free = 0;
    let early = 0;
    const result = run({
      pause: { ...UNTIL, limit: () => 1 },
      stepTokens: () => 40,
      record: (event) => {
        if (event.kind !== 'step' || event.durationUs === 0) return;
        const now = new Set(event.batch.map(({ request }) => request));
        const before = steps.get(event.instance) ?? now;
        steps.set(event.instance, now);
        const back = [...now].filter((request) => seen.has(request) && !before.has(request));
        for (const request of now) seen.add(request);
        if (event.queueDepth === 0 || before.size === 0) return;
        if (now.size < 8) free++;
        if (now.size > 1) early += back.length;
      },
    });
    expect(completed(result)).toBe(300);
    expect(free).toBeGreaterThan(20);
    expect(early).toBe(0);
  });

  it('blocks nobody when memory is short', () => {
    expect(completed(run({ pause: UNTIL }, { total_kv_blocks: 330, kv_cpu_blocks: 200 }))).toBe(300);
  });
});

describe('a step budget', () => {
  it('ends admission, cuts no prompt and starves no decode', () => {
    const loads: InstanceLoad[] = [];
    const before = new Map<string, number>();
    let cut = 0;
    let late = 0;
    const result = run({
      stepTokens: (load) => {
        loads.push(load);
        return 40;
      },
      record: (event) => {
        if (event.kind !== 'step') return;
        let tokens = 0;
        for (const { request, progress } of event.batch) {
          const known = before.get(request);
          if (known === undefined && tokens >= 40) late++;
          if (known !== undefined && progress !== known + 1) cut++;
          tokens += progress - (known ?? 256);
          before.set(request, progress);
        }
      },
    });
    expect(completed(result)).toBe(300);
    expect([cut, late]).toEqual([0, 0]);
    expect(loads.length).toBeGreaterThan(300);
    expect(loads.every(({ waiting, running, slots }) => waiting > 0 && running <= slots)).toBe(true);
  });

  it('of nothing runs one request after the other', () => {
    let largest = 0;
    const result = run({
      stepTokens: () => 0,
      record: (event) => {
        if (event.kind === 'step') largest = Math.max(largest, event.batch.length);
      },
    });
    expect(completed(result)).toBe(300);
    expect(largest).toBe(1);
  });
});

describe('hints', () => {
  it('go from the router to the scheduler of the chosen instance', () => {
    const seen: (RoutingHint | null)[] = [];
    run(
      {
        scorers: {
          even: {
            score: (_request, instances) => instances.map(() => 1),
            hint: (request) => ({ expectedCachedBlocks: 3, urgency: request.inputTokens }),
          },
        },
        scheduler: {
          key: (request) => {
            seen.push(request.hint);
            return request.hint?.urgency ?? 0;
          },
        },
      },
      { routing_policy: 'weighted', routing_scorers: 'even:1' },
    );
    expect(seen.length).toBeGreaterThan(100);
    expect(seen.every((hint) => hint?.expectedCachedBlocks === 3 && hint.urgency >= 288)).toBe(true);
  });
});
