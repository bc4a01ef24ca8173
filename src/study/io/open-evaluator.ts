import { join } from 'node:path';
import { type EvaluationSetup, evaluationSetups } from '../evaluation.ts';
import type { Evaluator } from '../evaluator.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { regimeEvaluate } from '../regimes/evaluate-regimes.ts';
import { type Evaluate, joinReplicates } from '../trial.ts';
import { outsideBackend } from './backends.ts';
import type { QueueOptions } from './queue/queue-evaluator.ts';
import type { StudyDescription } from './queue/study-record.ts';
import { openSimulationPool } from './worker-pool.ts';

export interface EvaluatorOptions {
  readonly workers: number;
  /** Run folder, for what an outside evaluator keeps beside the journal; absent = nothing is kept. */
  readonly folder?: string;
  /** Evaluates on the workers of a queue instead of on this machine. */
  readonly queue?: QueueOptions;
  /** Only for the logs of what failed outside, in place of a run folder. */
  readonly logFolder?: string;
}

/** The evaluator that the setups of one study need; they all name the same backend. */
export async function openEvaluator(setups: readonly EvaluationSetup[], options: EvaluatorOptions): Promise<Evaluator> {
  const outside = await outsideBackend(setups[0]!.simulator);
  if (outside === undefined) return openSimulationPool(setups, options.workers);
  const { folder } = options;
  const logs = options.logFolder ?? (folder === undefined ? null : join(folder, 'logs'));
  const finished = folder === undefined ? null : join(folder, 'evaluations.jsonl');
  const { openOutside } = await import('./outside-evaluator.ts');
  return openOutside(outside, setups, { logs, finished });
}

/** On the workers of a queue where one is named, else on this machine. @throws InputError where the queue cannot be used */
export async function openAnywhere(description: StudyDescription, options: EvaluatorOptions): Promise<Evaluator> {
  const { queue } = options;
  if (queue === undefined) return await openEvaluator(description.setups, options);
  const { openQueueEvaluator } = await import('./queue/queue-evaluator.ts');
  return await openQueueEvaluator(queue, description);
}

export interface StudyEvaluator {
  readonly evaluate: Evaluate;
  close(): Promise<void>;
}

/**
 * Evaluates the vectors of one study, on all its workloads.
 * @param options - `fresh`: nothing of it was recorded yet
 */
export async function openStudyEvaluator(
  plan: StudyPlan,
  options: EvaluatorOptions & { readonly fresh?: boolean },
): Promise<StudyEvaluator> {
  const setups = evaluationSetups(plan);
  const { fresh = true } = options;
  const evaluator = await openAnywhere({ name: plan.name, plan: plan.hash, setups, fresh }, options);
  const close = (): Promise<void> => evaluator.close();
  if (plan.regimes !== undefined) {
    const each = regimeEvaluate(plan.regimes, plan.metrics, plan.baseline, (task) => evaluator.evaluate(task));
    return { evaluate: each, close };
  }
  return {
    evaluate: async (values, seeds, { fidelity = 1, ...trial } = {}) => {
      const tasks = seeds.map((seed) => evaluator.evaluate({ setup: 0, values, seed, fidelity, ...trial }));
      return joinReplicates(seeds, await Promise.all(tasks));
    },
    close,
  };
}
