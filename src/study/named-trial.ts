import { InputError } from '../base/errors.ts';
import { shortText } from '../base/short-text.ts';
import { recommendable } from './constraint-check.ts';
import { choosePoint } from './experiment/choose-point.ts';
import { paretoFront, shortList } from './front.ts';
import type { StudyState } from './journal.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import type { Trial } from './trial.ts';

/** A run as far as its points are chosen by it. */
export interface TrialsOfRun {
  readonly plan: StudyPlan;
  readonly state: StudyState;
}

/**
 * The trial that `id` names: a number, `knee`, `best:METRIC`, `baseline`, or `recommended`, the balanced point of those that
 * hold on fresh seeds.
 * @throws InputError where the run has none
 */
export function namedTrial({ plan, state }: TrialsOfRun, id: string): Trial {
  const found = id === 'baseline' || id === 'recommended' ? ruled({ plan, state }, id) : chosen({ plan, state }, id);
  if (found !== undefined) return found;
  const best = plan.objectives.map(({ metric }) => `best:${metric}`).join(', ');
  throw new InputError(`the run has no point ${shortText(id)}`, {
    suggestion: `a trial number below ${state.trials.length}, knee, ${best}, recommended or baseline`,
  });
}

function ruled({ plan, state }: TrialsOfRun, id: 'baseline' | 'recommended'): Trial | undefined {
  if (id === 'baseline') return state.trials.find(({ origin }) => origin === 'baseline');
  return shortList(plan, recommendable(plan, paretoFront(plan, state.trials)), 1)[0];
}

function chosen({ plan, state }: TrialsOfRun, id: string): Trial | undefined {
  const rule = isNumber(id) ? Number(id) : id;
  try {
    return choosePoint({ plan, trials: state.trials }, rule as Parameters<typeof choosePoint>[1]);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** As people read it: `trial 7`, `trial 7 (knee)`. */
export function nameOfTrial({ number }: Trial, id: string): string {
  return isNumber(id) ? `trial ${number}` : `trial ${number} (${id})`;
}

function isNumber(id: string): boolean {
  return /^\d+$/.test(id);
}
