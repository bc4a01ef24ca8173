import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/base/json.ts';
import { pairedDifference } from '../../../../src/numeric/statistics.ts';
import { divideIntoPools } from '../../../../src/simulators/cluster/disaggregation/disaggregation.ts';
import { PairRouter } from '../../../../src/simulators/cluster/disaggregation/pair-router.ts';
import type { EngineConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import type { EngineResult } from '../../../../src/simulators/cluster/engine-result.ts';
import { clusterHeadline } from '../../../../src/simulators/cluster/figures/headline-metrics.ts';
import { RunReport } from '../../../../src/simulators/cluster/figures/run-report.ts';
import type { EngineEvent } from '../../../../src/simulators/cluster/policy/policy.ts';
import { resolveStrategyConfig } from '../../../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { pairProbabilities } from '../../../../src/simulators/kernel/pair-selection.ts';
import { generateWorkload } from '../../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';
import { asRequest, asRow } from '../golden/indices.ts';

const TTFT: Readonly<Record<string, number>> = { critical: 90, standard: 160, sheddable: 400 };
const TPOT = { critical: 40, standard: 60, sheddable: 100 };

const client = (sloClass: string, rate_fraction: number, prompt: number): JsonObject => ({
  id: sloClass,
  slo_class: sloClass,
  rate_fraction,
  arrival: { process: 'gamma', cv: 2 },
  input_distribution: { type: 'lognormal', params: { mu: Math.log(prompt), sigma: 1, min: 16, max: 12_000 } },
  output_distribution: { type: 'exponential', params: { mean: 128, max: 1024 } },
});

/** Prompts of very different lengths: how many requests wait says little about how long. */
const MIXED = parseWorkload({
  aggregate_rate: 45,
  num_requests: 800,
  clients: [client('critical', 0.4, 300), client('standard', 0.4, 1500), client('sheddable', 0.2, 5000)],
});

const CLUSTER = {
  model: 'qwen/qwen3-14b',
  hardware: 'H100',
  tp: 1,
  num_instances: 6,
  prefill_instances: 3,
  decode_instances: 3,
  pd_decider: 'always',
  routing_policy: 'least-loaded',
} satisfies JsonObject;

const PAIRS = { policy: 'pair-slo', ttft_slo_ms: TTFT, tpot_slo_ms: TPOT } satisfies JsonObject;

interface Run {
  readonly config: EngineConfig;
  readonly result: EngineResult;
  readonly events: readonly EngineEvent[];
}

function run(settings: JsonObject, { seed = 1, requests = 300, spec = MIXED } = {}): Run {
  const resolved = resolveStrategyConfig({ ...CLUSTER, ...settings });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const horizonUs = Number.POSITIVE_INFINITY;
  const config = { ...resolved.config, seed, horizonUs, traceDecisions: false, counterfactualK: 0 };
  const events: EngineEvent[] = [];
  const workload = generateWorkload(spec, { seed, numRequests: requests, horizonUs });
  const result = simulateCluster(config, workload, () => ({ record: (event) => events.push(event) }));
  return { config, result, events };
}

const pairsOf = ({ result }: Run) => {
  const pairs = result.disaggregation?.pairs;
  if (pairs === null || pairs === undefined) throw new Error('no pairs');
  return pairs;
};

function ttftAttainment({ result }: Run): number {
  let met = 0;
  for (let row = 0; row < result.table.length; row++) {
    const name = result.table.names.sloClasses[result.table.sloClass[row]!]!;
    if (result.completed[row] === 1 && result.ttftUs[row]! <= 1000 * TTFT[name]!) met++;
  }
  return met / result.table.length;
}

function text({ config, result }: Run): string {
  const report = new RunReport({
    config,
    result,
    targets: {},
    fitnessWeights: null,
    summarizeTrace: false,
    detector: null,
  });
  return report.text() + [...report.metricsFile()].join('');
}

/** Instances of prefills (`_prefill` ids) and of whole requests or decodes, in order of routing. */
function routes({ events }: Run, half: 'prefill' | 'decode'): readonly number[] {
  return events
    .filter((event) => event.kind === 'routing')
    .filter((event) => event.request.endsWith('_prefill') === (half === 'prefill'))
    .map((event) => event.instance);
}

const settingsOf = (settings: JsonObject) => {
  const resolved = resolveStrategyConfig({ ...CLUSTER, ...settings });
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  return resolved;
};

describe('choosing prefill and decode instances together', () => {
  it('meets more TTFT targets than choosing each by the least load, paired over eight seeds', () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8];
    const attained = (settings: JsonObject) =>
      seeds.map((seed) => ttftAttainment(run(settings, { seed, requests: 800 })));
    const gain = pairedDifference(attained({}), attained({ pd_routing: PAIRS }));
    expect(gain.low).toBeGreaterThan(0.005);
    expect(gain.high).toBeLessThan(0.1);
  }, 60_000);

  it('sends the prefill to one instance of the pair and the decode to the other', () => {
    const pairs = run({ pd_routing: PAIRS });
    expect(new Set(routes(pairs, 'prefill'))).toEqual(new Set([0, 1, 2]));
    expect(new Set(routes(pairs, 'decode'))).toEqual(new Set([3, 4, 5]));
    const { result } = pairs;
    const chosen = routes(pairs, 'decode');
    expect(chosen.length).toBe(300);
    for (let row = 0; row < 300; row++) expect(result.handledBy[row]).toBe(chosen[row]);
  });

  it('gives every request with a target one pair, of one group, out of all pairs', () => {
    const { positiveHeadroom, negativeHeadroom, pairsEvaluated } = pairsOf(run({ pd_routing: PAIRS }));
    expect(positiveHeadroom + negativeHeadroom).toBe(300);
    expect(negativeHeadroom).toBeGreaterThan(0);
    expect(positiveHeadroom).toBeGreaterThan(negativeHeadroom);
    expect(pairsEvaluated).toBe(300 * 9);
  });

  it('is the same, byte by byte, for the same seed and differs for another', () => {
    const of = (seed: number) => text(run({ pd_routing: PAIRS }, { seed }));
    expect(of(5)).toBe(of(5));
    expect(of(6)).not.toBe(of(5));
  });

  it('draws from a stream of its own: a lone pair leaves everything as it was', () => {
    const one = { num_instances: 2, prefill_instances: 1, decode_instances: 1 };
    const counters = /Pairs .*\n|Rerouted .*\n/g;
    const paired = text(run({ ...one, pd_routing: PAIRS }));
    expect(paired).toMatch(counters);
    expect(paired.replace(counters, '')).toBe(text(run(one)));
  });

  it('leaves a run without it, or with the ordinary policy, as it was', () => {
    const without = run({});
    expect(without.result.disaggregation?.pairs).toBeNull();
    expect(text(run({ pd_routing: { ...PAIRS, policy: 'ordinary' } }))).toBe(text(without));
  });

  it('gives requests without a target the ordinary choice', () => {
    const some = run({ pd_routing: { policy: 'pair-slo', ttft_slo_ms: { critical: 90 } } });
    const { positiveHeadroom, negativeHeadroom } = pairsOf(some);
    const critical = some.result.cluster.arrivals['critical']!;
    expect(critical).toBeGreaterThan(60);
    expect(positiveHeadroom + negativeHeadroom).toBe(critical);
    const none = run({ pd_routing: { policy: 'pair-slo' } });
    expect(pairsOf(none)).toEqual({ positiveHeadroom: 0, negativeHeadroom: 0, pairsEvaluated: 0, rerouted: 0 });
    expect(routes(none, 'prefill')).toEqual(routes(run({}), 'prefill'));
  });

  it('lets the target of a request win over that of its class', () => {
    const clients = [{ ...client('critical', 1, 300), slo_target_us: 1 }];
    const spec = parseWorkload({ aggregate_rate: 5, num_requests: 100, clients });
    const settings = { pd_routing: { policy: 'pair-slo', ttft_slo_ms: 60_000 } };
    expect(pairsOf(run(settings, { spec, requests: 100 }))).toMatchObject({
      positiveHeadroom: 0,
      negativeHeadroom: 100,
    });
  });

  it('asks the decider first: a prompt that is cached enough stays on the decode instance', () => {
    const never = run({ pd_routing: PAIRS, pd_decider: 'prefix-threshold', pd_prefix_threshold: 100_000 });
    expect(routes(never, 'prefill')).toEqual([]);
    expect(clusterHeadline(never.result).completed).toBe(300);
    expect(never.result.disaggregation?.disaggregated).toBe(0);
  });

  it('decodes elsewhere when the instance of the pair has no room, and loses no request from the books', () => {
    const clients = [{ ...client('critical', 1, 1500), timeout: 20_000_000 }];
    const spec = parseWorkload({ aggregate_rate: 45, num_requests: 300, clients });
    const tight = { num_instances: 5, decode_instances: 2, total_kv_blocks: 1500, max_model_len: 12_800 };
    const pairs = run({ ...tight, pd_routing: PAIRS }, { spec });
    const { rerouted } = pairsOf(pairs);
    expect(rerouted).toBeGreaterThan(10);
    const first = new Map<string, number>();
    let moved = 0;
    for (const event of pairs.events) {
      if (event.kind !== 'routing' || event.request.endsWith('_prefill')) continue;
      const before = first.get(event.request);
      if (before === undefined) first.set(event.request, event.instance);
      else {
        moved++;
        expect(event.instance).not.toBe(before);
      }
    }
    expect(moved).toBeGreaterThanOrEqual(rerouted);
    const { completed, dropped, stillQueued, stillRunning, timedOut } = clusterHeadline(pairs.result);
    expect(completed + dropped + stillQueued + stillRunning + timedOut).toBe(300);
    expect(completed).toBeGreaterThan(rerouted);
  });
});

describe('parameters of the pair choice', () => {
  const share = (settings: JsonObject) => {
    const { positiveHeadroom, negativeHeadroom } = pairsOf(run({ pd_routing: { ...PAIRS, ...settings } }));
    return negativeHeadroom / (positiveHeadroom + negativeHeadroom);
  };

  it('sloBufferFactor: the less of the target may be used up, the fewer pairs have headroom', () => {
    const shares = [1, 0.7, 0.4].map((sloBufferFactor) => share({ sloBufferFactor, negativeHeadroomProb: 0 }));
    expect(shares[1]!).toBeGreaterThan(shares[0]!);
    expect(shares[2]!).toBeGreaterThan(shares[1]!);
  });

  it('transferOverheadMs: belief in a slow transfer takes headroom away', () => {
    expect(share({ transferOverheadMs: 60, negativeHeadroomProb: 0 })).toBeGreaterThan(
      share({ transferOverheadMs: 0, negativeHeadroomProb: 0 }) + 0.1,
    );
  });

  it('negativeHeadroomProb and weight_floor: pairs of both groups come up as often as their weights say', () => {
    const { config } = settingsOf({ pd_routing: { ...PAIRS, negativeHeadroomProb: 0.2, weight_floor: 20 } });
    const pairRouting = config.disaggregation!.pairRouting!;
    const { initial } = generateWorkload(MIXED, { seed: 1, numRequests: 20, horizonUs: Number.POSITIVE_INFINITY });
    const router = new PairRouter(pairRouting, {
      seed: 3,
      table: initial,
      pools: divideIntoPools(config.disaggregation!),
      configs: Array.from({ length: 6 }, () => config.instance),
      cacheSignal: { cachedBlocks: () => 0 },
    });
    const critical = initial.names.sloClasses.indexOf('critical');
    const row = asRow(
      Array.from(initial.sloClass.subarray(0, 20)).findIndex(
        (index, i) => index === critical && initial.inputTokens[i]! < 500,
      ),
    );
    // Decode instance 5 is far too busy, prefill instance 1 somewhat.
    for (let request = 0; request < 400; request++) router.decodePlaced(asRequest(request), row, 5);
    for (let request = 400; request < 402; request++) router.prefillPlaced(asRequest(request), row, 1);
    const view = { kvUtilization: new Float64Array(6) };
    const draws = 20_000;
    const counts = new Float64Array(9);
    for (let i = 0; i < draws; i++) {
      const { prefill, decode } = router.choose(row, view)!;
      counts[prefill * 3 + (decode - 3)]!++;
    }
    expect(router.table.positiveCount).toBe(6);
    expect(router.negative / draws).toBeCloseTo(0.2, 2);
    const expected = pairProbabilities(router.table, { ...pairRouting, legacyMissingSlo: false });
    // 5 standard errors of a share.
    for (let pair = 0; pair < 9; pair++) {
      const p = expected[pair]!;
      expect(Math.abs(counts[pair]! / draws - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws));
    }
    expect(Math.min(...expected.subarray(0, 2)) / Math.max(...expected.subarray(3, 5))).toBeGreaterThan(1.2);
  });

  it('books: what is placed is predicted to delay, what has ended no longer does', () => {
    const { config } = settingsOf({ pd_routing: { ...PAIRS, selectionStrategy: 'best_headroom' } });
    const { initial } = generateWorkload(MIXED, { seed: 1, numRequests: 20, horizonUs: Number.POSITIVE_INFINITY });
    const router = new PairRouter(config.disaggregation!.pairRouting!, {
      seed: 3,
      table: initial,
      pools: divideIntoPools(config.disaggregation!),
      configs: Array.from({ length: 6 }, () => config.instance),
      cacheSignal: { cachedBlocks: () => 0 },
    });
    const view = { kvUtilization: new Float64Array(6) };
    for (let request = 0; request < 40; request++)
      router.prefillPlaced(asRequest(request), asRow(request % 20), request % 2);
    for (let request = 40; request < 80; request++)
      router.decodePlaced(asRequest(request), asRow(request % 20), 3 + (request % 2));
    expect(router.choose(asRow(0), view)).toEqual({ prefill: 2, decode: 5 });
    const busy = [...router.table.ttftMs];
    for (let request = 0; request < 80; request++) router.removed(asRequest(request));
    router.removed(asRequest(7));
    router.choose(asRow(0), view);
    const [idle] = router.table.ttftMs;
    expect(new Set(router.table.ttftMs).size).toBe(1);
    expect(busy.at(-1)).toBe(idle);
    for (const ttftMs of busy.slice(0, -1)) expect(ttftMs).toBeGreaterThan(idle!);
  });

  it('weights: TPOT alone ignores the prefill queues, and TTFT suffers', () => {
    const p99 = (ttftWeight: number) => {
      const pd_routing = { ...PAIRS, ttftWeight, tpotWeight: 1 - ttftWeight };
      return clusterHeadline(run({ pd_routing }, { requests: 800 }).result).ttft.p99Ms;
    };
    expect(p99(0)).toBeGreaterThan(p99(1));
  });

  it('selectionStrategy best_headroom: takes the pair with the most headroom, so prefill work is spread evenly', () => {
    const spread = (settings: JsonObject) => {
      const counts = [0, 0, 0];
      for (const instance of routes(run({ pd_routing: { ...PAIRS, ...settings } }), 'prefill')) counts[instance]!++;
      return counts;
    };
    for (const count of spread({ selectionStrategy: 'best_headroom' })) expect(count).toBeGreaterThan(50);
    const uniform = spread({ weight_floor: 1e9 });
    for (const count of uniform) expect(Math.abs(count - 100)).toBeLessThan(35);
  });
});

describe('the section pd_routing', () => {
  it.each<[JsonObject, (string | number)[], RegExp]>([
    [{ policy: 'pair' }, ['policy'], /unknown value "pair"/],
    [{ ttftWieght: 1 }, ['ttftWieght'], /unknown key "ttftWieght"/],
    [{ ttftWeight: -1 }, ['ttftWeight'], /≥ 0, got -1/],
    [{ ttftWeight: 0, tpotWeight: 0 }, ['ttftWeight'], /must not be 0 together/],
    [{ transferOverheadMs: -5 }, ['transferOverheadMs'], /≥ 0/],
    [{ sloBufferFactor: 0 }, ['sloBufferFactor'], /> 0/],
    [{ sloBufferFactor: 1.1 }, ['sloBufferFactor'], /≤ 1/],
    [{ negativeHeadroomProb: 2 }, ['negativeHeadroomProb'], /≤ 1/],
    [{ weight_floor: 0 }, ['weight_floor'], /> 0/],
    [{ selectionStrategy: 'first' }, ['selectionStrategy'], /unknown value "first"/],
    [{ ttft_slo_ms: 0 }, ['ttft_slo_ms'], /duration > 0/],
    [{ tpot_slo_ms: { critical: 'abc' } }, ['tpot_slo_ms', 'critical'], /duration > 0/],
  ])('refuses %j', (section, path, message) => {
    expect(() => settingsOf({ pd_routing: section })).toThrow(
      expect.objectContaining({ path: ['pd_routing', ...path], message: expect.stringMatching(message) }),
    );
    expect(() => settingsOf({ pd_routing: 3 })).toThrow(/must be a map/);
  });

  it('takes a target for all classes, as a number of ms or a duration', () => {
    const read = (ttft_slo_ms: number | string) =>
      settingsOf({ pd_routing: { policy: 'pair-slo', ttft_slo_ms } }).config.disaggregation?.pairRouting?.ttftTargetsMs;
    expect([read(250), read('0.25s'), read('critical=250ms')]).toEqual([250, 250, { critical: 250 }]);
  });

  it.each<[JsonObject, RegExp]>([
    [{ num_instances: 1, prefill_instances: 0, decode_instances: 0 }, /without prefill and decode instances/],
    [{ pd_decider: 'never' }, /pd_decider never/],
    [{ pd_routing: { policy: 'pair-slo' } }, /names no target/],
  ])('warns where it has no effect: %j', (settings, message) => {
    const { warnings } = settingsOf({ pd_routing: PAIRS, ...settings });
    expect(warnings.filter((warning) => message.test(warning)).length).toBe(1);
    expect(settingsOf({ pd_routing: PAIRS }).warnings.filter((warning) => message.test(warning))).toEqual([]);
  });
});
