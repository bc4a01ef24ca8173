import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import {
  BENCHMARK_ROWS,
  type BenchmarkRow,
  compareBenchmarks,
  errorSummary,
} from '../../companions/gpu-jobs/benchmark-comparison.ts';
import { benchmarkPage, benchmarkPicture, percent } from '../../companions/gpu-jobs/benchmark-page.ts';
import { formatPercent } from '../../report/format.ts';
import { writePicture } from '../../report/write-picture.ts';
import { share } from '../../simulators/gpu-jobs/token-config.ts';
import { amount } from '../../simulators/gpu-jobs/written-values.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { schemaFlag } from '../terminal/schema-flag.ts';
import { textTable } from '../terminal/table.ts';

export const benchmarksJobsCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('requests', { type: 'number', default: 2000, describe: 'requests of each throughput row' })
      .option('mfu', { type: 'number', default: 0.5, describe: 'achieved share of peak FLOP/s' })
      .option('mbu', { type: 'number', default: 0.8, describe: 'achieved share of bandwidth' })
      .option('overhead', { type: 'number', default: 0, describe: 'fixed time per step, s' })
      .option('out', { type: 'string', describe: 'folder for README.md and the picture' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the rows as JSON' })
      .example('$0 gpu-jobs benchmarks --mfu 0.4 --mbu 0.5', 'with other shares of the peaks'),
  run: async (flags) => {
    const requests = schemaFlag(flags, 'requests', z.int().min(1).max(100_000))!;
    const [mfu, mbu] = [schemaFlag(flags, 'mfu', share)!, schemaFlag(flags, 'mbu', share)!];
    const overhead = schemaFlag(flags, 'overhead', amount({ min: 0 }))!;
    const options = {
      requests,
      perf: { kind: 'roofline', mfu, mbu, overhead, quant: 16, attention: true },
    } as const;
    const progress = new Progress('rows', BENCHMARK_ROWS, switchFlag(flags, 'quiet'));
    const rows: BenchmarkRow[] = [];
    for (const row of compareBenchmarks(options)) {
      rows.push(row);
      progress.update(rows.length);
      await breathe();
    }
    progress.end();
    const out = textFlag(flags, 'out');
    if (out !== undefined) {
      writePicture(out, 'benchmarks', await benchmarkPicture(rows));
      writeTextFile(join(out, 'README.md'), benchmarkPage(rows, options));
    }
    const document = { ...options, rows, summary: errorSummary(rows) };
    if (switchFlag(flags, 'json')) printJson('gpu-jobs benchmarks', document);
    else process.stdout.write(listing(rows));
    return EXIT.ok;
  },
};

function listing(rows: readonly BenchmarkRow[]): string {
  const head = ['model', 'GPUs', 'load', 'published', 'roofline', 'error'];
  const body = rows.map(({ model, gpu, tp, load, unit, published, simulated, error }) => {
    const digits = unit === 'ms' ? 2 : 0;
    return [
      ...[model, `${tp} × ${gpu}`, load],
      ...[`${published.toFixed(digits)} ${unit}`, simulated.toFixed(digits), formatPercent(error, 0)],
    ];
  });
  const { mean, median, worstFactor } = errorSummary(rows);
  return (
    textTable(head, body, 3) +
    `error of the speed: mean ${percent(mean)}, median ${percent(median)}, all within a factor of ${worstFactor.toFixed(2)}\n`
  );
}
