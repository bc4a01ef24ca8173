import { z } from 'zod';
import { InputError } from '../../base/errors.ts';
import { benchTemplate, fitLatencies, fittedProfiles, readMeasurements } from '../../companions/kvsched/latency-fit.ts';
import { formatYaml } from '../../document/yaml.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { flagValue } from '../terminal/schema-flag.ts';
import { textTable } from '../terminal/table.ts';
import { listOf } from './flags.ts';

export const microbenchCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('gpus', {
        type: 'string',
        default: 'RTX6000_ADA_48GB,RTX4000_ADA_20GB,RTX2000_ADA_16GB',
        describe: 'GPUs, named as in scenarios',
      })
      .option('seq-lens', { type: 'string', default: '128,256,512,1024', describe: 'prompt lengths, tokens' })
      .option('batches', { type: 'string', default: '1,2,4,8', describe: 'batch sizes' })
      .option('include-stages', { type: 'boolean', describe: 'rows for prefill and decode instead of the total' })
      .option('out', { type: 'string', default: 'results/microbench_template.csv', describe: 'table to fill in' })
      .option('json', { type: 'boolean', describe: 'print what was written as JSON' })
      .epilogue('Measure on your GPUs, fill in latency_ms, then run `paretune kvsched fit-latency`.'),
  run: async (flags) => {
    const grid = {
      gpus: listed(flags, 'gpus', z.string()),
      stages: switchFlag(flags, 'include-stages') ? ['prefill', 'decode'] : ['total'],
      tokens: listed(flags, 'seq-lens', wholeText),
      batches: listed(flags, 'batches', wholeText),
    };
    const file = requiredText(flags, 'out');
    writeTextFile(file, benchTemplate(grid));
    const rows = grid.gpus.length * grid.stages.length * grid.tokens.length * grid.batches.length;
    if (switchFlag(flags, 'json')) printJson('kvsched microbench', { file, rows });
    else process.stdout.write(`${rows} rows to fill in: ${file}\n`);
    return EXIT.ok;
  },
};

const wholeText = z
  .string()
  .refine((text) => Number.isInteger(Number(text)) && Number(text) >= 1, { error: 'must be an integer ≥ 1' })
  .transform(Number);

function listed<T>(flags: Flags, name: string, item: z.ZodType<T>): readonly T[] {
  const items = listOf(requiredText(flags, name));
  if (items.length === 0) throw new InputError('needs at least one value', { path: [`--${name}`] });
  return [...new Set(flagValue(name, [...items], z.array(item)))];
}

export const fitLatencyCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('in', { type: 'string', demandOption: true, describe: 'measured table: gpu, seq_len, batch, latency_ms' })
      .option('gpu', { type: 'string', describe: 'only this GPU' })
      .option('out', { type: 'string', demandOption: true, describe: 'YAML file for the coefficients' })
      .option('json', { type: 'boolean', describe: 'print the coefficients as JSON' })
      .example('$0 kvsched fit-latency --in results/microbench.csv --out fitted_gpu_profiles.yaml', ''),
  run: async (flags) => {
    const file = requiredText(flags, 'in');
    const all = readMeasurements(file);
    const gpu = textFlag(flags, 'gpu');
    const rows = all.filter((row) => gpu === undefined || row.gpu === gpu);
    if (rows.length === 0) {
      const known = [...new Set(all.map((row) => row.gpu))].join(', ');
      throw new InputError(`no rows of ${gpu}`, { path: ['--gpu'], suggestion: `the table has ${known}` });
    }
    const fits = fitLatencies(rows, file);
    const document = fittedProfiles(fits);
    const out = requiredText(flags, 'out');
    writeTextFile(out, formatYaml(document));
    if (switchFlag(flags, 'json')) {
      printJson('kvsched fit-latency', document);
      return EXIT.ok;
    }
    const head = ['GPU', 'stage', 'α, ms', 'β, ms a token', 'γ, ms a request', 'rows', 'RMSE, ms', 'R²'];
    const body = fits.map((fit) => [
      ...[fit.gpu, fit.stage, fit.alphaMs.toFixed(4), fit.betaMsPerToken.toFixed(6), fit.gammaMsPerRequest.toFixed(5)],
      ...[String(fit.rows), fit.rmseMs.toFixed(4), fit.r2.toFixed(4)],
    ]);
    process.stdout.write(`${textTable(head, body, 2)}${out}\n`);
    return EXIT.ok;
  },
};
