import type { EvaluationTask } from './evaluation.ts';
import type { ReplicateOutcome } from './trial.ts';

/** One evaluation of one of several setups. */
export interface SetupTask extends EvaluationTask {
  readonly setup: number;
  /** Whose vector it is; absent for one that belongs to no trial, such as the baseline that all are compared with. */
  readonly trial?: number;
}

/** Measures vectors, one (setup, vector, seed) at a time: by simulation in worker threads, or outside this program. */
export interface Evaluator {
  /**
   * A dead thread, a command that hangs and the like are outcomes. Rejects only where no outcome can be trusted: a policy that
   * does not repeat, a queue that cannot be used.
   */
  evaluate(task: SetupTask): Promise<ReplicateOutcome>;
  /** Ends what is still running and leaves nothing behind. */
  close(): Promise<void>;
}
