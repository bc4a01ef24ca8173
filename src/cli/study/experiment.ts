import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { contentHash, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { experimentIndex, experimentJson, experimentMarkdown, ledgerRow } from '../../report/experiment-report.ts';
import { appendLedger, writeExperiment, writeIndex } from '../../report/write-experiment.ts';
import { type ExperimentResult, runExperiment } from '../../study/experiment/experiment.ts';
import type { ExperimentPlan } from '../../study/experiment/experiment-plan.ts';
import { loadExperiment } from '../../study/io/load-experiment.ts';
import { type EvaluatorOptions, openAnywhere } from '../../study/io/open-evaluator.ts';
import { documentFile, packageVersion } from '../../study/io/package-file.ts';
import type { PolicyTrust } from '../../study/io/policy-trust.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { noteOutside, trustFlag, trustOf } from './policy-trust.ts';
import { queueOf, queueOptions } from './queue-flags.ts';

export const experimentCommand: LoadedCommand = {
  build: (parser) =>
    trustFlag(queueOptions(parser))
      .positional('file', { type: 'string', describe: 'experiment file, or a folder of them' })
      .option('out', { type: 'string', describe: 'folder for reports and ledger', default: 'reports/experiments' })
      .option('workers', { type: 'number', describe: 'worker threads', defaultDescription: 'one per core' })
      .option('json', { type: 'boolean', describe: 'print the results as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 experiment studies/findings', 'run all prior findings: one report each, and an index')
      .example('$0 experiment studies/findings/07-horizontal-scaling.yaml', 'one of them'),
  run: async (flags) => {
    const name = documentFile(requiredText(flags, 'file'));
    const out = textFlag(flags, 'out') ?? 'reports/experiments';
    const session = { workers: integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers(), ...(await queueOf(flags)) };
    const json = switchFlag(flags, 'json');
    const plans = await loadAll(experimentFiles(name), trustOf(flags));
    const entries: { plan: ExperimentPlan; result: ExperimentResult }[] = [];
    for (const plan of plans) {
      const result = await measure(plan, session, switchFlag(flags, 'quiet'));
      entries.push({ plan, result });
      const written = record(out, plan, result);
      if (!json) process.stdout.write(summary(plan, result, written));
    }
    if (statSync(name).isDirectory()) {
      const page = writeIndex(out, experimentIndex(entries));
      if (!json) process.stdout.write(`wrote ${page}\n`);
    }
    if (json) {
      const results = entries.map(({ plan, result }) => ({ name: plan.spec.name, result }));
      printJson('experiment', results);
    }
    return EXIT.ok;
  },
};

/** Everything is read and checked before anything runs. */
async function loadAll(files: readonly string[], trust: PolicyTrust): Promise<readonly ExperimentPlan[]> {
  const plans: ExperimentPlan[] = [];
  for (const file of files) {
    const plan = await loadExperiment(file, trust);
    noteOutside(plan);
    const same = plans.findIndex(({ spec }) => spec.name === plan.spec.name);
    if (same >= 0) {
      throw new InputError(`${shortText(plan.spec.name)} is also the name of ${files[same]}`, {
        position: { file },
        path: ['name'],
        suggestion: 'reports are named after experiments; choose another name',
      });
    }
    plans.push(plan);
  }
  return plans;
}

function record(out: string, plan: ExperimentPlan, result: ExperimentResult): readonly string[] {
  const { name } = plan.spec;
  const written = writeExperiment(out, name, experimentMarkdown(plan, result), experimentJson(plan, result));
  appendLedger(join(out, 'ledger.jsonl'), ledgerRow(plan, result, packageVersion()), name);
  return written;
}

function summary(plan: ExperimentPlan, result: ExperimentResult, written: readonly string[]): string {
  const claims = result.claims.map(({ id, sentence }) => `  ${id}: ${sentence}`);
  return `${[`${plan.spec.name}: ${result.verdict}`, ...claims, `  wrote ${written.join(', ')}`].join('\n')}\n`;
}

async function measure(plan: ExperimentPlan, session: EvaluatorOptions, quiet: boolean): Promise<ExperimentResult> {
  const { setups, spec } = plan;
  const hash = contentHash(JSON.parse(JSON.stringify([spec.name, spec.seeds, setups])) as Json);
  const pool = await openAnywhere({ name: spec.name, plan: hash, setups, fresh: true }, session);
  const progress = new Progress(plan.spec.name, plan.setups.length * plan.spec.seeds.length, quiet);
  let done = 0;
  try {
    return await runExperiment(plan, async (arm, seed) => {
      const outcome = await pool.evaluate({ setup: arm, values: {}, seed });
      done++;
      progress.update(done, plan.armNames[arm]);
      return outcome;
    });
  } finally {
    progress.end();
    await pool.close();
  }
}

function experimentFiles(name: string): readonly string[] {
  if (!existsSync(name))
    throw new InputError('file not found', { position: { file: name }, suggestion: 'check the path' });
  if (!statSync(name).isDirectory()) return [name];
  const files = readdirSync(name)
    .filter((file) => file.endsWith('.yaml'))
    .sort();
  if (files.length === 0) throw new InputError('holds no experiment files (*.yaml)', { position: { file: name } });
  return files.map((file) => join(name, file));
}
