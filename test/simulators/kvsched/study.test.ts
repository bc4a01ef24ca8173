import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../src/optimizer/space/parameter.ts';
import { createSimulator } from '../../../src/simulators/registry.ts';
import { evaluateTask, evaluationSetup } from '../../../src/study/evaluation.ts';
import { loadStudySources } from '../../../src/study/io/load-study.ts';
import { resolvePlan } from '../../../src/study/plan/study-plan.ts';

const FILE = new URL('../../../studies/kvsched.yaml', import.meta.url).pathname;
const plan = await resolvePlan(loadStudySources(FILE), createSimulator);
const simulator = await createSimulator(plan.simulator);

/** A point of the front that the study finds. */
const TUNED: ParameterValues = {
  w_migration_ms: 0.25,
  w_mem_pressure: 0.01,
  hysteresis_ms: 16,
  enable_prefetch: true,
  prefetch_horizon_tokens: 0,
  enable_overlap: true,
};

function means(values: ParameterValues, seeds: readonly number[]): readonly number[] {
  const runs = seeds.map((seed) => {
    const outcome = evaluateTask(simulator, evaluationSetup(plan), { values, seed });
    if (outcome.kind !== 'measured') throw new Error(JSON.stringify(outcome));
    return plan.objectives.map(({ metric }) => outcome.metrics[metric]!);
  });
  return plan.objectives.map((_, index) => runs.reduce((sum, run) => sum + run[index]!, 0) / runs.length);
}

describe('the kvsched study', () => {
  it('has a better setting than the default weights in every objective, also under fresh seeds', () => {
    for (const seeds of [plan.seeds, plan.validation!.seeds]) {
      const [tuned, baseline] = [means(TUNED, seeds), means(plan.baseline!, seeds)];
      for (const [index, value] of tuned.entries()) expect(value).toBeLessThan(baseline[index]!);
    }
  });
});
