import { join } from 'node:path';
import type { Argv } from 'yargs';
import { writeReport } from '../../report/write-report.ts';
import { loadStudySources } from '../../study/io/load-study.ts';
import { documentFile, packageVersion } from '../../study/io/package-file.ts';
import { readPlanFile } from '../../study/io/plan-file.ts';
import { requireRecordedPolicies } from '../../study/io/recorded-policies.ts';
import { createRunFolder } from '../../study/io/run-folder.ts';
import { planOf, planToResume, startedEntry } from '../../study/io/study-session.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import type { StudyState } from '../../study/journal.ts';
import { describePlan } from '../../study/plan/describe-plan.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { warmStartNotes } from '../../study/warm-start.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { deployWarnings } from './deployable.ts';
import { carriedNow, extensionOptions, folderToExtend, sourcesToExtend } from './extend.ts';
import { type FollowOptions, followStudy } from './follow-study.ts';
import { noteOutside, trustFlag, trustOf } from './policy-trust.ts';
import { queueOf, queueOptions } from './queue-flags.ts';
import { printSummary } from './summary.ts';

const MAX_WORKERS = 1024;

function sharedOptions(parser: Argv): Argv {
  return trustFlag(queueOptions(parser))
    .option('workers', {
      type: 'number',
      describe: 'worker threads; the results do not depend on it',
      defaultDescription: 'one per core',
    })
    .option('json', { type: 'boolean', describe: 'print the report as JSON on stdout' })
    .option('quiet', { type: 'boolean', describe: 'no progress on stderr' });
}

export const runCommand: LoadedCommand = {
  build: (parser) =>
    extensionOptions(sharedOptions(parser))
      .positional('study', {
        type: 'string',
        describe: 'study file (YAML), or the name of one that `paretune list` shows; with --extend it may be left out',
      })
      .option('out', {
        type: 'string',
        describe: 'folder for plan, journal and report',
        defaultDescription: 'runs/<study name>, with --extend <dir>-extended',
      })
      .example('$0 run quickstart', 'tune routing weights of a small cluster')
      .example('$0 run quickstart --out runs/a --workers 2', 'the same, elsewhere, on two threads')
      .example('$0 run --extend runs/a --trials 60', 'go on from a run that has ended, in a new folder'),
  run: async (flags) => {
    const extended = await sourcesToExtend(flags);
    const sources = extended?.sources ?? loadStudySources(documentFile(requiredText(flags, 'study')));
    const plan = await planOf(sources, trustOf(flags));
    const folder = folderToExtend(flags) ?? textFlag(flags, 'out') ?? join('runs', plan.name);
    const session = await sessionOf(flags);
    noteOutside(sources);
    for (const line of [...deployWarnings(plan), ...warmStartNotes(plan)]) {
      process.stderr.write(`paretune: warning: ${line}\n`);
    }
    const known = await carriedNow(folder, plan, { ...extended, sources: () => sources });
    createRunFolder(folder, sources, plan, startedEntry(plan));
    return await runAndReport(folder, plan, flags, { ...session, known, command: 'run' });
  },
};

export const resumeCommand: LoadedCommand = {
  build: (parser) =>
    sharedOptions(parser.positional('dir', { type: 'string', describe: 'folder of an interrupted run' })).example(
      '$0 resume runs/quickstart',
      'go on where it stopped; the journal ends as if it had never stopped',
    ),
  run: async (flags) => {
    const folder = requiredText(flags, 'dir');
    requireRecordedPolicies(folder);
    const plan = await planToResume(folder, trustOf(flags));
    const session = await sessionOf(flags);
    const known = await carriedNow(folder, plan, { sources: () => readPlanFile(folder) });
    return await runAndReport(folder, plan, flags, { ...session, known, command: 'resume' });
  },
};

type Session = Pick<FollowOptions, 'workers' | 'queue' | 'known'>;

async function sessionOf(flags: Flags): Promise<Session> {
  const workers = integerFlag(flags, 'workers', 1, MAX_WORKERS) ?? defaultWorkers();
  return { workers, ...(await queueOf(flags)) };
}

async function runAndReport(
  folder: string,
  plan: StudyPlan,
  flags: Flags,
  { command, ...session }: Session & { readonly command: 'run' | 'resume' },
): Promise<number> {
  const quiet = switchFlag(flags, 'quiet');
  if (!quiet) process.stderr.write(`${describePlan(plan)}\n`);
  const end = await followStudy(folder, plan, { ...session, quiet });
  if (end === 'interrupted') {
    process.stderr.write(`\nparetune: interrupted; go on with \`paretune resume ${folder}\`\n`);
    return EXIT.interrupted;
  }
  return await finish(folder, plan, end, { command, json: switchFlag(flags, 'json') });
}

async function finish(
  folder: string,
  plan: StudyPlan,
  state: StudyState,
  { command, json }: { readonly command: string; readonly json: boolean },
): Promise<number> {
  const { buildReport } = await import('../../report/build-report.ts');
  const report = buildReport(plan, state, packageVersion());
  const files = await writeReport(folder, report);
  if (json) printJson(command, report);
  else printSummary(report, files);
  return report.front.length === 0 ? EXIT.nothingFeasible : EXIT.ok;
}
