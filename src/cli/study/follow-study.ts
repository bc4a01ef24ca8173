import { printable } from '../../base/short-text.ts';
import { paretoFront } from '../../study/front.ts';
import { continueStudy, type SessionOptions } from '../../study/io/study-session.ts';
import { finishedCount, type StudyState } from '../../study/journal.ts';
import { mean, metricValues } from '../../study/objective.ts';
import { trialBudget } from '../../study/plan/budget-spec.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { ENDING_SIGNALS, interruptible } from '../terminal/interruption.ts';
import { Progress } from '../terminal/progress.ts';

export interface FollowOptions extends Pick<SessionOptions, 'workers' | 'queue' | 'known'> {
  readonly quiet: boolean;
}

/** Runs or goes on with a recorded study, with progress on stderr, until it ends or the user interrupts it. */
export async function followStudy(
  folder: string,
  plan: StudyPlan,
  { quiet, ...options }: FollowOptions,
): Promise<StudyState | 'interrupted'> {
  const progress = new Progress('trials', trialBudget(plan) ?? 1, quiet);
  const startedAt = performance.now();
  const failures = new Failures();
  let finished = -1;
  // What is recorded stays, and the lock is given back.
  const end = await interruptible(ENDING_SIGNALS, (signal) =>
    continueStudy(folder, plan, {
      ...options,
      signal,
      onTornLine: () => process.stderr.write('paretune: dropped the last journal line, which a crash had torn\n'),
      onEntry: (entry, state) => {
        if (entry.kind !== 'trial-finished') return;
        if (entry.outcome.kind === 'failed') failures.tell(entry.trial, entry.outcome.message);
        finished = finished < 0 ? finishedCount(state) : finished + 1;
        const elapsedMs = performance.now() - startedAt;
        if (trialBudget(plan) === null) progress.expect(Math.ceil((finished * plan.minutes! * 60_000) / elapsedMs));
        progress.update(finished, () => bestNote(plan, state));
      },
    }),
  );
  if (end !== 'interrupted') progress.end();
  return end;
}

/** Reasons told of failed trials; the journal has them all. */
const MOST_REASONS = 5;

/** Tells why trials failed, each reason once. */
class Failures {
  readonly #told = new Set<string>();

  tell(trial: number, message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_REASONS) return;
    this.#told.add(message);
    process.stderr.write(`paretune: trial ${trial} failed: ${printable(message)}\n`);
  }
}

/** Best feasible value so far of each objective. */
function bestNote(plan: StudyPlan, state: StudyState): string {
  const front = paretoFront(plan, state.trials);
  if (front.length === 0) return 'nothing feasible yet';
  const parts = plan.objectives.map(({ metric, direction }) => {
    const values = front.map(({ outcome }) =>
      outcome?.kind === 'observed' ? mean(metricValues(outcome.replicates, metric)) : Number.NaN,
    );
    const best = direction === 'minimize' ? Math.min(...values) : Math.max(...values);
    return `${metric} ${Number(best.toPrecision(5))}`;
  });
  return `best ${parts.join(', ')}`;
}
