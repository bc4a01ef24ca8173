import { workerData } from 'piscina';
import { createSimulator } from '../../simulators/registry.ts';
import type { Simulator } from '../../simulators/simulator.ts';
import { type EvaluationSetup, type EvaluationTask, evaluateTask } from '../evaluation.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { loadPolicies } from './load-policy.ts';

/** One simulation of one of the pool's setups. */
export interface WorkerTask extends EvaluationTask {
  readonly setup: number;
}

// Everything is imported before the first task: from sources, imports made later find no TypeScript loader.
const setups = workerData as readonly EvaluationSetup[];
/** One simulator a backend: setups share its workloads. */
const simulators = new Map<string, Simulator>();
for (const { simulator } of setups) {
  if (!simulators.has(simulator)) simulators.set(simulator, await createSimulator(simulator));
}
const policies = await Promise.all(setups.map((setup) => loadPolicies(setup.policies)));

/** One simulation in a worker thread; workloads generated here are kept for later vectors. */
export default function evaluate(task: WorkerTask): ReplicateOutcome {
  const setup = setups[task.setup]!;
  return evaluateTask(simulators.get(setup.simulator)!, setup, task, policies[task.setup]!);
}
