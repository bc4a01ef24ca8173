import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { placed } from '../../document/yaml.ts';
import type { SchedulerName } from '../../simulators/kvsched/scheduler-names.ts';
import { type KvschedSuite, kvschedSuite } from '../../simulators/kvsched/suite-schema.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { type IndexRow, pathPart } from './run-index.ts';
import { placedRefusal, saveRun } from './run-result.ts';
import { runSettings } from './run-settings.ts';
import { loadScenarioFile, type ScenarioFile } from './scenario-file.ts';
import { runTask } from './task.ts';

type Sweep = KvschedSuite['experiments'][number]['sweeps'][number];

/** A run of a suite, not yet done. */
export interface SuiteRun {
  readonly experiment: string;
  readonly sweep: Sweep;
  readonly loaded: ScenarioFile;
  readonly scheduler: SchedulerName;
  readonly seed: number;
  readonly ticks: number;
}

export interface SuiteRow {
  readonly experiment: string;
  readonly sweep: string;
  readonly row: IndexRow;
}

/**
 * Every run of a suite file: experiments × sweeps × schedulers × seeds.
 * @param base - scenario below all others; null is the built-in one
 * @throws InputError with the place in the suite or in a scenario
 */
export function planSuite(file: string, base: string | null): readonly SuiteRun[] {
  const source = readYamlFile(file);
  const { common, experiments } = placed(source, 0, () => {
    const suite = parseWith(kvschedSuite, source.value);
    refuseTwins(suite);
    return suite;
  });
  return experiments.flatMap(({ id, scenario, sweeps }) =>
    sweeps.flatMap((sweep) => {
      const options = { base, fidelity: 'wired' as const, over: sweep.overrides as JsonObject };
      const loaded = loadScenarioFile(scenarioFile(scenario, file), options);
      return common.schedulers.flatMap((scheduler) =>
        common.seeds.map((seed): SuiteRun => ({ experiment: id, sweep, loaded, scheduler, seed, ticks: common.ticks })),
      );
    }),
  );
}

/** Runs it and writes its summary below `out`. @throws InputError where strict links refuse the run */
export function runOfSuite({ experiment, sweep, loaded, scheduler, seed, ticks }: SuiteRun, out: string): SuiteRow {
  const { weights, policy } = sweep.scheduler_params;
  const common = {
    ticks,
    fidelity: 'wired',
    links: sweep.strict_network ? 'skip' : 'relaxed',
    weights,
    policy,
  } as const;
  const ablation = { prefetch: sweep.prefetch, overlap: sweep.overlap };
  const settings = runSettings(loaded, common, { ...ablation, scheduler, seed });
  const outcome = runTask(loaded.scenario, settings);
  if (outcome.kind === 'refused') throw placedRefusal(loaded, outcome);
  const folder = join(out, pathPart(experiment), pathPart(sweep.label));
  const { row } = saveRun({ loaded, settings, ablation, outcome }, folder);
  return { experiment, sweep: sweep.label, row };
}

/** Runs with one name would overwrite each other's results. */
function refuseTwins({ experiments }: KvschedSuite): void {
  const refuse = (names: readonly string[], path: (index: number) => readonly (string | number)[]): void => {
    const twin = names.findIndex((name, index) => names.findIndex((one) => pathPart(one) === pathPart(name)) < index);
    if (twin >= 0) throw new InputError(`${names[twin]} is used twice`, { path: path(twin), suggestion: 'rename it' });
  };
  refuse(
    experiments.map(({ id }) => id),
    (index) => ['experiments', index, 'id'],
  );
  for (const [place, { sweeps }] of experiments.entries()) {
    refuse(
      sweeps.map(({ label }) => label),
      (index) => ['experiments', place, 'sweeps', index, 'label'],
    );
  }
}

function scenarioFile(name: string, suite: string): string {
  const beside = join(dirname(suite), name);
  return !existsSync(name) && existsSync(beside) ? beside : name;
}
