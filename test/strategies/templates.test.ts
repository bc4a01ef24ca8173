import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import { createSimulator } from '../../src/simulators/registry.ts';
import type { SimulationResult } from '../../src/simulators/simulator.ts';
import { loadPolicies } from '../../src/study/io/load-policy.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';
import { baselineValues, instantiate } from '../../src/study/plan/template.ts';

const STUDIES = readdirSync('studies/strategies').filter((file) => file.endsWith('.yaml'));

/** Templates whose strategy may reject, and says so. */
const REJECTING = ['slo-gated-admission.yaml'];

async function load(file: string): Promise<StudyPlan> {
  const sources = loadStudySources(`studies/strategies/${file}`);
  return await resolvePlan(sources, createSimulator, await loadPolicies(sources.policies.map((one) => one.file)));
}

async function simulate(plan: StudyPlan, requests: number, overrides: JsonObject = {}): Promise<SimulationResult> {
  const simulator = await createSimulator(plan.simulator);
  const config = instantiate(plan.template, plan.space, baselineValues(plan.template, plan.space)) as JsonObject;
  const prepared = simulator.prepare({
    config: { ...config, ...overrides },
    workload: { ...(plan.workload as JsonObject), num_requests: requests },
    policies: await loadPolicies(plan.policies),
  });
  return prepared.run({ seed: 42, fidelity: 1 });
}

describe('strategy templates', () => {
  it('are ten, tuned with the same budget, seeds and objectives', async () => {
    const plans = await Promise.all(STUDIES.map(load));
    expect(plans.length).toBe(10);
    for (const plan of plans) {
      expect([plan.trials, plan.seeds, plan.objectives], plan.name).toEqual([
        plans[0]!.trials,
        plans[0]!.seeds,
        plans[0]!.objectives,
      ]);
    }
  });

  for (const file of [...STUDIES, '../overload/cross-layer-backlog.yaml']) {
    it(`${file} says how it works, serves every request or rejects it, and starves no class`, async () => {
      const plan = await load(file);
      expect(plan.template.mechanism.length).toBeGreaterThan(200);
      expect(plan.template.source).not.toBe('');
      // Eight slots per instance: queues, priorities and pauses all come into play.
      const result = await simulate(plan, 500, { max_num_seqs: 8 });
      if (result.kind !== 'measured') throw new Error(result.reason);
      const diagnostics = result.diagnostics as Record<string, number> & {
        classes: Record<string, { arrived: number; completed: number }>;
        shed: Record<string, number>;
      };
      const arrived = Object.values(diagnostics.classes).reduce((sum, one) => sum + one.arrived, 0);
      expect(arrived).toBe(500);
      expect(diagnostics['still_queued']! + diagnostics['still_running']! + diagnostics['timed_out']!).toBe(0);
      for (const [name, one] of Object.entries(diagnostics.classes)) {
        expect(one.completed + (diagnostics.shed[name] ?? 0), name).toBe(one.arrived);
        if (!REJECTING.includes(file)) expect(one.completed, name).toBe(one.arrived);
      }
      if (!REJECTING.includes(file)) expect(result.metrics['completion_fraction']).toBe(1);
    });
  }

  it('reject no premium request where they reject', async () => {
    const plan = await load('slo-gated-admission.yaml');
    const simulator = await createSimulator('cluster');
    const config = instantiate(plan.template, plan.space, {
      ...baselineValues(plan.template, plan.space),
      sheddable_limit: 16,
    }) as JsonObject;
    const prepared = simulator.prepare({
      config: { ...config, max_num_seqs: 8 },
      workload: { ...(plan.workload as JsonObject), num_requests: 1000 },
      policies: await loadPolicies(plan.policies),
    });
    const result = prepared.run({ seed: 42, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    const { shed } = result.diagnostics as { shed: Record<string, number> };
    expect(shed['sheddable']).toBeGreaterThan(0);
    expect(shed['critical'] ?? 0).toBe(0);
  });
});
