import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../base/errors.ts';
import { experimentMarkdown, ledgerRow } from '../report/experiment-report.ts';
import { appendLedger, writeExperiment } from '../report/write-experiment.ts';
import { type ExperimentResult, runExperiment } from '../study/experiment.ts';
import type { ExperimentPlan } from '../study/experiment-plan.ts';
import { loadExperiment } from '../study/io/load-experiment.ts';
import { openSimulationPool } from '../study/io/worker-pool.ts';
import { EXIT, type LoadedCommand } from './command.ts';
import { integerFlag, requiredText, switchFlag, textFlag } from './flags.ts';
import { packageVersion } from './package-version.ts';
import { Progress } from './progress.ts';
import { defaultWorkers } from './study-session.ts';

export const experimentCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('file', { type: 'string', describe: 'experiment file, or a folder of them' })
      .option('out', { type: 'string', describe: 'folder for reports and ledger', default: 'reports/experiments' })
      .option('workers', { type: 'number', describe: 'worker threads', defaultDescription: 'one per core' })
      .option('json', { type: 'boolean', describe: 'print the results as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 experiment studies/findings', 'run the eleven prior findings, one report each')
      .example('$0 experiment studies/findings/finding-07.yaml', 'one of them'),
  run: async (flags) => {
    const files = experimentFiles(requiredText(flags, 'file'));
    const out = textFlag(flags, 'out') ?? 'reports/experiments';
    const workers = integerFlag(flags, 'workers', 1, 1024) ?? defaultWorkers();
    const plans: ExperimentPlan[] = [];
    for (const file of files) plans.push(await loadExperiment(file));
    const results: { name: string; result: ExperimentResult }[] = [];
    for (const plan of plans) {
      const result = await measure(plan, workers, switchFlag(flags, 'quiet'));
      const { name } = plan.spec;
      results.push({ name, result });
      const written = writeExperiment(
        out,
        name,
        experimentMarkdown(plan, result),
        `${JSON.stringify(result, null, 2)}\n`,
      );
      appendLedger(join(out, 'ledger.jsonl'), ledgerRow(plan, result, packageVersion()));
      if (!switchFlag(flags, 'json')) {
        process.stdout.write(
          `${name}: ${result.verdict}\n${result.claims.map(({ id, sentence }) => `  ${id}: ${sentence}`).join('\n')}\n  wrote ${written.join(', ')}\n`,
        );
      }
    }
    if (switchFlag(flags, 'json')) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
    return EXIT.ok;
  },
};

async function measure(plan: ExperimentPlan, workers: number, quiet: boolean): Promise<ExperimentResult> {
  const pool = openSimulationPool(plan.setups, workers);
  const progress = new Progress(plan.spec.name, plan.setups.length * plan.spec.seeds.length, quiet);
  let done = 0;
  try {
    return await runExperiment(plan, async (arm, seed) => {
      const outcome = await pool.simulate({ setup: arm, values: {}, seed });
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
