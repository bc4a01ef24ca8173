import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { createSampler } from '../../optimizer/sampler/registry.ts';
import { openStudyEvaluator } from '../../study/io/open-evaluator.ts';
import { readStarted } from '../../study/io/plan-file.ts';
import type { PolicyTrust } from '../../study/io/policy-trust.ts';
import { changedPolicies, requireOwnPolicies, requireRecordedPolicies } from '../../study/io/recorded-policies.ts';
import { openRecorded, type RecordedStudy } from '../../study/io/study-session.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import { samplerName } from '../../study/propose.ts';
import { recordedOutcomes } from '../../study/recorded-outcomes.ts';
import type { Evaluate } from '../../study/trial.ts';
import { type Difference, isComplete, requireSameProposals, verifyJournal } from '../../study/verify.ts';
import { verifyOutcomes } from '../../study/verify-outcomes.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { trustFlag, trustOf } from './policy-trust.ts';
import { warnOfTornLine } from './torn-line.ts';

export const verifyCommand: LoadedCommand = {
  build: (parser) =>
    trustFlag(parser)
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
    const run = await (outcomes ? openAsToday : openAsRecorded)(folder, trustOf(flags));
    if (outcomes && run.plan.deterministic === false) throw notRepeatable(run.plan.simulator, folder);
    warnOfTornLine(folder, run.torn);
    const progress = new Progress('entries', run.entries.length, switchFlag(flags, 'quiet'));
    const difference = await compare(folder, run, { outcomes, workers }, (checked) => progress.update(checked));
    progress.end();
    print(folder, run, difference, { outcomes, json: switchFlag(flags, 'json') });
    return difference === null ? EXIT.ok : EXIT.differs;
  },
};

/** Proposals can be compared only where policies and sampler are those of the run. */
async function openAsRecorded(folder: string, trust: PolicyTrust): Promise<RecordedStudy> {
  requireRecordedPolicies(folder);
  const run = await openRecorded(folder, trust);
  requireSameProposals(samplerName(run.plan), readStarted(folder).tool);
  return run;
}

async function openAsToday(folder: string, trust: PolicyTrust): Promise<RecordedStudy> {
  if (trust === 'own') requireOwnPolicies(folder);
  const run = await openRecorded(folder, trust);
  for (const { file } of changedPolicies(run.sources)) {
    process.stderr.write(`paretune: ${file} has changed since the run; its text of today is used\n`);
  }
  return run;
}

function notRepeatable(simulator: string, folder: string): InputError {
  return new InputError(`--outcomes: what simulator ${shortText(simulator)} measures is never the same twice`, {
    suggestion: `\`paretune verify ${folder}\` checks the proposals; \`paretune crosscheck ${folder}\` measures points again`,
  });
}

async function compare(
  folder: string,
  { plan, entries }: RecordedStudy,
  options: { readonly outcomes: boolean; readonly workers: number },
  onProgress: (checked: number) => void,
): Promise<Difference | null> {
  const update = ({ checked }: { checked: number }): void => onProgress(checked);
  const proposals = async (evaluate: Evaluate): Promise<Difference | null> => {
    const sampler = createSampler(samplerName(plan));
    return await verifyJournal({ plan, sampler, evaluate, started: readStarted(folder) }, entries, update);
  };
  if (plan.deterministic === false) return await proposals(recordedOutcomes(plan, entries));
  const pool = await openStudyEvaluator(plan, { workers: options.workers });
  try {
    return options.outcomes
      ? await verifyOutcomes(plan, pool.evaluate, entries, update)
      : await proposals(pool.evaluate);
  } finally {
    await pool.close();
  }
}

function print(
  folder: string,
  { plan, entries }: RecordedStudy,
  difference: Difference | null,
  { outcomes, json }: { readonly outcomes: boolean; readonly json: boolean },
): void {
  const complete = isComplete(entries);
  const what = outcomes
    ? `${entries.filter((entry) => 'outcome' in entry).length} outcomes`
    : `${entries.length} journal entries`;
  if (json) {
    const taken = plan.deterministic === false ? { outcomes: 'taken as recorded' } : {};
    const result = { identical: difference === null, entries: entries.length, complete, difference, ...taken };
    printJson('verify', result);
  } else if (difference === null) {
    const taken =
      plan.deterministic === false
        ? `; outcomes were taken as recorded, since simulator ${plan.simulator} measures something outside`
        : '';
    process.stdout.write(`identical: ${what} recomputed${complete ? '' : ' (the study has not ended yet)'}${taken}\n`);
  } else {
    const { line, key, recorded, recomputed } = difference;
    process.stdout.write(
      `differs: ${folder}/journal.jsonl:${line} ${key}: recorded ${shortText(recorded)}, recomputed ${shortText(recomputed)}\n`,
    );
  }
}
