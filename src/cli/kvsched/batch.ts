import { join } from 'node:path';
import { describeInputError, InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { openBatchPool } from '../../companions/kvsched/batch-pool.ts';
import { batchFigures, type FinishedRun, type Render, writeFigures } from '../../companions/kvsched/figures.ts';
import { type IndexRow, indexRecord, pathPart, writeIndex, writeText } from '../../companions/kvsched/run-index.ts';
import {
  loadScenarioFile,
  type ScenarioFile,
  scenarioFiles,
  shortName,
} from '../../companions/kvsched/scenario-file.ts';
import { type RunOutcome, refusal, summaryDocument } from '../../companions/kvsched/task.ts';
import { gpuWarnings } from '../../simulators/kvsched/gpu-latency.ts';
import { type SchedulerName, schedulerName } from '../../simulators/kvsched/settings.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import {
  type Ablation,
  commonSettings,
  listOf,
  runSettings,
  scenarioOptions,
  seedsFlag,
  simulationFlags,
} from './flags.ts';

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

/** One run of the plan; a scenario that could not be read keeps its error. */
interface PlannedRun {
  readonly file: string;
  readonly loaded: ScenarioFile | InputError;
  readonly scheduler: SchedulerName;
  readonly seed: number;
  readonly ablation: Ablation;
}

async function runBatch(flags: Flags): Promise<number> {
  const common = commonSettings(flags);
  const plan = planRuns(flags);
  const ablated = new Set(plan.map(({ ablation }) => JSON.stringify(ablation))).size > 1;
  const scenarios = [...new Set(plan.flatMap(({ loaded }) => (loaded instanceof InputError ? [] : [loaded])))];
  for (const { file, scenario } of scenarios) {
    for (const warning of gpuWarnings(scenario)) process.stderr.write(`warning: ${shortName(file)}: ${warning}\n`);
  }
  const quiet = switchFlag(flags, 'quiet');
  const json = switchFlag(flags, 'json');
  const pool = openBatchPool(
    scenarios,
    Math.min(integerFlag(flags, 'workers', 1, MAX_WORKERS) ?? defaultWorkers(), plan.length),
  );
  try {
    const progress = new Progress('runs', plan.length, quiet);
    let done = 0;
    const outcomes = plan.map(async (run): Promise<FinishedRun | InputError> => {
      const { loaded } = run;
      const result =
        loaded instanceof InputError
          ? loaded
          : await pool
              .simulate(loaded, {
                scenario: scenarios.indexOf(loaded),
                settings: runSettings(loaded, common, { ...run.ablation, ...run }),
              })
              .then((outcome) => finish(flags, { ...run, loaded }, outcome, ablated));
      progress.update(++done);
      return result;
    });
    for (const outcome of outcomes) outcome.catch(() => undefined);
    const finished = await report(plan, outcomes, { ablated, json, failFast: switchFlag(flags, 'fail-fast') });
    progress.end();
    if (finished.length === 0) throw new InputError('no run succeeded; nothing was indexed');
    const rows = finished.map(({ row }) => row);
    writeIndex(requiredText(flags, 'index'), rows);
    if (flags['plots'] !== false) await drawFigures(requiredText(flags, 'figdir'), finished, pool.render, quiet);
    if (json) process.stdout.write(`${JSON.stringify(rows.map(indexRecord), null, 2)}\n`);
    process.stderr.write(`${rows.length} of ${plan.length} runs in ${requiredText(flags, 'index')}\n`);
    return rows.length === plan.length ? EXIT.ok : EXIT.failure;
  } finally {
    await pool.close();
  }
}

/** Scenarios (by file name) × schedulers × seeds × ablations. */
function planRuns(flags: Flags): readonly PlannedRun[] {
  const files = scenarioFiles(listOf(requiredText(flags, 'scenarios')));
  const options = scenarioOptions(flags);
  const schedulers = [...new Set(listOf(requiredText(flags, 'schedulers')).map((name) => schedulerName(name)))];
  if (schedulers.length === 0) throw new InputError('--schedulers needs at least one scheduler');
  const seeds = seedsFlag(flags, 'seeds');
  const given = flags['prefetch'] !== undefined || flags['overlap'] !== undefined;
  const ablations: readonly Ablation[] = given
    ? [{ prefetch: switchFlag(flags, 'prefetch'), overlap: switchFlag(flags, 'overlap') }]
    : [false, true].flatMap((prefetch) => [false, true].map((overlap) => ({ prefetch, overlap })));
  const loadedFiles = files.map((file) => ({ file, loaded: load(file, () => loadScenarioFile(file, options)) }));
  refuseSharedIds(loadedFiles.flatMap(({ loaded }) => (loaded instanceof InputError ? [] : [loaded])));
  return loadedFiles.flatMap(({ file, loaded }) =>
    schedulers.flatMap((scheduler) =>
      seeds.flatMap((seed) => ablations.map((ablation) => ({ file, loaded, scheduler, seed, ablation }))),
    ),
  );
}

function load(file: string, read: () => ScenarioFile): ScenarioFile | InputError {
  try {
    return read();
  } catch (error) {
    if (error instanceof InputError) return error.at({ position: { file } });
    throw error;
  }
}

/** Two scenarios with one name would overwrite each other's results. */
function refuseSharedIds(files: readonly ScenarioFile[]): void {
  for (const [index, { scenario, source, file }] of files.entries()) {
    const other = files.slice(0, index).find((earlier) => pathPart(earlier.scenario.id) === pathPart(scenario.id));
    if (other === undefined) continue;
    throw new InputError(`${shortText(scenario.id)} is also the name of ${shortName(other.file)}`, {
      path: ['scenario_id'],
      position: { ...source.locate(['scenario_id']), file },
      suggestion: 'rename one of them',
    });
  }
}

/** Places a refusal in its file, or writes `summary.json` and makes the row. */
function finish(
  flags: Flags,
  run: PlannedRun & { readonly loaded: ScenarioFile },
  outcome: RunOutcome,
  ablated: boolean,
): FinishedRun | InputError {
  const { loaded, scheduler, seed, ablation } = run;
  if (outcome.kind === 'refused') {
    const error = refusal(outcome);
    return error.placedBy(loaded.source.locate);
  }
  const { prefetch, overlap } = ablation;
  const folder = ablated ? `pf${Number(prefetch)}_ov${Number(overlap)}` : '';
  const id = loaded.scenario.id;
  const summaryPath = join(requiredText(flags, 'out'), pathPart(id), scheduler, `seed=${seed}`, folder, 'summary.json');
  writeText(summaryPath, `${JSON.stringify(summaryDocument(outcome.summary, outcome.samples))}\n`);
  const ticks = outcome.samples.total.length;
  const strictNetwork = switchFlag(flags, 'strict-network');
  const row: IndexRow = {
    summary: outcome.summary,
    scenario: id,
    scheduler,
    seed,
    ticks,
    prefetch,
    overlap,
    strictNetwork,
    summaryPath,
  };
  return { row, samples: outcome.samples };
}

/** Prints a line per run in the order of the plan, as soon as all earlier runs are done. */
async function report(
  plan: readonly PlannedRun[],
  outcomes: readonly Promise<FinishedRun | InputError>[],
  { ablated, json, failFast }: { ablated: boolean; json: boolean; failFast: boolean },
): Promise<readonly FinishedRun[]> {
  const finished: FinishedRun[] = [];
  for (const [index, run] of plan.entries()) {
    const outcome = await outcomes[index]!;
    const { prefetch, overlap } = run.ablation;
    const name =
      `${shortName(run.file)} ${run.scheduler} seed=${run.seed}` +
      (ablated ? ` pf=${Number(prefetch)} ov=${Number(overlap)}` : '');
    if (outcome instanceof InputError) {
      if (failFast) throw outcome;
      const lines = describeInputError(outcome).split('\n');
      const line = lines.map((problem) => `${pc.red('[ERROR]')} ${name}: ${problem}\n`).join('');
      if (json) process.stderr.write(line);
      else print(line);
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
