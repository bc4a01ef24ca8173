import { parseYaml } from '../../src/document/yaml.ts';
import type { Simulator } from '../../src/simulators/simulator.ts';
import { evaluateTask, evaluationSetup } from '../../src/study/evaluation.ts';
import type { PlanSources } from '../../src/study/plan/plan-sources.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';
import { type Evaluate, joinReplicates } from '../../src/study/trial.ts';
import { analyticSimulator } from './analytic-simulator.ts';

export const STRATEGY = `
name: toy
simulator: analytic
config: {x: "\${x}", y: "\${y}"}
baseline: {x: 0.5, y: 0.5}
`;

export const SPACE = `
parameters:
  - {name: x, type: real, low: 0, high: 1}
  - {name: y, type: real, low: 0, high: 1}
`;

export const STUDY = `
name: toy-study
strategy: toy.yaml
space: space.yaml
objectives:
  - {metric: cost, direction: minimize}
  - {metric: gain, direction: maximize}
seeds: [1, 2, 3]
budget: {trials: 9}
batch: 2
sampler: sobol
seed: 5
`;

export interface Texts {
  readonly study?: string;
  readonly strategy?: string;
  readonly space?: string | null;
  readonly workload?: string | null;
}

export function sourcesOf({
  study = STUDY,
  strategy = STRATEGY,
  space = SPACE,
  workload = null,
}: Texts = {}): PlanSources {
  return {
    study: parseYaml(study, 'study.yaml'),
    strategy: parseYaml(strategy, 'toy.yaml'),
    space: space === null ? null : parseYaml(space, 'space.yaml'),
    workload: workload === null ? null : parseYaml(workload, 'workload.yaml'),
    policies: [],
  };
}

export async function planOf(texts: Texts = {}, simulator: Simulator = analyticSimulator()): Promise<StudyPlan> {
  return await resolvePlan(sourcesOf(texts), async () => simulator);
}

/** Evaluates in this thread; `delay` decides in which order evaluations end. */
export function inlineEvaluator(
  plan: StudyPlan,
  simulator: Simulator = analyticSimulator(),
  delay: () => number = () => 0,
): Evaluate {
  const setup = evaluationSetup(plan);
  return async (values, seeds, { fidelity = 1 } = {}) => {
    const wait = delay();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return joinReplicates(
      seeds,
      seeds.map((seed) => evaluateTask(simulator, setup, { values, seed, fidelity })),
    );
  };
}
