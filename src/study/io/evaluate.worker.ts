import { workerData } from 'piscina';
import { createSimulator } from '../../simulators/registry.ts';
import { type EvaluationSetup, type EvaluationTask, evaluateTask } from '../evaluation.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { loadPolicies } from './load-policy.ts';

const setup = workerData as EvaluationSetup;
const simulator = await createSimulator(setup.simulator);
const policies = await loadPolicies(setup.policies);

/** One simulation in a worker thread; workloads generated here are kept for later vectors. */
export default function evaluate(task: EvaluationTask): ReplicateOutcome {
  return evaluateTask(simulator, setup, task, policies);
}
