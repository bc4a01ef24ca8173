import { InputError } from '../../base/errors.ts';
import { contentHash, type Json } from '../../base/json.ts';
import type { EvaluationSetup } from '../evaluation.ts';
import type { Evaluator, SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';

/** The first evaluation of a session is repeated, and one of so many others, the same ones in every session. */
const ONE_OF = 32;

export interface Repeats {
  /** The outcome, if it comes out the same again. @throws InputError naming the policy modules where it does not */
  checked(task: SetupTask, outcome: ReplicateOutcome): Promise<ReplicateOutcome>;
  close(): Promise<void>;
}

/**
 * Evaluates sampled tasks twice more, in a process that has seen others than the first: modules that keep state between
 * runs, or read clocks and chance, give themselves away.
 * @param open - opens an evaluator with one worker of its own
 */
export function openRepeats(setups: readonly EvaluationSetup[], open: () => Evaluator): Repeats {
  let second: Evaluator | null = null;
  let seen = 0;
  return {
    checked: async (task, outcome) => {
      const { policies } = setups[task.setup]!;
      if (policies.length === 0 || outcome.kind !== 'measured') return outcome;
      if (seen++ > 0 && Number.parseInt(contentHash(task as unknown as Json).slice(0, 8), 16) % ONE_OF !== 0)
        return outcome;
      second ??= open();
      const again = [await second.evaluate(task), await second.evaluate(task)];
      const other = again.map((one) => differenceOf(outcome, one)).find((difference) => difference !== null);
      if (other == null) return outcome;
      throw new InputError(`one vector and seed gave ${other}`, {
        position: { file: policies.join(', ') },
        suggestion: 'a policy must not keep state between runs, nor read clocks or random numbers of its own',
      });
    },
    close: async () => {
      await second?.close();
    },
  };
}

function differenceOf(one: ReplicateOutcome, other: ReplicateOutcome): string | null {
  if (one.kind !== 'measured') return null;
  if (other.kind !== 'measured') {
    return `a measurement, then: ${other.kind === 'failed' ? other.message : other.reason}`;
  }
  const name = Object.keys(one.metrics).find((metric) => !Object.is(one.metrics[metric], other.metrics[metric]));
  return name === undefined ? null : `${name} ${one.metrics[name]}, then ${other.metrics[name]}`;
}
