import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import type { ParameterValues } from '../../src/optimizer/space/parameter.ts';
import { createSimulator } from '../../src/simulators/registry.ts';
import { isOwnPolicy, loadPolicies } from '../../src/study/io/load-policy.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';
import { baselineValues, instantiate } from '../../src/study/plan/template.ts';

/** What several of them import. */
const SHARED = ['strategies/policies/classes.ts'];

const STUDIES = [
  ...readdirSync('studies/strategies').map((file) => `studies/strategies/${file}`),
  'studies/overload/cross-layer-backlog.yaml',
  'studies/target-v2/t1-class-pools.yaml',
].filter((file) => loadStudySources(file).policies.length > 0);

async function load(file: string): Promise<StudyPlan> {
  const sources = loadStudySources(file);
  return await resolvePlan(sources, createSimulator, await loadPolicies(sources.policies.map((one) => one.file)));
}

// Evaluations of users' policies are repeated while a study runs; those of the program's own are not, so they are here.
describe('policies of the program', () => {
  it('are all used by a study that is tried here', async () => {
    const plans = await Promise.all(STUDIES.map(load));
    const policies = readdirSync('strategies/policies').map((file) => join('strategies/policies', file));
    const used = new Set(plans.flatMap((plan) => plan.policies));
    const entries = policies.filter((file) => !SHARED.includes(file));
    expect(entries.filter((file) => !used.has(file))).toEqual([]);
    expect(entries.every(isOwnPolicy)).toBe(true);
    expect(isOwnPolicy('test/fixtures/no-such-policy.ts')).toBe(false);
  });

  for (const file of STUDIES) {
    it(`${file}: a vector gives the same after others have run with the same modules`, async () => {
      const plan = await load(file);
      const simulator = await createSimulator(plan.simulator);
      const policies = await loadPolicies(plan.policies);
      const simulate = (values: ParameterValues, seed: number): string => {
        const config = instantiate(plan.template, plan.space, values) as JsonObject;
        const workload = { ...(plan.workload as JsonObject), num_requests: 300 };
        const result = simulator
          .prepare({ config: { ...config, max_num_seqs: 8 }, workload, policies })
          .run({ seed, fidelity: 1 });
        return JSON.stringify(result);
      };
      const baseline = baselineValues(plan.template, plan.space);
      const nothing = { objectiveCount: 1, constraintCount: 0, observations: [], pending: [], budget: null };
      const others = createSampler('sobol')({ space: plan.space, ...nothing }, { count: 3, seed: 5 });
      const first = simulate(baseline, 42);
      for (const [k, values] of others.entries()) simulate(values, 42 + k);
      expect(simulate(baseline, 42)).toBe(first);
    });
  }
});
