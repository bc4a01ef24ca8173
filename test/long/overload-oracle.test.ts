import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { EngineHooks } from '../../src/simulators/cluster/policy/policy.ts';
import { type ClusterPolicy, policyHooks } from '../../src/simulators/cluster/policy/policy-modules.ts';
import { resolveStrategyConfig } from '../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../src/simulators/cluster/simulate-cluster.ts';
import { generateWorkload } from '../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import { instantiate } from '../../src/study/plan/template.ts';
import crossLayerBacklog from '../../strategies/policies/cross-layer-backlog.ts';
import { onStepArithmetic } from '../support/step-arithmetic.ts';

/** Means over the tuning seeds. */
interface Figures {
  readonly ttftP99Ms: number;
  /** End of the slowest instance, s. */
  readonly makespan: number;
  /** Arithmetic of all steps, s per instance: no schedule ends before it. */
  readonly arithmetic: number;
}

const INSTANCES = 8;
const REQUESTS = 20_000;
const target = readYamlFile('studies/workloads/orthogonal-slo.yaml').value as JsonObject;
const workloads = [42, 123, 456].map((seed) => {
  const workload = generateWorkload(parseWorkload({ ...target, aggregate_rate: 4000 }), {
    seed,
    numRequests: REQUESTS,
    horizonUs: Number.POSITIVE_INFINITY,
  });
  const { table } = workload.start();
  const lengths = new Map(Array.from({ length: table.length }, (_, row) => [table.id(row), table.outputTokens[row]!]));
  return { seed, workload, lengths };
});

let arithmeticUs = 0;
onStepArithmetic((us) => {
  arithmeticUs += us;
});

function figures(
  strategy: string,
  values: JsonObject,
  changed: (hooks: EngineHooks, lengths: ReadonlyMap<string, number>) => EngineHooks = (hooks) => hooks,
): Figures {
  const { template } = parseStrategyFile(readYamlFile(`strategies/${strategy}.yaml`).value);
  const filled = { ...template, baseline: { ...template.baseline, ...(values as typeof template.baseline) } };
  const config = instantiate(filled, { parameters: [] }, {}) as JsonObject;
  const modules =
    strategy === 'cross-layer-backlog' ? [{ file: 'x.ts', create: crossLayerBacklog as ClusterPolicy }] : [];
  const runs = workloads.map(({ seed, workload, lengths }) => {
    const hooks = changed(policyHooks(modules, (config['policy'] ?? {}) as JsonObject), lengths);
    const resolved = resolveStrategyConfig(config, Object.keys(hooks.scorers ?? {}));
    if (resolved.kind !== 'ready') throw new Error(resolved.reason);
    arithmeticUs = 0;
    const { ttftUs, e2eUs, table } = simulateCluster(
      { ...resolved.config, seed, horizonUs: Number.POSITIVE_INFINITY, traceDecisions: false, counterfactualK: 0 },
      workload,
      () => hooks,
    );
    return {
      ttftP99Ms: ttftUs.toSorted()[Math.floor(0.99 * REQUESTS)]! / 1000,
      makespan: e2eUs.reduce((last, us, row) => Math.max(last, table.arrivalUs[row]! + us), 0) / 1e6,
      arithmetic: arithmeticUs / 1e6 / INSTANCES,
    };
  });
  const mean = (of: keyof Figures) => runs.reduce((sum, run) => sum + run[of], 0) / runs.length;
  return { ttftP99Ms: mean('ttftP99Ms'), makespan: mean('makespan'), arithmetic: mean('arithmetic') };
}

/** Knows every answer's length: long answers are admitted earlier, and those with little left sit out until nobody waits. */
function oracle(hooks: EngineHooks, lengths: ReadonlyMap<string, number>): EngineHooks {
  return {
    ...hooks,
    scheduler: { fixed: true, key: ({ id, arrivalUs }) => arrivalUs - 2000 * lengths.get(id)! },
    pause: {
      ...hooks.pause!,
      rank: ({ id }, produced) => {
        const left = lengths.get(id)! - produced;
        return left > 60 ? Number.NEGATIVE_INFINITY : -left;
      },
    },
  };
}

/** What is left at twice the rate of the target problem. */
describe('true lengths at twice the rate', () => {
  const chunks = { 'load-balance': 1, 'prefix-affinity': 0, 'queue-depth': 0, 'kv-utilization': 0 };
  const plain = figures('llm-d-weighted', { routing_weights: chunks, prefill_threshold: 64 });
  const backlog = figures('cross-layer-backlog', {});
  const foresight = figures('cross-layer-backlog', { longest_pause_ms: 20_000 }, oracle);

  it('are not needed for first tokens 14 % sooner at no cost', () => {
    expect(backlog.ttftP99Ms).toBeLessThan(0.86 * plain.ttftP99Ms);
    expect(backlog.makespan).toBeLessThan(plain.makespan);
  });

  it('would be worth another five to nine percent of time, with first tokens no later', () => {
    expect(foresight.ttftP99Ms).toBeLessThan(backlog.ttftP99Ms);
    expect(foresight.makespan).toBeLessThan(0.95 * backlog.makespan);
    expect(foresight.makespan).toBeGreaterThan(0.91 * backlog.makespan);
  });

  it('leave little: arithmetic alone takes more than nine tenths of the time', () => {
    expect(foresight.arithmetic).toBeGreaterThan(0.9 * foresight.makespan);
    expect(Math.abs(foresight.arithmetic - backlog.arithmetic)).toBeLessThan(0.001 * backlog.arithmetic);
  });
});
