import { InputError, type InputErrorDetails, inputErrors } from '../../base/errors.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import type { EvaluationSetup } from '../evaluation.ts';
import { AnsweringProcess, ProcessDeath } from './answering-process.ts';
import { workerThread } from './worker-thread.ts';

/** What the process that tries policy modules is given, and its thread. */
export interface PolicyTrial {
  readonly setups: readonly EvaluationSetup[];
  /** Vector to prepare each of them with. */
  readonly values: ParameterValues;
}

export interface PolicyProblem extends InputErrorDetails {
  readonly message: string;
}

/**
 * Loads the policy modules of a study and asks them for their hooks, in a process that may come to any end.
 * @throws InputError where that does not go well, in one line for each problem
 */
export async function checkPolicies(setups: readonly EvaluationSetup[], values: ParameterValues): Promise<void> {
  const problems = await problemsOf({ setups, values });
  if (problems.length === 0) return;
  throw inputErrors(problems.map(({ message, ...details }) => new InputError(message, details)));
}

async function problemsOf(trial: PolicyTrial): Promise<readonly PolicyProblem[]> {
  const tried = new AnsweringProcess(workerThread(import.meta.url, 'policy-check.process'));
  try {
    return (await tried.ask(trial)) as readonly PolicyProblem[];
  } catch (error) {
    if (!(error instanceof ProcessDeath)) throw error;
    const files = [...new Set(trial.setups.flatMap(({ policies }) => policies))].join(', ');
    const reason = error.outOfMemory ? 'asks for more memory than there is' : `ends the process (${error.message})`;
    return [{ message: `${reason} while it is loaded or asked for its hooks`, position: { file: files } }];
  } finally {
    await tried.close();
  }
}
