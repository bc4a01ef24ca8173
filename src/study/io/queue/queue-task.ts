import { canonicalText, type Json, textHash } from '../../../base/json.ts';
import type { SetupTask } from '../../evaluator.ts';
import type { NewJob } from './job-table.ts';

/** By what a result is told apart: no two of one study share it. */
export interface ResultKey {
  /** −1 where the vector belongs to no trial. */
  readonly trial: number;
  readonly seed: number;
  /** Number of the setup: a workload of the study, an arm of the experiment. */
  readonly regime: number;
  readonly fidelity: number;
  /** 0 = the workload's own. */
  readonly rate: number;
}

export function resultKey({ trial = -1, seed, setup, fidelity = 1, rate = 0 }: SetupTask): ResultKey {
  return { trial, seed, regime: setup, fidelity, rate };
}

/** The same task of the same study always makes the same job: one that is sent twice is there once. */
export function jobOf(study: string, task: SetupTask, number: number): NewJob {
  const id = uuidOf(canonicalText([study, resultKey(task) as unknown as Json, task.values as Json]));
  return { id, data: { task: JSON.stringify(task) }, priority: -number };
}

/** A number of the shape of a UUID that stands for a text. */
export function uuidOf(text: string): string {
  return textHash(text)
    .slice(0, 32)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export function taskOf(text: string): SetupTask {
  return JSON.parse(text) as SetupTask;
}
