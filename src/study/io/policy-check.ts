import { Piscina } from 'piscina';
import { InputError, type InputErrorDetails, inputErrors } from '../../base/errors.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import type { EvaluationSetup } from '../evaluation.ts';
import { workerThread } from './worker-thread.ts';

/** What the thread that tries policy modules is given. */
export interface PolicyTrial {
  readonly setups: readonly EvaluationSetup[];
  /** Vector to prepare each of them with. */
  readonly values: ParameterValues;
}

export interface PolicyProblem extends InputErrorDetails {
  readonly message: string;
}

/** What the thread is at. */
export interface PolicyWork {
  readonly file: string;
  readonly what: string;
}

/** To load a module or to ask for hooks takes milliseconds; to start the thread, a second on a busy machine. */
const LONGEST_MS = 10_000;
const LONGEST_START_MS = 120_000;

/**
 * Loads the policy modules of a study and asks them for their hooks, in a thread that may come to any end.
 * @throws InputError where that does not go well, in one line for each problem
 */
export async function checkPolicies(setups: readonly EvaluationSetup[], values: ParameterValues): Promise<void> {
  const trial: PolicyTrial = { setups, values };
  const pool = new Piscina({ ...workerThread(import.meta.url, 'policy-check.worker'), minThreads: 1, maxThreads: 1 });
  try {
    const problems = await verdict(pool, trial);
    if (problems.length > 0) {
      throw inputErrors(problems.map(({ message, ...details }) => new InputError(message, details)));
    }
  } finally {
    await pool.destroy();
  }
}

async function verdict(pool: Piscina, trial: PolicyTrial): Promise<readonly PolicyProblem[]> {
  let at: PolicyWork = { file: trial.setups[0]!.policies[0]!, what: 'is loaded' };
  const limit = new AbortController();
  let timer = setTimeout(() => limit.abort(), LONGEST_START_MS);
  pool.on('message', (work: PolicyWork) => {
    at = work;
    clearTimeout(timer);
    timer = setTimeout(() => limit.abort(), LONGEST_MS);
  });
  pool.on('error', () => undefined);
  try {
    return (await pool.run(trial, { signal: limit.signal })) as readonly PolicyProblem[];
  } catch (error) {
    const reason = limit.signal.aborted ? 'does not come to an end' : `failed with ${String(error).split('\n')[0]}`;
    return [{ message: `${reason} while it ${at.what}`, position: { file: at.file } }];
  } finally {
    clearTimeout(timer);
  }
}
