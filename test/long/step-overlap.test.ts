import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { type ClusterPolicy, policyHooks } from '../../src/simulators/cluster/policy/policy-modules.ts';
import { resolveStrategyConfig } from '../../src/simulators/cluster/settings/config.ts';
import { simulateCluster } from '../../src/simulators/cluster/simulate-cluster.ts';
import type { Workload } from '../../src/simulators/workload/follow-ups.ts';
import { generateWorkload } from '../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../src/simulators/workload/parse-workload.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import { instantiate } from '../../src/study/plan/template.ts';
import crossLayer from '../../strategies/policies/cross-layer.ts';
import { onStepArithmetic } from '../support/step-arithmetic.ts';

/** Seconds per instance, mean over the cluster. */
interface TimeOfSteps {
  /** Arithmetic of all steps. */
  readonly arithmetic: number;
  /** Time in which steps wait for memory traffic with nothing to compute. */
  readonly idle: number;
  /** The part of it between 1.5 s and 12 s. */
  readonly idleUnderLoad: number;
  /** The part of it after the last first token of the cluster. */
  readonly idleAtTheEnd: number;
  readonly lastFirstToken: number;
}

const INSTANCES = 8;
/** One long answer decides when a run ends, so that a single seed says little. */
const SEEDS = [42, 123, 456, 1, 2, 3, 4, 5];
const spec = parseWorkload(readYamlFile('studies/workloads/orthogonal-slo.yaml').value);
const workloads = SEEDS.map((seed) =>
  generateWorkload(spec, { seed, numRequests: 20_000, horizonUs: Number.POSITIVE_INFINITY }),
);

let arithmeticUs = 0;
onStepArithmetic((us) => {
  arithmeticUs = us;
});

/** Means over the seeds. */
function timeOfSteps(strategy: string, values: JsonObject): TimeOfSteps {
  const runs = SEEDS.map((seed, i) => timeOfRun(strategy, values, seed, workloads[i]!));
  const mean = (key: keyof TimeOfSteps): number => runs.reduce((sum, run) => sum + run[key], 0) / runs.length;
  return {
    arithmetic: mean('arithmetic'),
    idle: mean('idle'),
    idleUnderLoad: mean('idleUnderLoad'),
    idleAtTheEnd: mean('idleAtTheEnd'),
    lastFirstToken: mean('lastFirstToken'),
  };
}

function timeOfRun(strategy: string, values: JsonObject, seed: number, workload: Workload): TimeOfSteps {
  const { template } = parseStrategyFile(readYamlFile(`strategies/${strategy}.yaml`).value);
  const filled = { ...template, baseline: { ...template.baseline, ...(values as typeof template.baseline) } };
  const config = instantiate(filled, { parameters: [] }, {}) as JsonObject;
  const modules = strategy === 'cross-layer' ? [{ file: 'cross-layer.ts', create: crossLayer as ClusterPolicy }] : [];
  const hooks = policyHooks(modules, (config['policy'] ?? {}) as JsonObject);
  const resolved = resolveStrategyConfig(config, Object.keys(hooks.scorers ?? {}));
  if (resolved.kind !== 'ready') throw new Error(resolved.reason);
  const steps: (readonly [at: number, arithmetic: number, idle: number])[] = [];
  const result = simulateCluster(
    { ...resolved.config, seed, horizonUs: Number.POSITIVE_INFINITY, traceDecisions: false, counterfactualK: 0 },
    workload,
    () => ({
      ...hooks,
      record: (event) => {
        if (event.kind !== 'step') return;
        steps.push([event.atUs / 1e6, arithmeticUs / 1e6, (event.durationUs - arithmeticUs) / 1e6]);
      },
    }),
  );
  const { ttftUs, table } = result;
  const lastFirstToken = ttftUs.reduce((last, ttft, row) => Math.max(last, table.arrivalUs[row]! + ttft), 0) / 1e6;
  const sum = (part: 1 | 2, from = 0, to = Number.POSITIVE_INFINITY): number =>
    steps.reduce((total, step) => total + (step[0] >= from && step[0] < to ? step[part] : 0), 0) / INSTANCES;
  return {
    arithmetic: sum(1),
    idle: sum(2),
    idleUnderLoad: sum(2, 1.5, 12),
    idleAtTheEnd: sum(2, lastFirstToken),
    lastFirstToken,
  };
}

/** Where the time of steps goes on the target problem: the mechanism of the cross-layer strategy. */
describe('arithmetic and memory traffic on the target problem', () => {
  const chunks = { 'load-balance': 1, 'prefix-affinity': 0, 'queue-depth': 0, 'kv-utilization': 0 };
  const plain = timeOfSteps('llm-d-weighted', { routing_weights: chunks, prefill_threshold: 64 });
  const compound = timeOfSteps('cross-layer', {});
  const noPause = timeOfSteps('cross-layer', { pauses_per_step: 0 });

  it('leaves no gap under load, with chunks or with a step budget', () => {
    for (const one of [plain, compound, noPause]) expect(one.idleUnderLoad).toBeLessThan(0.02);
  });

  it('costs less arithmetic where prompts are not cut', () => {
    expect(compound.arithmetic).toBeLessThan(0.99 * plain.arithmetic);
    expect(Math.abs(compound.arithmetic - noPause.arithmetic)).toBeLessThan(0.001 * plain.arithmetic);
  });

  it('pays for pauses after the last first token only', () => {
    expect(compound.lastFirstToken).toBeLessThan(noPause.lastFirstToken - 0.2);
    const price = compound.idle - noPause.idle;
    expect(price).toBeGreaterThan(0.02);
    expect(price).toBeLessThan(0.2);
    const early = (one: TimeOfSteps): number => one.idle - one.idleAtTheEnd;
    expect(early(compound) - early(noPause)).toBeLessThan(0.02);
  });

  it('ends sooner than with plain weights all the same: what is saved in arithmetic is more than the price', () => {
    expect(compound.arithmetic + compound.idle).toBeLessThan(plain.arithmetic + plain.idle);
  });
});
