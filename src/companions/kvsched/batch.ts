import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { SchedulerName } from '../../simulators/kvsched/scheduler-names.ts';
import type { BatchPool } from './batch-pool.ts';
import type { FinishedRun } from './figures.ts';
import { pathPart } from './run-index.ts';
import { placedRefusal, saveRun } from './run-result.ts';
import { type Ablation, type CommonSettings, runSettings } from './run-settings.ts';
import { loadScenarioFile, type ScenarioFile, type ScenarioOptions, shortName } from './scenario-file.ts';

/** One run of the plan; a scenario that could not be read keeps its error. */
export interface PlannedRun {
  readonly file: string;
  readonly loaded: ScenarioFile | InputError;
  readonly scheduler: SchedulerName;
  readonly seed: number;
  readonly ablation: Ablation;
}

export interface BatchPlan {
  readonly runs: readonly PlannedRun[];
  /** The scenarios that could be read. */
  readonly scenarios: readonly ScenarioFile[];
  /** More than one combination of the switches is run. */
  readonly ablated: boolean;
}

/** What every scenario is run with. */
export interface BatchAxes {
  readonly schedulers: readonly SchedulerName[];
  readonly seeds: readonly number[];
  readonly ablations: readonly Ablation[];
}

/**
 * Scenarios (in the order of `files`) × schedulers × seeds × ablations.
 * @throws InputError when two scenarios have one name
 */
export function planBatch(files: readonly string[], options: ScenarioOptions, axes: BatchAxes): BatchPlan {
  const read = files.map((file) => ({ file, loaded: attempt(file, options) }));
  const scenarios = read.flatMap(({ loaded }) => (loaded instanceof InputError ? [] : [loaded]));
  refuseSharedIds(scenarios);
  const { schedulers, seeds, ablations } = axes;
  const runs = read.flatMap((one) =>
    schedulers.flatMap((scheduler) =>
      seeds.flatMap((seed) => ablations.map((ablation) => ({ ...one, scheduler, seed, ablation }))),
    ),
  );
  return { runs, scenarios, ablated: ablations.length > 1 };
}

export interface BatchOptions {
  readonly common: CommonSettings;
  /** Folder for the summary.json files. */
  readonly out: string;
  readonly onRunDone: () => void;
}

/** Starts every run of the plan, each of which writes its summary when it is done; answers in the order of the plan. */
export function startRuns(
  { runs, scenarios, ablated }: BatchPlan,
  pool: BatchPool,
  { common, out, onRunDone }: BatchOptions,
): readonly Promise<FinishedRun | InputError>[] {
  const outcomes = runs.map(async ({ loaded, ablation, scheduler, seed }): Promise<FinishedRun | InputError> => {
    if (loaded instanceof InputError) return loaded;
    const settings = runSettings(loaded, common, { ...ablation, scheduler, seed });
    const outcome = await pool.simulate(loaded, { scenario: scenarios.indexOf(loaded), settings });
    if (outcome.kind === 'refused') return placedRefusal(loaded, outcome);
    const folder = ablated ? `pf${Number(ablation.prefetch)}_ov${Number(ablation.overlap)}` : '';
    return saveRun({ loaded, settings, ablation, outcome }, out, folder);
  });
  // A failure is thrown where it is waited for, in the order of the plan.
  for (const outcome of outcomes) outcome.then(onRunDone, () => undefined);
  return outcomes;
}

function attempt(file: string, options: ScenarioOptions): ScenarioFile | InputError {
  try {
    return loadScenarioFile(file, options);
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
