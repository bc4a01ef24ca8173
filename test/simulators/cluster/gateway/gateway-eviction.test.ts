import { describe, expect, it } from 'vitest';
import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import type { EngineConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import { PHASE } from '../../../../src/simulators/cluster/request-states.ts';
import { asRequest } from '../golden/indices.ts';
import { randomCluster } from '../golden/random-cluster.ts';
import { openWorkload, tokenTable } from '../golden/token-table.ts';

const { config: base } = randomCluster(0, { kv: 'gpu-only', instances: 1 });

/** One instance that is saturated by as many requests as there are before the last. */
function config(maxConcurrency: number): EngineConfig {
  return {
    ...base,
    horizonUs: Number.POSITIVE_INFINITY,
    admissionLatencyUs: 0,
    routingLatencyUs: 0,
    snapshotRefreshUs: 0,
    routing: { policy: 'round-robin', scorers: [] },
    admission: { kind: 'always-admit' },
    gateway: {
      detector: { kind: 'concurrency', maxConcurrency },
      dispatchOrder: 'fifo',
      fairness: 'global-strict',
      sloTargetsUs: {},
      maxDepth: 0,
      perBandCapacity: 0,
      usageLimit: 1,
      requestTtlUs: 0,
      shedding: false,
      inFlightEviction: true,
      tickUs: 100,
    },
    instance: {
      ...base.instance,
      totalBlocks: 100,
      blockSize: 4,
      maxSeqs: 8,
      maxBatchedTokens: 64,
      longPrefillThreshold: 0,
      maxModelLen: 0,
      scheduler: 'fcfs',
      latency: { kind: 'blackbox', alpha: [0, 0, 0], beta: [100, 1, 1] },
    },
  };
}

/** Requests as (class, arrival); the last one is critical and finds the instance saturated. */
function evicted(requests: readonly (readonly [sloClass: string, arrivalUs: number])[]): number[] {
  const table = tokenTable(
    requests.map(([sloClass, arrivalUs], index) => ({
      id: `r${index}`,
      arrivalUs,
      input: [1000 * index],
      output: Array.from({ length: 50 }, (_, i) => 1000 * index + i + 1),
      maxOutput: 50,
      deadlineUs: 0,
      sloClass,
    })),
  );
  const engine = new ClusterEngine(config(requests.length - 1), openWorkload(table));
  engine.run();
  const { phase } = engine.requests;
  const rows = requests.map((_, row) => asRequest(row));
  expect(rows.every((row) => phase[row] === PHASE.evicted || phase[row] === PHASE.completed)).toBe(true);
  expect(phase[asRequest(requests.length - 1)]).toBe(PHASE.completed);
  const gone = rows.filter((row) => phase[row] === PHASE.evicted);
  expect(engine.parts.eviction?.evicted).toBe(gone.length);
  return gone;
}

describe('making room for a protected request at the gateway', () => {
  it('takes the request of the lowest class, however early it came', () => {
    expect(
      evicted([
        ['sheddable', 0],
        ['background', 10],
        ['batch', 20],
        ['critical', 1_000],
      ]),
    ).toEqual([1]);
  });

  it('within a class takes the one that was dispatched last', () => {
    expect(
      evicted([
        ['sheddable', 0],
        ['sheddable', 10],
        ['sheddable', 20],
        ['critical', 1_000],
      ]),
    ).toEqual([2]);
  });

  it('of equals dispatched at the same time takes the one that came behind the others', () => {
    expect(
      evicted([
        ['sheddable', 0],
        ['sheddable', 0],
        ['sheddable', 0],
        ['critical', 1_000],
      ]),
    ).toEqual([2]);
  });
});
