import { workerData } from 'piscina';
import { createSimulator } from '../../simulators/registry.ts';
import type { PolicyModule, Simulator } from '../../simulators/simulator.ts';
import { type EvaluationSetup, evaluateTask } from '../evaluation.ts';
import type { SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { loadPolicies } from './load-policy.ts';
import { restrainPolicies } from './policy-restraint.ts';

restrainPolicies();
const setups = workerData as readonly EvaluationSetup[];
/** One simulator a backend: setups share its workloads. */
const simulators = new Map<string, Promise<Simulator>>();
const policies = new Map<number, Promise<readonly PolicyModule[]>>();

/** One simulation in a worker thread; workloads generated here are kept for later vectors. */
export default async function evaluate(task: SetupTask): Promise<ReplicateOutcome> {
  const setup = setups[task.setup]!;
  const { simulator: name } = setup;
  if (!simulators.has(name)) simulators.set(name, createSimulator(name));
  if (!policies.has(task.setup)) policies.set(task.setup, loadPolicies(setup.policies));
  return evaluateTask(await simulators.get(name)!, setup, task, await policies.get(task.setup)!);
}
