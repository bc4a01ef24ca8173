import { join } from 'node:path';
import { z } from 'zod';
import { VALIDATION_CASES } from '../../companions/gpu-jobs/validation-cases.ts';
import { type Comparison, compareEngines } from '../../companions/gpu-jobs/validation-comparison.ts';
import { comparisonChart, comparisonFigures, validationPage } from '../../companions/gpu-jobs/validation-summary.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';

export const validateJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('out', { type: 'string', default: 'reports/gpu-jobs-validation', describe: 'folder of the page' })
      .option('requests', { type: 'number', default: 300, describe: 'requests of each trace' })
      .option('seed', { type: 'number', default: 1, describe: 'seed of the traces' })
      .option('json', { type: 'boolean', describe: 'print the figures as JSON' })
      .example('$0 gpu-jobs validate', 'write the validation page'),
  run: async (flags) => {
    const out = requiredText(flags, 'out');
    const requests = schemaFlag(flags, 'requests', z.int().min(2).max(100_000))!;
    const seed = schemaFlag(flags, 'seed', z.int().min(0))!;
    const comparisons = VALIDATION_CASES.map((one) => compareEngines(one, requests, seed));
    const charts = await Promise.all(comparisons.map(comparisonChart));
    for (const [index, { validation }] of comparisons.entries()) {
      writeTextFile(join(out, `${validation.name}.svg`), charts[index]!);
    }
    writeTextFile(join(out, 'README.md'), validationPage(comparisons, seed));
    if (switchFlag(flags, 'json')) printJson('gpu-jobs validate', comparisons.map(comparisonFigures));
    else process.stdout.write(`${comparisons.map(line).join('\n')}\npage → ${join(out, 'README.md')}\n`);
    return EXIT.ok;
  },
};

function line({ validation, requests, cluster, token, equal }: Comparison): string {
  const name = validation.name.padEnd(14);
  return `${name} equal ${equal}/${requests}, E2E mean ${cluster.e2e.mean.toFixed(1)} / ${token.e2e.mean.toFixed(1)} ms (cluster / token)`;
}
