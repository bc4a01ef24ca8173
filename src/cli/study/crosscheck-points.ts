import { InputError } from '../../base/errors.ts';
import type { CheckedPoint } from '../../study/crosscheck.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';
import { nameOfTrial } from '../../study/named-trial.ts';
import { trialByName } from './trial-by-name.ts';

/** Points of a run by name. @throws InputError for one that is not there or was not measured */
export function checkedPoints(run: RecordedStudy, ids: readonly string[]): readonly CheckedPoint[] {
  return ids.map((id) => {
    const trial = trialByName(run, id);
    const { number, values, outcome } = trial;
    if (outcome?.kind !== 'observed') {
      throw new InputError(`--point: trial ${number} was not measured`, { suggestion: 'choose one of the front' });
    }
    return { name: nameOfTrial(trial, id), trial: number, values, replicates: outcome.replicates };
  });
}
