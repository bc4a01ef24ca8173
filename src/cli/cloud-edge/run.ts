import { setImmediate as breathe } from 'node:timers/promises';
import { ArtifactFiles } from '../../companions/cloud-edge/artifact-files.ts';
import { type ExperimentRun, NOTHING_COMPLETED } from '../../simulators/cloud-edge/artifacts.ts';
import { runExperiment } from '../../simulators/cloud-edge/experiment.ts';
import { SCHEDULER_LABELS } from '../../simulators/cloud-edge/scheduler-names.ts';
import type { RunSummary } from '../../simulators/cloud-edge/summary.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { fitted } from '../terminal/table.ts';
import { experimentFlags, experimentSettings } from './settings.ts';

export const runExperimentCommand: LoadedCommand = {
  build: (parser) =>
    experimentFlags(parser)
      .option('out', { type: 'string', default: '.', describe: 'folder for the CSV files' })
      .option('save', { type: 'boolean', default: true, describe: 'write the CSV files' })
      .example('$0 cloud-edge run --epochs 3 --duration 3600', 'all schedulers on a synthetic dataset')
      .example('$0 cloud-edge run --mode time-series --dataset inference_results/inference_data_Qwen2_5-3B.jsonl', ''),
  run: async (flags) => {
    const { config, schedulers, epochs } = await experimentSettings(flags);
    const folder = requiredText(flags, 'out');
    const files = flags['save'] === false ? null : new ArtifactFiles(folder, config);
    const total = schedulers.length * epochs;
    const progress = new Progress('runs', total, switchFlag(flags, 'quiet'));
    const rows: SummaryRow[] = [];
    try {
      for (const run of runExperiment(config, schedulers, epochs)) {
        files?.append(run);
        rows.push(summaryRow(run));
        progress.update(rows.length, SCHEDULER_LABELS[run.config.scheduler]);
        await breathe();
      }
      files?.finish();
    } catch (error) {
      files?.discard();
      throw error;
    } finally {
      progress.end();
    }
    const written = files?.names ?? [];
    if (switchFlag(flags, 'json')) {
      printJson('cloud-edge run', { runs: rows, files: written });
    } else {
      process.stdout.write(listing(rows));
      for (const name of written) process.stdout.write(`${name}\n`);
    }
    return rows.every(({ summary }) => summary === null) ? EXIT.nothingFeasible : EXIT.ok;
  },
};

interface SummaryRow {
  readonly epoch: number;
  readonly seed: number;
  readonly scheduler_name: string;
  readonly summary: RunSummary | null;
  readonly error?: string;
}

function summaryRow({ epoch, seed, config, summary }: ExperimentRun): SummaryRow {
  const head = { epoch, seed, scheduler_name: SCHEDULER_LABELS[config.scheduler], summary };
  return summary === null ? { ...head, error: NOTHING_COMPLETED } : head;
}

function listing(rows: readonly SummaryRow[]): string {
  const head = ['epoch, scheduler', 'completed', 'rps', 'offload', 'mean JCT s', 'p99 JCT s', 'wait s', 'backlog'];
  const body = rows.map(({ epoch, scheduler_name, summary, error }) =>
    summary === null
      ? [`${epoch}, ${scheduler_name}`, error ?? '', '', '', '', '', '', '']
      : [
          `${epoch}, ${scheduler_name}`,
          String(summary.total_completed_requests),
          summary.total_throughput_rps.toFixed(3),
          summary.cloud_offload_rate!.toFixed(3),
          summary.avg_jct_s!.toFixed(3),
          summary.p99_jct_s!.toFixed(2),
          summary.avg_queueing_delay_s!.toFixed(3),
          String(summary.backlog_at_end),
        ],
  );
  return `${fitted([head, ...body]).join('\n')}\n`;
}
