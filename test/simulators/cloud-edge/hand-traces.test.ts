import { describe, expect, test } from 'vitest';
import { summarizeRun } from '../../../src/simulators/cloud-edge/summary.ts';
import { jctById, type Overrides, runTrace, sidesById } from './support.ts';

const TRACE_A: Overrides = {
  edge_concurrency: 1,
  edge_batch_capacity_k: 2,
  cloud_concurrency: 1,
  cloud_time_multiplier: 0.5,
  network_rtt: 0.1,
  arrival_trace: [1, 2, 3, 4].map((base_time, i) => ({ t: i / 10, base_time })),
};

const TRACE_B: Overrides = {
  edge_concurrency: 2,
  edge_batch_capacity_k: 1,
  cloud_concurrency: 2,
  cloud_time_multiplier: 0.5,
  network_rtt: 0.1,
  arrival_trace: [0, 0.1, 0.2, 0.3].map((t) => ({ t, base_time: 10 })),
};

describe('trace A: one edge batch of two, one cloud slot', () => {
  test.each(['fcfs', 'least-connections', 'round-robin'])('%s matches the hand computation', (scheduler) => {
    const { config, record } = runTrace({ ...TRACE_A, scheduler });
    const jct = jctById(record);
    for (const [i, expected] of [1.0, 1.1, 4.8, 4.7].entries()) expect(Math.abs(jct[i]! - expected)).toBeLessThan(1e-9);
    expect(sidesById(record)).toBe('ECEE');
    const summary = summarizeRun(record, config);
    expect(summary.avg_jct_s).toBeCloseTo(2.9, 9);
    expect(summary.avg_queueing_delay_s).toBeCloseTo(0.375, 9);
    expect(summary.total_throughput_rps).toBeCloseTo(0.8, 9);
    expect(summary.cloud_offload_rate).toBe(0.25);
    expect(summary.simulation_duration_actual).toBeCloseTo(5, 9);
  });

  test('a decision row gives the queue after it and the negated longest time started', () => {
    const { record } = runTrace({ ...TRACE_A, scheduler: 'fcfs', mode: 'time-series' });
    const rows = record.decisions.map(({ time, queueLength, edgeBusy, cloudBusy, reward }) => [
      Number(time.toFixed(9)),
      queueLength,
      edgeBusy,
      cloudBusy,
      Number(reward.toFixed(9)),
    ]);
    expect(rows).toEqual([
      [0, 0, 1, 0, -1],
      [0.1, 0, 1, 1, -1.1],
      [0.2, 1, 1, 1, 0],
      [0.3, 2, 1, 1, 0],
      [1, 0, 1, 1, -4],
      [1.2, 0, 1, 0, 0],
      [5, 0, 0, 0, 0],
    ]);
  });

  test('members of a batch keep their own time but leave with the slowest', () => {
    const { record } = runTrace({ ...TRACE_A, scheduler: 'fcfs' });
    const third = record.completed.find(({ id }) => id === 2)!;
    expect(third.ownTime).toBe(3);
    expect(third.completedAt - third.startedAt).toBe(4);
  });
});

describe('trace B: two edge batches of one, two cloud slots', () => {
  test.each([
    ['fcfs', 'EECC'],
    ['least-connections', 'ECEC'],
    ['round-robin', 'ECEC'],
  ])('%s sends %s and keeps the mean', (scheduler, sides) => {
    const { config, record } = runTrace({ ...TRACE_B, scheduler });
    expect(sidesById(record)).toBe(sides);
    expect(summarizeRun(record, config).avg_jct_s).toBeCloseTo(7.55, 9);
  });
});

describe('other hand-computed cases', () => {
  test('the response-time score counts delay, average and round trip, and the edge wins ties', () => {
    // Both averages start at 1 ms, so the idle edge wins; while it is busy for 5 s the idle cloud wins.
    const { record } = runTrace({
      scheduler: 'least-response-time',
      edge_concurrency: 1,
      edge_batch_capacity_k: 1,
      cloud_concurrency: 2,
      cloud_time_multiplier: 1,
      network_rtt: 0.5,
      arrival_trace: [
        { t: 0, base_time: 5 },
        { t: 1, base_time: 1 },
        { t: 2, base_time: 1 },
      ],
    });
    expect(sidesById(record)).toBe('ECC');
    expect(jctById(record).map((value) => Number(value.toFixed(9)))).toEqual([5, 1.5, 1.5]);
  });

  test('members of a continuous edge leave when they are done, and new ones join', () => {
    const { record } = runTrace({
      mode: 'continuous',
      scheduler: 'fcfs',
      edge_concurrency: 1,
      edge_batch_capacity_k: 2,
      cloud_concurrency: 0,
      arrival_trace: [1, 2, 3, 4].map((base_time, i) => ({ t: i / 10, base_time })),
    });
    // Two slots: 0 → [0, 1], 1 → [0.1, 2.1], 2 → [1, 4], 3 → [2.1, 6.1].
    const expected = [1, 2, 3.8, 5.8];
    for (const [i, value] of jctById(record).entries()) expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-9);
  });

  test('a continuous edge slows a request by its companions at admission', () => {
    const { record } = runTrace({
      mode: 'continuous',
      scheduler: 'fcfs',
      edge_concurrency: 1,
      edge_batch_capacity_k: 2,
      edge_slowdown: 0.5,
      cloud_concurrency: 0,
      arrival_trace: [
        { t: 0, base_time: 2 },
        { t: 1, base_time: 2 },
      ],
    });
    expect(jctById(record)).toEqual([2, 3]);
  });

  test('at one instant arrivals come before completions, and cloud before edge', () => {
    // The request of t = 1 finds the edge still busy: its batch ends at the same instant, but later in order.
    const { record } = runTrace({
      scheduler: 'fcfs',
      mode: 'time-series',
      edge_concurrency: 1,
      edge_batch_capacity_k: 1,
      cloud_concurrency: 0,
      arrival_trace: [
        { t: 0, base_time: 1 },
        { t: 1, base_time: 1 },
      ],
    });
    expect(record.decisions.map(({ time, queueLength }) => [time, queueLength])).toEqual([
      [0, 0],
      [1, 1],
      [1, 0],
      [2, 0],
    ]);
  });

  test('the horizon cuts the clock and leaves unfinished requests out', () => {
    const { config, record } = runTrace({ ...TRACE_A, scheduler: 'fcfs', simulation_duration: 2 });
    expect(record.clock).toBe(2);
    expect(record.completed).toHaveLength(2);
    expect(record.backlog).toEqual([0.2, 0.3]);
    const summary = summarizeRun(record, config);
    expect(summary.backlog_at_end).toBe(2);
    expect(summary.avg_jct_with_backlog_s).toBeCloseTo((1 + 1.1 + 1.8 + 1.7) / 4, 12);
  });

  test('the share within the target counts finished requests', () => {
    const { config, record } = runTrace({ ...TRACE_A, scheduler: 'fcfs', slo_s: 1.1 + 1e-9 });
    expect(summarizeRun(record, config).slo_attainment).toBe(0.5);
  });
});
