import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { CheckedPoint } from '../../study/crosscheck.ts';
import { choosePoint } from '../../study/experiment/choose-point.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';
import type { Trial } from '../../study/trial.ts';

/** Points of a run by name. @throws InputError for one that is not there or was not measured */
export function checkedPoints({ plan, state }: RecordedStudy, ids: readonly string[]): readonly CheckedPoint[] {
  return ids.map((id) => {
    const trial = trialOf({ plan, state }, id);
    const { number, values, outcome } = trial;
    if (outcome?.kind !== 'observed') {
      throw new InputError(`--point: trial ${number} was not measured`, { suggestion: 'choose one of the front' });
    }
    const name = /^\d+$/.test(id) ? `trial ${number}` : `trial ${number} (${id})`;
    return { name, trial: number, values, replicates: outcome.replicates };
  });
}

function trialOf({ plan, state }: Pick<RecordedStudy, 'plan' | 'state'>, id: string): Trial {
  const best = plan.objectives.map(({ metric }) => `best:${metric}`).join(', ');
  const unknown = new InputError(`--point: the run has no point ${shortText(id)}`, {
    suggestion: `a trial number below ${state.trials.length}, knee, ${best} or baseline`,
  });
  if (id === 'baseline') {
    const baseline = state.trials.find(({ origin }) => origin === 'baseline');
    if (baseline === undefined) throw unknown;
    return baseline;
  }
  const rule = /^\d+$/.test(id) ? Number(id) : id;
  try {
    return choosePoint({ plan, trials: state.trials }, rule as Parameters<typeof choosePoint>[1]);
  } catch (error) {
    throw error instanceof InputError ? unknown : error;
  }
}
