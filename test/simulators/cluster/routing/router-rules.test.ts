import { describe, expect, it } from 'vitest';
import type { SnapshotColumns } from '../../../../src/simulators/cluster/gateway/admission.ts';
import { BlockKeys } from '../../../../src/simulators/cluster/kv/block-keys.ts';
import { PHASE, RequestStates } from '../../../../src/simulators/cluster/request-states.ts';
import type { RouterRules } from '../../../../src/simulators/cluster/router-config.ts';
import { AffinityFilter } from '../../../../src/simulators/cluster/routing/affinity-filter.ts';
import { PrefixMemory } from '../../../../src/simulators/cluster/routing/prefix-memory.ts';
import { createRouter } from '../../../../src/simulators/cluster/routing/routers.ts';
import { createScorer, type ScorerParts } from '../../../../src/simulators/cluster/routing/scorers.ts';
import { TokenLedger } from '../../../../src/simulators/cluster/routing/token-ledger.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { goRandom } from '../../../../src/simulators/workload/go-random.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';
import { RequestTable } from '../../../../src/simulators/workload/request-table.ts';
import { asRequest, asRow } from '../golden/indices.ts';

const INSTANCES = 3;
const RULES: RouterRules = {
  precisePrefix: 'router',
  prefixBlockTokens: 64,
  prefixLruBlocks: 31_250,
  queueThresholdTokens: 1000,
  loadAwareThreshold: 10,
  idleThreshold: 2,
  maxBusyScore: 0.5,
  picker: 'max-score',
  affinity: null,
};

/** Prompts of one group of 200 shared tokens, 300 tokens each, streamed. */
function prompts(count: number) {
  const table = new RequestTable(count, {
    sloClasses: [''],
    tenants: [''],
    clients: [''],
    models: [''],
    prefixGroups: ['g'],
    sessions: [],
    groupLengths: [200],
  });
  for (let i = 0; i < count; i++) {
    const row = table.append();
    table.group[row] = 0;
    table.groupTokens[row] = 200;
    table.inputTokens[row] = 300;
    table.outputTokens[row] = 5;
    table.streaming[row] = 1;
  }
  const requests = new RequestStates(table, new Float64Array(1), { capacity: count });
  const memory = (blockTokens: number, capacity = 1000) =>
    new PrefixMemory({
      table,
      keys: new BlockKeys(table, blockTokens),
      instances: INSTANCES,
      remembers: 'shared prefixes',
      capacity,
    });
  return { table, requests, memory, ledger: new TokenLedger(requests, table, INSTANCES) };
}

function view(columns: Partial<SnapshotColumns> = {}): SnapshotColumns {
  const zeros = () => new Float64Array(INSTANCES);
  return {
    count: INSTANCES,
    members: Int32Array.from({ length: INSTANCES }, (_, i) => i),
    queueDepth: zeros(),
    batchSize: zeros(),
    kvUtilization: zeros(),
    freeBlocks: zeros(),
    inFlight: new Int32Array(INSTANCES),
    ...columns,
  };
}

const routed = (request: number) => ({
  request: asRequest(request),
  row: asRow(request),
  blocks: Math.floor(300 / 16),
});

function scores(
  name: string,
  parts: Partial<ScorerParts>,
  columns: Partial<SnapshotColumns> = {},
  clockUs = 0,
): number[] {
  const { memory, ledger } = prompts(4);
  const scorer = createScorer(name, {
    instances: INSTANCES,
    prefixMemory: () => memory(64),
    ledger: () => ledger,
    rules: RULES,
    cachedBlocks: () => 0,
    ...parts,
  });
  const values = new Float64Array(INSTANCES);
  scorer.score(routed(1), view(columns), values, clockUs);
  return [...values];
}

describe('scores of the router', () => {
  it('a precise prefix counts cached of all complete blocks, where BLIS spreads the instances over [0, 1]', () => {
    const cachedBlocks = (instance: number) => [9, 18, 0][instance]!;
    expect(scores('precise-prefix-cache', { cachedBlocks })).toEqual([0.5, 1, 0]);
    const narrow = (instance: number) => [9, 10, 9][instance]!;
    const blis = { ...RULES, precisePrefix: 'blis' as const };
    expect(scores('precise-prefix-cache', { cachedBlocks: narrow, rules: blis })).toEqual([0, 1, 0]);
  });

  it('prefix affinity counts blocks of 64 tokens: 192 of 200 shared tokens match, 3 of 4 blocks', () => {
    const { memory } = prompts(4);
    const own = memory(64);
    own.touch(routed(0), 2);
    expect(scores('prefix-affinity', { prefixMemory: () => own })).toEqual([0, 0, 0.75]);
  });

  it('token load counts tokens under way and those of this request that the instance does not hold', () => {
    const { memory, ledger } = prompts(4);
    const own = memory(64);
    own.touch(routed(0), 2);
    ledger.note(asRequest(0), 108);
    ledger.charge(asRequest(0), 2);
    const expected = [1 - 300 / 1000, 1 - 300 / 1000, 1 - (108 + 300 - 192) / 1000];
    expect(scores('token-load', { prefixMemory: () => own, ledger: () => ledger })).toEqual(expected);
  });

  it('idle threshold and largest busy score part idle instances from busy ones', () => {
    expect(scores('active-requests', {}, { inFlight: Int32Array.from([2, 3, 6]) })).toEqual([1, 0.25, 0]);
  });

  it('load-aware falls to 0 at its threshold', () => {
    expect(scores('load-aware', {}, { queueDepth: Float64Array.from([0, 5, 20]) })).toEqual([0.5, 0.25, 0]);
  });
});

describe('tokens under way', () => {
  it('are released with the first token of a streamed answer, else with its end', () => {
    const { table, requests, ledger } = prompts(2);
    table.streaming[1] = 0;
    for (const request of [asRequest(0), asRequest(1)]) {
      ledger.note(request, 100);
      ledger.charge(request, 0);
    }
    expect(ledger.at(0, 0)).toBe(200);
    requests.ttftUs.fill(500, 0, 2);
    expect(ledger.at(0, 499)).toBe(200);
    expect(ledger.at(0, 500)).toBe(100);
    requests.phase[1] = PHASE.completed;
    expect(ledger.at(0, 501)).toBe(0);
  });
});

describe('the affinity filter', () => {
  function filtered(ahead: number, config: { readonly threshold?: number; readonly penaltyMs?: number } = {}) {
    const { memory, ledger, table } = prompts(4);
    table.inputTokens[3] = ahead;
    const own = memory(64);
    own.touch(routed(0), 1);
    ledger.charge(asRequest(3), 1);
    const filter = new AffinityFilter(
      {
        scope: 'all',
        threshold: config.threshold ?? 0.75,
        explorationProbability: 0,
        maxTtftPenaltyMs: config.penaltyMs ?? 100,
        peakPrefillThroughput: 10_000,
      },
      { memory: own, ledger, random: goRandom(1), instances: INSTANCES },
    );
    return [...filter.members(routed(2), view(), 0)];
  }

  it('keeps a request where enough of its prompt is, and everywhere where nobody has enough', () => {
    expect(filtered(0)).toEqual([1]);
    expect(filtered(0, { threshold: 0.76 })).toEqual([0, 1, 2]);
  });

  it('gives way once penalty x throughput tokens more are under way there, and never with a penalty of 0', () => {
    expect(filtered(1000)).toEqual([1]);
    expect(filtered(1001)).toEqual([0, 1, 2]);
    expect(filtered(1e9, { penaltyMs: 0 })).toEqual([1]);
  });
});

describe('pickers', () => {
  it('draw in proportion to scores, or evenly', () => {
    const counts = (picker: RouterRules['picker']) => {
      const router = createRouter(
        { policy: 'weighted', scorers: [{ name: 'fixed', weight: 1 }] },
        {
          random: goRandom(7),
          instances: INSTANCES,
          picker,
          createScorer: () => ({ score: (_request, _view, values) => values.set([0, 0.25, 0.75]) }),
        },
      );
      const drawn = [0, 0, 0];
      for (let i = 0; i < 4000; i++) drawn[router.choose(routed(0), view(), 0)]!++;
      return drawn;
    };
    expect(counts('max-score')).toEqual([0, 0, 4000]);
    const [none, quarter] = counts('weighted-random');
    expect(none).toBe(0);
    // 4 standard deviations of 4000 draws.
    expect(Math.abs(quarter! - 1000)).toBeLessThan(110);
    expect(Math.abs(counts('random')[0]! - 1333)).toBeLessThan(120);
  });
});

describe('a cluster under the rules of the router', () => {
  function run(settings: Record<string, string | number | boolean>, rate = 400) {
    const resolved = resolveStrategyConfig({
      model: 'qwen/qwen3-14b',
      num_instances: 4,
      routing_policy: 'weighted',
      routing_scorers: { 'token-load': 1 },
      ...settings,
    });
    if (resolved.kind !== 'ready') throw new Error(resolved.reason);
    const horizonUs = Number.POSITIVE_INFINITY;
    const config = { ...resolved.config, seed: 1, horizonUs, traceDecisions: true, counterfactualK: 0 };
    const client = (id: string) => ({
      id,
      slo_class: 'standard',
      rate_fraction: 1 / 3,
      streaming: true,
      arrival: { process: 'poisson' },
      prefix_group: id,
      prefix_length: 1024,
      input_distribution: { type: 'constant', params: { value: 100 } },
      output_distribution: { type: 'constant', params: { value: 10 } },
    });
    const spec = parseWorkload({ aggregate_rate: rate, num_requests: 300, clients: ['a', 'b', 'c'].map(client) });
    const result = simulateCluster(config, generateWorkload(spec, { horizonUs }));
    return result;
  }
  const used = (settings: Record<string, string | number | boolean>) =>
    [...run(settings).decisions!.targets].filter((count) => count > 0).length;

  it('with affinity three prefixes stay at three of four instances, until the penalty lets them go', () => {
    expect(run({ affinity_filter: 'all' }).completed.reduce((sum, one) => sum + one, 0)).toBe(300);
    expect(used({ affinity_filter: 'off' })).toBe(4);
    expect(used({ affinity_filter: 'all', max_ttft_penalty_ms: 0 })).toBe(3);
    expect(used({ affinity_filter: 'all', max_ttft_penalty_ms: 1 })).toBe(4);
    expect(used({ affinity_filter: 'all', max_ttft_penalty_ms: 0, exploration_probability: 0.5 })).toBe(4);
  });

  it('without prefix caching nobody finds a block of another request, and everything completes', () => {
    const cached = run({}).instances.map(({ cacheHitRate }) => cacheHitRate);
    const apart = run({ enable_prefix_caching: false });
    expect(Math.max(...cached)).toBeGreaterThan(0.5);
    expect(apart.instances.map(({ cacheHitRate }) => cacheHitRate)).toEqual([0, 0, 0, 0]);
    expect(apart.completed.reduce((sum, one) => sum + one, 0)).toBe(300);
  });

  it('settings that equal the defaults change nothing', () => {
    const written = { precise_prefix: 'blis', prefix_block_tokens: 0, picker: 'max-score', affinity_filter: 'off' };
    expect(run(written).decisions).toEqual(run({}).decisions);
    expect(run({ queue_threshold_tokens: 100 }).decisions).not.toEqual(run({}).decisions);
  });

  it('prefill and decode pools filter apart, and short prompts stay whole below pd_prompt_tokens', () => {
    const pools = {
      prefill_instances: 2,
      decode_instances: 2,
      pd_decider: 'prefix-threshold',
      pd_prefix_threshold: 0,
      prefill_routing_scorers: 'token-load:1',
      decode_routing_scorers: 'active-requests:1',
      affinity_filter: 'prefill',
    };
    expect(run(pools).disaggregation!.parents).toBe(300);
    expect(run({ ...pools, pd_prompt_tokens: 1125 }).disaggregation!.parents).toBe(0);
  });
});
