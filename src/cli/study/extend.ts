import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import { wholeNumber } from '../../document/schema-parts.ts';
import type { KnownReplicates } from '../../study/carried.ts';
import { carriedInto, extendedSources } from '../../study/io/extend-run.ts';
import { loadStudySources } from '../../study/io/load-study.ts';
import { documentFile } from '../../study/io/package-file.ts';
import { requireRecordedPolicies } from '../../study/io/recorded-policies.ts';
import { type RecordedStudy, readRecorded } from '../../study/io/study-session.ts';
import { finishedCount } from '../../study/journal.ts';
import { MOST_TRIALS } from '../../study/plan/budget-spec.ts';
import type { PlanSources } from '../../study/plan/plan-sources.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';
import { flagValue, integerFlag } from '../terminal/schema-flag.ts';

export function extensionOptions(parser: Argv): Argv {
  return parser
    .option('extend', {
      type: 'string',
      describe:
        'go on from the run in this folder: its vectors come first, and what was simulated there is taken over; with a study file, as that says today (wider ranges)',
    })
    .option('trials', { type: 'number', describe: 'with --extend: budget, the trials taken over included' })
    .option('seeds', { type: 'number', array: true, describe: 'with --extend: further seeds, for every vector' });
}

/** What --extend asks for. */
interface ToExtend {
  readonly sources: PlanSources;
  /** The run that is extended. */
  readonly from: RecordedStudy;
}

/** Documents of the study that --extend asks for; null without the flag. @throws InputError where nothing is to be done */
export async function sourcesToExtend(flags: Flags): Promise<ToExtend | null> {
  const folder = textFlag(flags, 'extend');
  const seed = wholeNumber({ least: 0, most: Number.MAX_SAFE_INTEGER });
  const furtherSeeds = ((flags['seeds'] as readonly number[] | undefined) ?? []).map((one) =>
    flagValue('seeds', one, seed),
  );
  const trials = integerFlag(flags, 'trials', 1, MOST_TRIALS);
  if (folder === undefined) {
    const idle = trials !== undefined ? '--trials' : furtherSeeds.length > 0 ? '--seeds' : null;
    if (idle === null) return null;
    throw new InputError(`${idle} goes with --extend`, { suggestion: 'a study file has `budget` and `seeds`' });
  }
  const study = textFlag(flags, 'study');
  if (study === undefined && trials === undefined && furtherSeeds.length === 0) {
    throw new InputError('--extend needs something new: --trials, --seeds, or a study file that was changed');
  }
  const recorded = await readRecorded(folder);
  const finished = finishedCount(recorded.state);
  if (
    trials !== undefined &&
    (trials < finished || (trials === finished && furtherSeeds.length === 0 && study === undefined))
  ) {
    throw new InputError(`must be above the ${finished} trials that ${folder} has, got ${trials}`, {
      path: ['--trials'],
    });
  }
  if (study === undefined) requireRecordedPolicies(folder);
  const sources = extendedSources(recorded, folder, {
    wish: { furtherSeeds, ...(trials === undefined ? {} : { trials }) },
    study: study === undefined ? null : loadStudySources(documentFile(study)),
    into: folderToExtend(flags)!,
  });
  return { sources, from: recorded };
}

/** Where a run goes that extends another one; undefined where none is extended. */
export function folderToExtend(flags: Flags): string | undefined {
  const folder = textFlag(flags, 'extend');
  return folder === undefined ? undefined : (textFlag(flags, 'out') ?? `${folder.replace(/\/+$/, '')}-extended`);
}

/** What is taken over now; what counts and what does not is said on stderr. */
export async function carriedNow(
  into: string,
  plan: StudyPlan,
  origin: Parameters<typeof carriedInto>[2],
): Promise<KnownReplicates> {
  const { known, notes } = await carriedInto(into, plan, origin);
  for (const note of notes) process.stderr.write(`paretune: ${note}\n`);
  return known;
}
