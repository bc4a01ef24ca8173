import { setImmediate as breathe } from 'node:timers/promises';
import { InputError, unknownName } from '../../base/errors.ts';
import { type Interval, meanInterval, type PairedChange, pairedChange } from '../../numeric/statistics.ts';
import { formatChange } from '../../report/format.ts';
import { scheduler } from '../../simulators/cloud-edge/config-schema.ts';
import { runExperiment } from '../../simulators/cloud-edge/experiment.ts';
import { SCHEDULER_LABELS, type SchedulerName } from '../../simulators/cloud-edge/scheduler-names.ts';
import type { RunSummary } from '../../simulators/cloud-edge/summary.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { flagValue } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';
import { experimentFlags, experimentSettings } from './settings.ts';

const COMPARABLE = [
  'avg_jct_s',
  'p95_jct_s',
  'p99_jct_s',
  'avg_jct_with_backlog_s',
  'total_throughput_rps',
  'edge_throughput_rps',
  'cloud_offload_rate',
  'avg_queueing_delay_s',
  'backlog_at_end',
] as const satisfies readonly (keyof RunSummary)[];
type Metric = (typeof COMPARABLE)[number];

interface ComparisonRow {
  readonly scheduler: SchedulerName;
  readonly scheduler_name: string;
  readonly metric: Metric;
  readonly value: Interval;
  /** Against the reference, paired by epoch since both met the same arrivals; null for the reference itself. */
  readonly change: PairedChange | null;
}

export const compareCommand: LoadedCommand = {
  build: (parser) =>
    experimentFlags(parser)
      .default('epochs', 10)
      .option('against', { type: 'string', default: 'fcfs', describe: 'reference scheduler' })
      .option('metric', { type: 'string', array: true, describe: `any of ${COMPARABLE.join(', ')}` })
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
    const { epochs, config } = settings;
    if (switchFlag(flags, 'json')) {
      printJson('cloud-edge compare', { reference, epochs, request_rate_lambda: config.request_rate_lambda, rows });
    } else process.stdout.write(listing(rows, reference));
    return EXIT.ok;
  },
};

function metricsOf(flags: Flags): readonly Metric[] {
  const listed = flags['metric'];
  if (!Array.isArray(listed)) return ['avg_jct_s', 'p99_jct_s', 'total_throughput_rps', 'cloud_offload_rate'];
  return listed.map((name) => {
    const known = COMPARABLE.find((metric) => metric === name);
    if (known === undefined) throw unknownName('metric', String(name), COMPARABLE);
    return known;
  });
}

function compareMetric(
  metric: Metric,
  schedulers: readonly SchedulerName[],
  summaries: ReadonlyMap<SchedulerName, readonly RunSummary[]>,
): readonly ComparisonRow[] {
  const values = (name: SchedulerName): readonly number[] => summaries.get(name)!.map((summary) => summary[metric]!);
  const base = values(schedulers[0]!);
  return schedulers.map((scheduler, index) => ({
    scheduler,
    scheduler_name: SCHEDULER_LABELS[scheduler],
    metric,
    value: meanInterval(values(scheduler)),
    change: index === 0 ? null : pairedChange(base, values(scheduler)),
  }));
}

function listing(rows: readonly ComparisonRow[], reference: SchedulerName): string {
  const head = ['metric, scheduler', 'mean', '± 95 %', `against ${reference}`, '95 % interval'];
  const body = rows.map(({ metric, scheduler_name, value, change }) => [
    `${metric}, ${scheduler_name}`,
    value.value.toFixed(4),
    value.high === null ? '' : (value.high - value.value).toFixed(4),
    change === null ? '' : formatChange(change.scale, change.value),
    change === null ? '' : intervalText(change),
  ]);
  return `${fitted([head, ...body]).join('\n')}\n`;
}

function intervalText({ scale, low, high }: PairedChange): string {
  return low === null || high === null ? '' : `${formatChange(scale, low)} … ${formatChange(scale, high)}`;
}
