import { arrivalsFor, type PromptSet, promptSet, rowsFor } from './arrivals.ts';
import { artifactKinds, type ExperimentRun } from './artifacts.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import type { SchedulerName } from './scheduler-names.ts';
import { createScheduler } from './scheduler-table.ts';
import { simulate } from './simulate.ts';
import { summarizeRun } from './summary.ts';

/**
 * Every scheduler over every epoch. Epoch n uses seed random_seed + n, so all schedulers of an epoch meet the same
 * arrivals. Yields as runs finish: a caller can write and forget them.
 */
export function* runExperiment(
  config: CloudEdgeConfig,
  schedulers: readonly SchedulerName[],
  epochs: number,
): Generator<ExperimentRun> {
  let shared: PromptSet | null = null;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const seed = config.random_seed + epoch;
    const redraw = config.dataset.kind === 'synthetic' && config.dataset.seed === null;
    if (config.arrival_trace === null && (shared === null || redraw)) {
      shared = promptSet(rowsFor(config, seed), config);
    }
    for (const scheduler of schedulers) yield runOne({ ...config, scheduler }, epoch, seed, shared);
  }
}

function runOne(config: CloudEdgeConfig, epoch: number, seed: number, prompts: PromptSet | null): ExperimentRun {
  const duration = config.simulation_duration;
  const arrivals = arrivalsFor(config, seed, duration, prompts);
  const scheduler = createScheduler(config, arrivals.dimension, seed);
  const recordDecisions = artifactKinds(config).includes('timeseries');
  const record = simulate(config, arrivals, scheduler, { duration, recordDecisions });
  const summary = record.completed.length === 0 ? null : summarizeRun(record, config);
  return { epoch, seed, config, summary, record };
}
