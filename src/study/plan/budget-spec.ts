import { z } from 'zod';
import { InputError } from '../../base/errors.ts';

export const MOST_TRIALS = 100_000;

export const budgetBlock = z.strictObject({
  /** May be left out where `minutes` are given. */
  trials: z.int().min(1).max(MOST_TRIALS).optional(),
  /** Wall time, all sessions together: no batch is begun that would probably end later. */
  minutes: z.number().gt(0).max(1_000_000).optional(),
  /** What a budget larger than a finite space is for: nothing (`end`, the default), or more seeds for every vector. */
  spare: z.enum(['end', 'further_seeds']).optional(),
});

/** @throws InputError where nothing bounds the study */
export function checkBudget({ trials, minutes }: z.infer<typeof budgetBlock>): void {
  if (trials !== undefined || minutes !== undefined) return;
  throw new InputError('is required but missing', {
    path: ['budget', 'trials'],
    suggestion: 'add `trials: 50`, `minutes: 90`, or both',
  });
}

/** Trials that bound a study; null where only minutes do. */
export function trialBudget({
  trials,
  minutes,
}: {
  readonly trials: number;
  readonly minutes?: number;
}): number | null {
  return minutes !== undefined && trials === MOST_TRIALS ? null : trials;
}
