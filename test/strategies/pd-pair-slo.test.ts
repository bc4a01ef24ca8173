import { expect, it } from 'vitest';
import { createSimulator } from '../../src/simulators/registry.ts';
import { loadStudySources } from '../../src/study/io/load-study.ts';
import { resolvePlan } from '../../src/study/plan/study-plan.ts';
import { baselineValues, instantiate } from '../../src/study/plan/template.ts';

it('the study of the pair choice resolves, and its parameters reach the router', async () => {
  const plan = await resolvePlan(loadStudySources('studies/pd-pair-slo.yaml'), createSimulator, []);
  const simulator = await createSimulator(plan.simulator);
  const baseline = baselineValues(plan.template, plan.space);
  const run = (changes: object) => {
    const config = instantiate(plan.template, plan.space, { ...baseline, ...changes });
    const prepared = simulator.prepare({ config, workload: { ...(plan.workload as object), num_requests: 200 } });
    const result = prepared.run({ seed: 1, fidelity: 1 });
    if (result.kind !== 'measured') throw new Error(result.reason);
    return result;
  };
  const reference = run({});
  const { pairs } = reference.diagnostics as { pairs: Record<string, number> };
  expect(pairs['positive_headroom']! + pairs['negative_headroom']!).toBe(200);
  expect(pairs['evaluated']).toBe(1800);
  expect(reference.metrics['completion_fraction']).toBe(1);
  for (const change of [
    { weights: [0.1, 0.9] },
    { transferOverheadMs: 45 },
    { sloBufferFactor: 0.5 },
    { negativeHeadroomProb: 0.2 },
    { selectionStrategy: 'best_headroom' },
    { weight_floor: 100 },
  ]) {
    expect(run(change).metrics, JSON.stringify(change)).not.toEqual(reference.metrics);
  }
});
