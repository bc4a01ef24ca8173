import { shortText } from '../../base/short-text.ts';
import { createSampler } from '../../optimizer/sampler/registry.ts';
import { readStarted } from '../../study/io/plan-file.ts';
import { openWorkerPool } from '../../study/io/worker-pool.ts';
import { samplerName } from '../../study/propose.ts';
import { isComplete, verifyJournal } from '../../study/verify.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { defaultWorkers } from '../terminal/workers.ts';
import { openRecorded } from './study-session.ts';

export const verifyCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('dir', { type: 'string', describe: 'folder of a run' })
      .option('workers', { type: 'number', describe: 'worker threads', defaultDescription: 'one per core' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 verify runs/quickstart', 'recompute every proposal and outcome; exit code 4 when one differs'),
  run: async (flags) => {
    const folder = requiredText(flags, 'dir');
    const { plan, entries } = await openRecorded(folder);
    const workers = integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers();
    const pool = openWorkerPool(plan, { workers });
    const progress = new Progress('entries', entries.length, switchFlag(flags, 'quiet'));
    try {
      const sampler = createSampler(samplerName(plan));
      const difference = await verifyJournal(
        plan,
        sampler,
        pool.evaluate,
        readStarted(folder),
        entries,
        ({ checked }) => progress.update(checked),
      );
      progress.end();
      const complete = isComplete(entries);
      if (switchFlag(flags, 'json')) {
        process.stdout.write(
          `${JSON.stringify({ identical: difference === null, entries: entries.length, complete, difference })}\n`,
        );
      } else if (difference === null) {
        process.stdout.write(
          `identical: ${entries.length} journal entries recomputed${complete ? '' : ' (the study has not ended yet)'}\n`,
        );
      } else {
        const { line, key, recorded, recomputed } = difference;
        process.stdout.write(
          `differs: ${folder}/journal.jsonl:${line} ${key}: recorded ${shortText(recorded)}, recomputed ${shortText(recomputed)}\n`,
        );
      }
      return difference === null ? EXIT.ok : EXIT.differs;
    } finally {
      await pool.close();
    }
  },
};
