import { shortText } from '../../base/short-text.ts';
import { createSampler } from '../../optimizer/sampler/registry.ts';
import { readStarted } from '../../study/io/plan-file.ts';
import {
  changedPolicies,
  openRecorded,
  type RecordedStudy,
  requireRecordedPolicies,
} from '../../study/io/study-session.ts';
import { defaultWorkers, openWorkerPool } from '../../study/io/worker-pool.ts';
import { samplerName } from '../../study/propose.ts';
import { type Difference, isComplete, requireSameProposals, verifyJournal } from '../../study/verify.ts';
import { verifyOutcomes } from '../../study/verify-outcomes.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';

export const verifyCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('outcomes', {
        type: 'boolean',
        describe: 'simulate the recorded vectors again and take the proposals as they are: for runs of older versions',
      })
      .option('workers', { type: 'number', describe: 'worker threads', defaultDescription: 'one per core' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 verify runs/quickstart', 'recompute every proposal and outcome; exit code 4 when one differs'),
  run: async (flags) => {
    const folder = requiredText(flags, 'dir');
    const outcomes = switchFlag(flags, 'outcomes');
    const workers = integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers();
    const run = outcomes ? await openAsToday(folder) : await openAsRecorded(folder);
    const progress = new Progress('entries', run.entries.length, switchFlag(flags, 'quiet'));
    const difference = await compare(folder, run, { outcomes, workers }, (checked) => progress.update(checked));
    progress.end();
    print(folder, run, difference, { outcomes, json: switchFlag(flags, 'json') });
    return difference === null ? EXIT.ok : EXIT.differs;
  },
};

/** Proposals can be compared only where policies and sampler are those of the run. */
async function openAsRecorded(folder: string): Promise<RecordedStudy> {
  requireRecordedPolicies(folder);
  const run = await openRecorded(folder);
  requireSameProposals(samplerName(run.plan), readStarted(folder).tool);
  return run;
}

async function openAsToday(folder: string): Promise<RecordedStudy> {
  const run = await openRecorded(folder);
  for (const file of changedPolicies(run.sources)) {
    process.stderr.write(`paretune: ${file} has changed since the run; its text of today is used\n`);
  }
  return run;
}

async function compare(
  folder: string,
  { plan, entries }: RecordedStudy,
  options: { readonly outcomes: boolean; readonly workers: number },
  onProgress: (checked: number) => void,
): Promise<Difference | null> {
  const pool = openWorkerPool(plan, { workers: options.workers });
  const update = ({ checked }: { checked: number }): void => onProgress(checked);
  try {
    if (options.outcomes) return await verifyOutcomes(plan, pool.evaluate, entries, update);
    const sampler = createSampler(samplerName(plan));
    return await verifyJournal(plan, sampler, pool.evaluate, readStarted(folder), entries, update);
  } finally {
    await pool.close();
  }
}

function print(
  folder: string,
  { entries }: RecordedStudy,
  difference: Difference | null,
  { outcomes, json }: { readonly outcomes: boolean; readonly json: boolean },
): void {
  const complete = isComplete(entries);
  const what = outcomes
    ? `${entries.filter((entry) => 'outcome' in entry).length} outcomes`
    : `${entries.length} journal entries`;
  if (json) {
    const result = { identical: difference === null, entries: entries.length, complete, difference };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } else if (difference === null) {
    process.stdout.write(`identical: ${what} recomputed${complete ? '' : ' (the study has not ended yet)'}\n`);
  } else {
    const { line, key, recorded, recomputed } = difference;
    process.stdout.write(
      `differs: ${folder}/journal.jsonl:${line} ${key}: recorded ${shortText(recorded)}, recomputed ${shortText(recomputed)}\n`,
    );
  }
}
