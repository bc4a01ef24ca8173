import { describe, expect, test } from 'vitest';
import { pairedChange } from '../../../src/numeric/statistics.ts';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { runExperiment } from '../../../src/simulators/cloud-edge/experiment.ts';
import type { RunSummary } from '../../../src/simulators/cloud-edge/summary.ts';

const SEEDS = 10;

/** Ten epochs near saturation, each with its own prompts and arrivals; short horizon and a narrow network. */
const config = parseConfig({
  simulation_duration: 200,
  request_rate_lambda: 5.6,
  nn_hidden_layers: [16],
  nn_train_interval: 5,
});

function figures(scheduler: 'fcfs' | 'clinucb' | 'cn-greedy' | 'cn-ducb', metric: keyof RunSummary): readonly number[] {
  return [...runExperiment(config, [scheduler], SEEDS)].map(({ summary }) => summary![metric]!);
}

describe('learning pays', () => {
  const base = {
    avg_jct_s: figures('fcfs', 'avg_jct_s'),
    avg_jct_with_backlog_s: figures('fcfs', 'avg_jct_with_backlog_s'),
  };

  test.each(['clinucb', 'cn-greedy', 'cn-ducb'] as const)(
    '%s has a lower mean completion time than FCFS over 10 seeds, unfinished requests counted or not',
    (scheduler) => {
      const runs = [...runExperiment(config, [scheduler], SEEDS)].map(({ summary }) => summary!);
      for (const metric of ['avg_jct_s', 'avg_jct_with_backlog_s'] as const) {
        const change = pairedChange(
          base[metric],
          runs.map((summary) => summary[metric]!),
        );
        expect(change.high).toBeLessThan(0);
      }
    },
  );
});
