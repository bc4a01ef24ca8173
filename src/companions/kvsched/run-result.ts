import { join } from 'node:path';
import type { InputError } from '../../base/errors.ts';
import type { RunSettings } from '../../simulators/kvsched/settings.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import type { FinishedRun } from './figures.ts';
import { type IndexRow, pathPart } from './run-index.ts';
import type { Ablation } from './run-settings.ts';
import type { ScenarioFile } from './scenario-file.ts';
import { type RunOutcome, refusal, summaryDocument } from './task.ts';

export interface SimulatedRun {
  readonly loaded: ScenarioFile;
  readonly settings: RunSettings;
  readonly ablation: Ablation;
  readonly outcome: Extract<RunOutcome, { kind: 'done' }>;
}

/** Writes `summary.json` below `out`, in a folder of scenario, scheduler, seed and `subfolder`. @throws InputError */
export function saveRun(
  { loaded, settings, ablation, outcome }: SimulatedRun,
  out: string,
  subfolder = '',
): FinishedRun {
  const { summary, samples } = outcome;
  const { id } = loaded.scenario;
  const { scheduler, seed } = settings;
  const row: IndexRow = {
    summary,
    scenario: id,
    scheduler,
    seed,
    ticks: settings.ticks,
    ...ablation,
    strictNetwork: settings.links !== 'relaxed',
    summaryPath: join(out, pathPart(id), scheduler, `seed=${seed}`, subfolder, 'summary.json'),
  };
  writeTextFile(row.summaryPath, `${JSON.stringify(summaryDocument(summary, samples))}\n`);
  return { row, samples };
}

/** The refusal of a run, placed in the scenario's file. */
export function placedRefusal({ source }: ScenarioFile, outcome: Extract<RunOutcome, { kind: 'refused' }>): InputError {
  return refusal(outcome).placedBy(source.locate);
}
