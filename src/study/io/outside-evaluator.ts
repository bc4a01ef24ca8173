import type { JsonObject } from '../../base/json.ts';
import type { OutsideRequest } from '../../connect/evaluators/evaluator.ts';
import { killAllCommands } from '../../connect/evaluators/run-command.ts';
import { type EvaluationSetup, evaluationInput } from '../evaluation.ts';
import type { Evaluator, SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import type { OutsideBackend } from './backends.ts';
import { openFinished } from './finished-evaluations.ts';

export interface OutsideKeeping {
  /** null = logs of what failed are not kept. */
  readonly logs: string | null;
  /** null = finished evaluations are not kept. */
  readonly finished: string | null;
}

/**
 * Evaluations outside, as many at once as the strategy allows. With a run folder each outcome is on disk before anybody
 * hears of it: an interrupted trial does not measure its finished replicates again.
 */
export function openOutside(
  { open, concurrency }: OutsideBackend,
  setups: readonly EvaluationSetup[],
  { logs, finished: file }: OutsideKeeping,
): Evaluator {
  const backend = open({ logFolder: logs });
  const finished = file === null ? null : openFinished(file);
  const end = new AbortController();
  const running = new Set<Promise<unknown>>();
  const slot = slots(concurrency(setups[0]!.template.config));
  const release = guardChildren();
  const measure = async (task: SetupTask): Promise<ReplicateOutcome> => {
    const known = finished?.take(task);
    if (known !== undefined) return known;
    const outcome = await slot(async (): Promise<ReplicateOutcome> => {
      if (end.signal.aborted) return { kind: 'failed', message: 'interrupted' };
      try {
        return await backend.evaluate(requestOf(setups[task.setup]!, task), end.signal);
      } catch (error) {
        return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
      }
    });
    if (!end.signal.aborted) finished?.keep(task, outcome);
    return outcome;
  };
  return {
    evaluate: (task) => {
      const outcome = measure(task);
      running.add(outcome);
      return outcome.finally(() => running.delete(outcome));
    },
    close: async () => {
      end.abort();
      await Promise.allSettled(running);
      await backend.close?.();
      release();
    },
  };
}

function requestOf(setup: EvaluationSetup, task: SetupTask): OutsideRequest {
  const { config, workload } = evaluationInput(setup, task);
  return { config, workload, values: task.values as JsonObject, seed: task.seed, fidelity: task.fidelity ?? 1 };
}

/** At most `most` at a time, in the order in which they were asked for. */
function slots(most: number): <T>(body: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let taken = 0;
  return async (body) => {
    if (taken >= most) await new Promise<void>((resolve) => waiting.push(resolve));
    else taken++;
    try {
      return await body();
    } finally {
      const next = waiting.shift();
      if (next === undefined) taken--;
      else next();
    }
  };
}

/**
 * Commands run in sessions of their own, which neither Ctrl-C nor the end of this process reaches. Whoever handles the
 * signals closes the evaluator; a second signal, a closed terminal and an exit on any other way kill the commands at once.
 */
function guardChildren(): () => void {
  let asked = false;
  const interrupted = (): void => {
    const alone = process.listenerCount('SIGINT') === 1 && process.listenerCount('SIGTERM') === 1;
    if (asked || alone) process.exit(130);
    asked = true;
  };
  const hungUp = (): never => process.exit(129);
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted).on('SIGHUP', hungUp).on('exit', killAllCommands);
  return () => {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted).off('SIGHUP', hungUp).off('exit', killAllCommands);
  };
}
