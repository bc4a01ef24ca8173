import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { InputError, unknownName } from '../../base/errors.ts';
import {
  COMPARABLE,
  type ComparedMetric,
  type ComparisonRow,
  compareMetric,
} from '../../companions/cloud-edge/comparison.ts';
import {
  type ComparisonSetting,
  changeText,
  comparisonPage,
  comparisonPicture,
  intervalText,
} from '../../companions/cloud-edge/comparison-page.ts';
import { shellQuoted } from '../../connect/vllm/export-args.ts';
import { writePicture } from '../../report/write-picture.ts';
import { scheduler } from '../../simulators/cloud-edge/config-schema.ts';
import { runExperiment } from '../../simulators/cloud-edge/experiment.ts';
import type { SchedulerName } from '../../simulators/cloud-edge/scheduler-names.ts';
import type { RunSummary } from '../../simulators/cloud-edge/summary.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { flagValue } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';
import { experimentFlags, experimentSettings } from './settings.ts';

export const compareCommand: LoadedCommand = {
  build: (parser) =>
    experimentFlags(parser)
      .default('epochs', 10)
      .option('against', { type: 'string', default: 'fcfs', describe: 'reference scheduler' })
      .option('metric', { type: 'string', array: true, describe: `any of ${COMPARABLE.join(', ')}` })
      .option('out', { type: 'string', describe: 'folder for a page with its picture (README.md, SVG and PNG)' })
      .example('$0 cloud-edge compare --epochs 10 --load 0.9 --duration 1800', '95 % intervals near saturation'),
  run: async (flags) => {
    const settings = await experimentSettings(flags);
    const reference = flagValue('against', requiredText(flags, 'against'), scheduler);
    const schedulers = [reference, ...settings.schedulers.filter((name) => name !== reference)];
    const metrics = metricsOf(flags);
    const progress = new Progress('runs', schedulers.length * settings.epochs, switchFlag(flags, 'quiet'));
    const summaries = new Map<SchedulerName, RunSummary[]>(schedulers.map((name) => [name, []]));
    let done = 0;
    for (const { config, summary, epoch } of runExperiment(settings.config, schedulers, settings.epochs)) {
      if (summary === null) throw new InputError(`no request completed in epoch ${epoch} with ${config.scheduler}`);
      summaries.get(config.scheduler)!.push(summary);
      progress.update(++done, config.scheduler);
      await breathe();
    }
    progress.end();
    const rows = metrics.flatMap((metric) => compareMetric(metric, schedulers, summaries));
    const { request_rate_lambda: rate } = settings.config;
    const setting = { reference, epochs: settings.epochs, rate, command: commandLine(flags) };
    const out = textFlag(flags, 'out');
    if (out !== undefined) await writePage(out, rows, setting);
    if (switchFlag(flags, 'json')) {
      printJson('cloud-edge compare', { reference, epochs: settings.epochs, request_rate_lambda: rate, rows });
      return EXIT.ok;
    }
    process.stdout.write(listing(rows, reference) + (out === undefined ? '' : `page → ${join(out, 'README.md')}\n`));
    return EXIT.ok;
  },
};

function metricsOf(flags: Flags): readonly ComparedMetric[] {
  const listed = flags['metric'];
  if (!Array.isArray(listed)) return ['avg_jct_s', 'p99_jct_s', 'total_throughput_rps', 'cloud_offload_rate'];
  return listed.map((name) => {
    const known = COMPARABLE.find((metric) => metric === name);
    if (known === undefined) throw unknownName('metric', String(name), COMPARABLE);
    return known;
  });
}

function listing(rows: readonly ComparisonRow[], reference: SchedulerName): string {
  const head = ['metric, scheduler', 'mean', '± 95 %', `against ${reference}`, '95 % interval'];
  const body = rows.map(({ metric, scheduler_name, value, change }) => [
    `${metric}, ${scheduler_name}`,
    value.value.toFixed(4),
    value.high === null ? '' : (value.high - value.value).toFixed(4),
    changeText(change),
    intervalText(change),
  ]);
  return `${fitted([head, ...body]).join('\n')}\n`;
}

/** Flags that change what is compared, in the order of the help. */
const SETTING_FLAGS = [
  ...[
    'mode',
    'scheduler',
    'dataset',
    'encoder',
    'pooling',
    'epochs',
    'seed',
    'duration',
    'rate',
    'load',
    'config',
    'set',
  ],
  ...['against', 'metric'],
];

/** The command line that makes the same comparison again. */
function commandLine(flags: Flags): string {
  const words = SETTING_FLAGS.flatMap((name) => {
    const value = name === 'pooling' && flags['encoder'] === undefined ? undefined : flags[name];
    if (value === undefined) return [];
    return [`--${name}`, ...(Array.isArray(value) ? value : [value]).map((one) => shellQuoted(String(one)))];
  });
  return `paretune cloud-edge compare ${words.join(' ')}`;
}

async function writePage(folder: string, rows: readonly ComparisonRow[], setting: ComparisonSetting): Promise<void> {
  writePicture(folder, 'comparison', await comparisonPicture(rows, setting));
  writeTextFile(join(folder, 'README.md'), comparisonPage(rows, setting));
}
