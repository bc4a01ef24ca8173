import { describe, expect, test } from 'vitest';
import { pairedChange } from '../../src/numeric/statistics.ts';
import { parseConfig } from '../../src/simulators/cloud-edge/config.ts';
import { runExperiment } from '../../src/simulators/cloud-edge/experiment.ts';
import type { SchedulerName } from '../../src/simulators/cloud-edge/scheduler-names.ts';
import type { RunSummary } from '../../src/simulators/cloud-edge/summary.ts';

const EPOCHS = 10;
const LEARNED: readonly SchedulerName[] = ['clinucb', 'clinucb-full', 'cn-greedy', 'cn-ducb'];

/** The published defaults: 7200 s at 5 requests/s, about 0.9 of what both nodes can serve, ten epochs. */
const config = parseConfig({});

describe('the default workload, two hours, ten seeds', () => {
  const runs = new Map<SchedulerName, RunSummary[]>();
  for (const { config: used, summary } of runExperiment(config, ['fcfs', ...LEARNED], EPOCHS)) {
    runs.set(used.scheduler, [...(runs.get(used.scheduler) ?? []), summary!]);
  }

  test.each(LEARNED)('%s beats FCFS in mean completion time, unfinished requests counted or not', (scheduler) => {
    for (const metric of ['avg_jct_s', 'avg_jct_with_backlog_s', 'avg_queueing_delay_s'] as const) {
      const values = (name: SchedulerName): number[] => runs.get(name)!.map((summary) => summary[metric]!);
      const { scale, value, high } = pairedChange(values('fcfs'), values(scheduler));
      console.log(`${scheduler} ${metric}: ${value.toFixed(4)}, at most ${high!.toFixed(4)} (${scale}) against FCFS`);
      expect(high).toBeLessThan(0);
    }
  });
});
