import { parentPort } from 'node:worker_threads';
import { InputError } from '../../base/errors.ts';
import { PolicyError } from '../../simulators/cluster/policy/policy-error.ts';
import { createSimulator } from '../../simulators/registry.ts';
import type { PolicyModule } from '../../simulators/simulator.ts';
import { evaluationInput } from '../evaluation.ts';
import { loadPolicies } from './load-policy.ts';
import type { PolicyProblem, PolicyTrial } from './policy-check.ts';
import type { PolicyWork } from './policy-problems.ts';
import { restrainPolicies, watchPolicy } from './policy-restraint.ts';

/** A module that waits for something leaves the thread idle. */
const LONGEST_WAIT_MS = 5_000;

restrainPolicies();

/** Loads the modules of every setup and prepares it with them; what goes wrong comes back as plain problems. */
export default async function check({ setups, values }: PolicyTrial): Promise<readonly PolicyProblem[]> {
  try {
    for (const setup of setups) {
      const simulator = await createSimulator(setup.simulator);
      const policies: PolicyModule[] = [];
      for (const file of setup.policies) {
        say({ file, what: 'is loaded' });
        watchPolicy(file);
        policies.push(await loaded(file));
      }
      say({ file: setup.policies.join(', '), what: 'is asked for its hooks' });
      simulator.prepare({ ...evaluationInput(setup, { values, seed: 0 }), policies });
    }
    return [];
  } catch (error) {
    if (error instanceof InputError) return error.problems().map(asProblem);
    if (error instanceof PolicyError) return [{ message: error.reason, position: { file: error.file } }];
    throw error;
  }
}

function say(work: PolicyWork): void {
  parentPort!.postMessage(work);
}

async function loaded(file: string): Promise<PolicyModule> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<never>((_, reject) => {
    const reason = 'is never ready: it waits for something that does not come';
    timer = setTimeout(() => reject(new InputError(reason, { position: { file } })), LONGEST_WAIT_MS);
  });
  try {
    return (await Promise.race([loadPolicies([file]), waited]))[0]!;
  } finally {
    clearTimeout(timer);
  }
}

function asProblem({ message, path, position, suggestion }: InputError): PolicyProblem {
  return { message, path, ...(position ? { position } : {}), ...(suggestion === undefined ? {} : { suggestion }) };
}
