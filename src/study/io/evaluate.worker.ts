import { parentPort } from 'node:worker_threads';
import { workerData } from 'piscina';
import { createSimulator } from '../../simulators/registry.ts';
import type { PolicyModule, Simulator } from '../../simulators/simulator.ts';
import { type EvaluationSetup, evaluateTask } from '../evaluation.ts';
import { DEFAULT_LIMITS } from '../evaluation-limits.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { loadPolicies } from './load-policy.ts';
import { memoryGuard, restrainPolicies, watchPolicy } from './policy-restraint.ts';
import type { PoolTask, PoolWord } from './worker-pool.ts';

const endThread = process.exit.bind(process);
restrainPolicies();
const setups = workerData as readonly EvaluationSetup[];
/** One simulator a backend: setups share its workloads. */
const simulators = new Map<string, Promise<Simulator>>();
const policies = new Map<number, Promise<readonly PolicyModule[]>>();

/** One simulation in a worker thread; workloads generated here are kept for later vectors. */
export default async function evaluate({ id, ...task }: PoolTask): Promise<ReplicateOutcome> {
  const setup = setups[task.setup]!;
  const { simulator: name } = setup;
  if (!simulators.has(name)) simulators.set(name, createSimulator(name));
  if (!policies.has(task.setup)) {
    say({ id, begins: 'loading' });
    policies.set(task.setup, loaded(setup));
  }
  const [simulator, modules] = [await simulators.get(name)!, await policies.get(task.setup)!];
  say({ id, begins: 'evaluation' });
  const outcome = evaluateTask(simulator, setup, task, modules);
  if (outcome.kind === 'failed' && modules.some(isOverMemory)) {
    // What a module holds is given back with its thread alone.
    say({ id, ends: outcome.message });
    endThread(1);
  }
  return outcome;
}

function isOverMemory({ pulse }: PolicyModule): boolean {
  try {
    pulse?.();
    return false;
  } catch {
    return true;
  }
}

function say(word: PoolWord): void {
  parentPort!.postMessage(word);
}

async function loaded({ policies: names, limits = DEFAULT_LIMITS }: EvaluationSetup): Promise<readonly PolicyModule[]> {
  const guard = memoryGuard(limits.memoryMib);
  for (const name of names) watchPolicy(name);
  return (await loadPolicies(names)).map((module) => ({ ...module, pulse: guard }));
}
