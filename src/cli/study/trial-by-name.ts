import { namedTrial, type TrialsOfRun } from '../../study/named-trial.ts';
import type { Trial } from '../../study/trial.ts';
import { ofFlag } from '../terminal/schema-flag.ts';

/** The trial that --point names. @throws InputError where the run has none */
export function trialByName(run: TrialsOfRun, id: string): Trial {
  return ofFlag('point', () => namedTrial(run, id));
}
