import { Piscina } from 'piscina';
import type { PolicyProblem, PolicyTrial } from './policy-check.ts';
import { workerThread } from './worker-thread.ts';

/** What the thread is at. */
export interface PolicyWork {
  readonly file: string;
  readonly what: string;
}

/** To load a module or to ask for hooks takes milliseconds; to start the thread, a second on a busy machine. */
const LONGEST_MS = 10_000;
const LONGEST_START_MS = 120_000;

/** What is wrong with the policy modules of a study, found in a thread that may never end by itself. */
export async function policyProblems(trial: PolicyTrial): Promise<readonly PolicyProblem[]> {
  const pool = new Piscina({ ...workerThread(import.meta.url, 'policy-check.worker'), minThreads: 1, maxThreads: 1 });
  try {
    return await verdict(pool, trial);
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
