import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { choosePoint } from '../../study/experiment/choose-point.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';
import type { Trial } from '../../study/trial.ts';

/** The trial that --point names: a number, `knee`, `best:METRIC` or `baseline`. @throws InputError where the run has none */
export function trialByName({ plan, state }: Pick<RecordedStudy, 'plan' | 'state'>, id: string): Trial {
  const best = plan.objectives.map(({ metric }) => `best:${metric}`).join(', ');
  const unknown = new InputError(`--point: the run has no point ${shortText(id)}`, {
    suggestion: `a trial number below ${state.trials.length}, knee, ${best} or baseline`,
  });
  if (id === 'baseline') {
    const baseline = state.trials.find(({ origin }) => origin === 'baseline');
    if (baseline === undefined) throw unknown;
    return baseline;
  }
  const rule = isNumber(id) ? Number(id) : id;
  try {
    return choosePoint({ plan, trials: state.trials }, rule as Parameters<typeof choosePoint>[1]);
  } catch (error) {
    throw error instanceof InputError ? unknown : error;
  }
}

/** As people read it: `trial 7`, `trial 7 (knee)`. */
export function nameOfTrial({ number }: Trial, id: string): string {
  return isNumber(id) ? `trial ${number}` : `trial ${number} (${id})`;
}

function isNumber(id: string): boolean {
  return /^\d+$/.test(id);
}
