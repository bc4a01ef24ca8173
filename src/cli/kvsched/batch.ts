import { describeInputError, InputError } from '../../base/errors.ts';
import { type BatchPlan, planBatch, startRuns } from '../../companions/kvsched/batch.ts';
import { openBatchPool } from '../../companions/kvsched/batch-pool.ts';
import { batchFigures, type FinishedRun, type Render, writeFigures } from '../../companions/kvsched/figures.ts';
import { indexRecord, writeIndex } from '../../companions/kvsched/run-index.ts';
import type { Ablation } from '../../companions/kvsched/run-settings.ts';
import { scenarioFiles, shortName } from '../../companions/kvsched/scenario-file.ts';
import { gpuWarnings } from '../../simulators/kvsched/gpu-latency.ts';
import { schedulers as schedulerList } from '../../simulators/kvsched/settings-schema.ts';
import { refuseOddFile } from '../../study/io/text-file.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { flagValue, integerFlag } from '../terminal/schema-flag.ts';
import { commonSettings, listOf, scenarioOptions, seedsFlag, simulationFlags } from './flags.ts';

const MAX_WORKERS = 256;

export const batchCommand: LoadedCommand = {
  build: (parser) =>
    simulationFlags(parser)
      .option('scenarios', {
        type: 'string',
        demandOption: true,
        describe: 'scenario files and folders, comma-separated',
      })
      .option('schedulers', {
        type: 'string',
        default: 'kv_heuristic,load_only,kv_only,random',
        describe: 'schedulers',
      })
      .option('seeds', { type: 'string', default: '0,1,2', describe: 'seeds' })
      .option('out', { type: 'string', default: 'results/raw', describe: 'folder for the summary.json files' })
      .option('index', { type: 'string', default: 'results/aggregated/index.csv', describe: 'CSV with a row per run' })
      .option('figdir', { type: 'string', default: 'results/figures', describe: 'folder for the figures' })
      .option('plots', { type: 'boolean', default: true, describe: 'draw the figures; --no-plots leaves them out' })
      .option('fail-fast', { type: 'boolean', describe: 'stop at the first run that fails' })
      .option('workers', { type: 'number', describe: 'worker threads; default: the CPU cores' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .option('json', { type: 'boolean', describe: 'print the index as JSON' })
      .epilogue('Without --prefetch and --overlap, batch runs all four combinations of the two.'),
  run: runBatch,
};

async function runBatch(flags: Flags): Promise<number> {
  const common = commonSettings(flags);
  const plan = readPlan(flags);
  refuseOddFile(requiredText(flags, 'index'));
  for (const { file, scenario } of plan.scenarios) {
    for (const warning of gpuWarnings(scenario)) process.stderr.write(`warning: ${shortName(file)}: ${warning}\n`);
  }
  const quiet = switchFlag(flags, 'quiet');
  const json = switchFlag(flags, 'json');
  const total = plan.runs.length;
  const workers = integerFlag(flags, 'workers', 1, MAX_WORKERS) ?? defaultWorkers();
  const pool = openBatchPool(plan.scenarios, Math.min(workers, total));
  try {
    const progress = new Progress('runs', total, quiet);
    let done = 0;
    const onRunDone = (): void => progress.update(++done);
    const outcomes = startRuns(plan, pool, { common, out: requiredText(flags, 'out'), onRunDone });
    const finished = await report(plan, outcomes, { json, failFast: switchFlag(flags, 'fail-fast') });
    progress.end();
    if (finished.length === 0) throw new InputError('no run succeeded; nothing was indexed');
    const rows = finished.map(({ row }) => row);
    writeIndex(requiredText(flags, 'index'), rows);
    if (flags['plots'] !== false) await drawFigures(requiredText(flags, 'figdir'), finished, pool.render, quiet);
    if (json) printJson('kvsched batch', rows.map(indexRecord));
    process.stderr.write(`${rows.length} of ${total} runs in ${requiredText(flags, 'index')}\n`);
    return rows.length === total ? EXIT.ok : EXIT.failure;
  } finally {
    await pool.close();
  }
}

function readPlan(flags: Flags): BatchPlan {
  const files = scenarioFiles(listOf(requiredText(flags, 'scenarios')));
  const options = scenarioOptions(flags);
  const schedulers = [...new Set(flagValue('schedulers', listOf(requiredText(flags, 'schedulers')), schedulerList))];
  if (schedulers.length === 0) throw new InputError('--schedulers needs at least one scheduler');
  const seeds = seedsFlag(flags, 'seeds');
  const given = flags['prefetch'] !== undefined || flags['overlap'] !== undefined;
  const ablations: readonly Ablation[] = given
    ? [{ prefetch: switchFlag(flags, 'prefetch'), overlap: switchFlag(flags, 'overlap') }]
    : [false, true].flatMap((prefetch) => [false, true].map((overlap) => ({ prefetch, overlap })));
  return planBatch(files, options, { schedulers, seeds, ablations });
}

/** Prints a line per run in the order of the plan, as soon as all earlier runs are done; per problem, if it failed. */
async function report(
  { runs, ablated }: BatchPlan,
  outcomes: readonly Promise<FinishedRun | InputError>[],
  { json, failFast }: { json: boolean; failFast: boolean },
): Promise<readonly FinishedRun[]> {
  const finished: FinishedRun[] = [];
  for (const [index, run] of runs.entries()) {
    const outcome = await outcomes[index]!;
    const { prefetch, overlap } = run.ablation;
    const name =
      `${shortName(run.file)} ${run.scheduler} seed=${run.seed}` +
      (ablated ? ` pf=${Number(prefetch)} ov=${Number(overlap)}` : '');
    if (outcome instanceof InputError) {
      if (failFast) throw outcome;
      for (const problem of describeInputError(outcome).split('\n')) {
        const line = `${pc.red('[ERROR]')} ${name}: ${problem}\n`;
        if (json) process.stderr.write(line);
        else print(line);
      }
    } else {
      finished.push(outcome);
      if (!json) print(`[OK] ${name}\n`);
    }
  }
  return finished;
}

/** A line on stdout; a live progress line on the same terminal makes room. */
function print(line: string): void {
  if (process.stderr.isTTY === true) process.stderr.write('\r\u001b[2K');
  process.stdout.write(line);
}

async function drawFigures(
  folder: string,
  finished: readonly FinishedRun[],
  render: Render,
  quiet: boolean,
): Promise<void> {
  const figures = batchFigures(finished);
  const progress = new Progress('figures', figures.length, quiet);
  await writeFigures(folder, figures, render, (done) => progress.update(done));
  progress.end();
}
