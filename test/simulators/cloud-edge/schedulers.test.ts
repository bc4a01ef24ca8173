import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { runExperiment } from '../../../src/simulators/cloud-edge/experiment.ts';
import { KeyedQueue } from '../../../src/simulators/cloud-edge/keyed-queue.ts';
import { type OrderingModel, poolScheduler } from '../../../src/simulators/cloud-edge/pool-scheduler.ts';
import type { NodesView } from '../../../src/simulators/cloud-edge/scheduler.ts';
import { SCHEDULER_NAMES } from '../../../src/simulators/cloud-edge/scheduler-names.ts';
import { runTrace, sidesById, vector } from './support.ts';

const anyConfig = fc.record({
  mode: fc.constantFrom('static', 'time-series', 'continuous', 'continuous-legacy'),
  scheduler: fc.constantFrom(...SCHEDULER_NAMES),
  legacy: fc.boolean(),
  random_seed: fc.integer({ min: 0, max: 1000 }),
  simulation_duration: fc.constant(60),
  request_rate_lambda: fc.constantFrom(0.5, 3, 8),
  edge_concurrency: fc.integer({ min: 0, max: 3 }),
  edge_batch_capacity_k: fc.integer({ min: 1, max: 5 }),
  cloud_concurrency: fc.integer({ min: 1, max: 6 }),
  edge_slowdown: fc.constantFrom(0, 0.1),
  nn_hidden_layers: fc.constantFrom([], [4]),
  nn_batch_size: fc.constant(8),
  candidate_pool_size_m_factor: fc.constantFrom(1, 2, 8),
});

describe('laws that every scheduler keeps', () => {
  test('no request is lost, run twice or started before it arrives; nodes never overflow', () => {
    fc.assert(
      fc.property(anyConfig, (overrides) => {
        const config = parseConfig({ ...overrides, dataset: { synthetic: { rows: 200, seed: 1 } } });
        for (const { record } of runExperiment(config, [config.scheduler], 1)) {
          const { completed, backlog, arrived, clock } = record;
          expect(completed.length + backlog.length).toBe(arrived);
          expect(new Set(completed.map(({ id }) => id)).size).toBe(completed.length);
          for (const { arrivedAt, startedAt, completedAt, ownTime } of completed) {
            expect(startedAt).toBeGreaterThanOrEqual(arrivedAt);
            expect(completedAt - startedAt).toBeGreaterThanOrEqual(ownTime - 1e-9);
            expect(completedAt).toBeLessThanOrEqual(clock);
          }
          const slots = config.mode === 'continuous' ? config.edge_batch_capacity_k : 1;
          let previous = 0;
          for (const { time, edgeBusy, cloudBusy } of record.decisions) {
            expect(time).toBeGreaterThanOrEqual(previous);
            previous = time;
            expect(edgeBusy).toBeLessThanOrEqual(config.edge_concurrency * slots);
            expect(cloudBusy).toBeLessThanOrEqual(config.cloud_concurrency);
          }
        }
      }),
      { numRuns: 30, seed: 11 },
    );
  });

  test('equal seeds give equal runs, and all schedulers of an epoch meet the same arrivals', () => {
    const config = parseConfig({ simulation_duration: 40, nn_batch_size: 8, nn_hidden_layers: [4], random_seed: 5 });
    const arrivals = new Set<string>();
    for (const scheduler of SCHEDULER_NAMES) {
      const [first, second] = [1, 2].map(() => [...runExperiment(config, [scheduler], 1)][0]!);
      expect(second!.record).toEqual(first!.record);
      const times = [...first!.record.completed.map(({ id, arrivedAt }) => `${id}:${arrivedAt}`)];
      const backlog = first!.record.backlog;
      arrivals.add(`${times.length + backlog.length}`);
      for (const item of times) arrivals.add(item);
    }
    const ids = [...arrivals].filter((item) => item.includes(':')).map((item) => item.split(':')[0]);
    expect(new Set(ids).size).toBe(ids.length);
    const other = [...runExperiment({ ...config, random_seed: 6 }, ['fcfs'], 1)][0]!;
    expect(other.record.completed[0]!.arrivedAt).not.toBe(
      [...runExperiment(config, ['fcfs'], 1)][0]!.record.completed[0]!.arrivedAt,
    );
  });

  test('the two historical rules decide alike', () => {
    const config = parseConfig({ simulation_duration: 300, request_rate_lambda: 6 });
    const [time, length] = [...runExperiment(config, ['least-response-time', 'queue-length'], 1)];
    expect(length!.record).toEqual(time!.record);
  });

  test('the cloud average forgets the round trip, unless the published way is asked for', () => {
    // Request 0 holds the edge; 1 teaches the cloud average (1 s, or 3 s with the round trip). At t = 7 both are idle:
    // edge 4.5 s against cloud 1 + 2 s, or 3 + 2 s.
    const trace = {
      scheduler: 'least-response-time',
      edge_concurrency: 1,
      edge_batch_capacity_k: 1,
      cloud_concurrency: 1,
      cloud_time_multiplier: 1,
      network_rtt: 2,
      arrival_trace: [
        { t: 0, base_time: 4.5 },
        { t: 1, base_time: 1 },
        { t: 7, base_time: 1 },
      ],
    };
    // The edge is free as well and the batch takes only requests that preferred it.
    expect(sidesById(runTrace(trace).record)).toBe('ECC');
    expect(sidesById(runTrace({ ...trace, legacy: ['cloud_average'] }).record)).toBe('ECE');
  });
});

describe('pool schedulers', () => {
  const nodes = (edgeRoom: number, cloudFree: number): NodesView => ({
    edgeRoom,
    edgeCapacity: 2,
    edgeFree: edgeRoom > 0 ? 1 : 0,
    edgeBusy: 0,
    edgeSlotsFor: () => 1,
    cloudFree,
    cloudBusy: 0,
    edgeDelay: () => 0,
    cloudDelay: () => 0,
    edgeAverage: 0,
    cloudAverage: 0,
  });
  const request = (id: number, key: number) => ({ id, arrivedAt: id, features: vector(key) });
  const byFeature = (renewed: (id: number, stored: number) => number): OrderingModel => ({
    arrivalKey: ({ features }) => features.values[0]!,
    refreshedKey: ({ id }, stored) => renewed(id, stored),
    cloudKey: (_request, stored) => -stored,
    prediction: (_request, stored) => stored,
    learn: () => {},
  });

  test('the edge takes the smallest renewed keys of the pool, the cloud the next by its own key', () => {
    const scheduler = poolScheduler(
      byFeature((id, stored) => (id === 0 ? 100 : stored)),
      2,
    );
    for (const [id, key] of [1, 5, 2, 4, 3, 9].entries()) scheduler.add(request(id, key), 0, nodes(0, 0));
    // Pool of 4: keys 1, 2, 3, 4 → ids 0, 2, 4, 3; id 0 is renewed to 100. Edge: ids 2, 4. Rest by −key: id 0, then 3.
    const dispatches = scheduler.schedule(1, nodes(2, 1));
    expect(dispatches).toMatchObject([
      { kind: 'edge', requests: [{ id: 2 }, { id: 4 }], predictions: [2, 3] },
      { kind: 'cloud', request: { id: 0 }, prediction: 100 },
    ]);
    expect(scheduler.queueLength).toBe(3);
  });

  test('without room nothing moves', () => {
    const scheduler = poolScheduler(
      byFeature(() => 0),
      2,
    );
    scheduler.add(request(0, 1), 0, nodes(0, 0));
    expect(scheduler.schedule(1, nodes(0, 0))).toEqual([]);
    expect(scheduler.queueLength).toBe(1);
  });

  test('ties go by arrival, then id', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }))), (pairs) => {
        const queue = new KeyedQueue();
        for (const [id, [key, arrivedAt]] of pairs.entries()) {
          queue.push({ key, request: { id, arrivedAt, features: vector(0) } });
        }
        const order = queue.take(pairs.length).map(({ key, request: { arrivedAt, id } }) => [key, arrivedAt, id]);
        const sorted = pairs
          .map(([key, at], id) => [key, at, id])
          .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!);
        expect(order).toEqual(sorted);
      }),
    );
  });
});
