import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { createScheduler } from '../../../src/simulators/cloud-edge/scheduler-table.ts';
import { type RunRecord, simulate } from '../../../src/simulators/cloud-edge/simulate.ts';
import { type Overrides, poisson } from './support.ts';

/** 10^5 requests: the standard error of a mean stay at load 0.7 is near 1 %, so 3 % is about three of them. */
const REQUESTS = 100_000;
const TOLERANCE = 0.03;

const exponential = (uniform: () => number): number => -Math.log(1 - uniform());

function run(overrides: Overrides, rate: number, draw: (uniform: () => number) => number, seed = 1): RunRecord {
  const config = parseConfig({ scheduler: 'fcfs', network_rtt: 0, cloud_time_multiplier: 1, ...overrides });
  const scheduler = createScheduler(config, 1, seed);
  return simulate(config, poisson(rate, seed, draw), scheduler, { duration: REQUESTS / rate, recordDecisions: false });
}

function meanStay({ completed }: RunRecord): number {
  return completed.reduce((sum, { arrivedAt, completedAt }) => sum + completedAt - arrivedAt, 0) / completed.length;
}

/** Probability of waiting in M/M/c with offered load a. */
function erlangC(servers: number, a: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k < servers; k++) {
    term *= a / k;
    sum += term;
  }
  const last = (term * a) / servers / (1 - a / servers);
  return last / (sum + last);
}

describe('with one side disabled the simulator is a textbook queue', () => {
  test('M/M/1 on the cloud: mean stay 1/(μ − λ)', () => {
    const stay = meanStay(run({ edge_concurrency: 0, cloud_concurrency: 1 }, 0.7, exponential));
    expect(Math.abs(stay / (1 / 0.3) - 1)).toBeLessThan(TOLERANCE);
  });

  test('M/M/1 on the edge with batches of one', () => {
    const edge = { edge_concurrency: 1, edge_batch_capacity_k: 1, cloud_concurrency: 0 };
    const stay = meanStay(run(edge, 0.5, exponential));
    expect(Math.abs(stay / 2 - 1)).toBeLessThan(TOLERANCE);
  });

  test('M/M/8 on the cloud: mean stay by Erlang C', () => {
    const rate = 8 * 0.8;
    const expected = 1 + erlangC(8, rate) / (8 - rate);
    const stay = meanStay(run({ edge_concurrency: 0, cloud_concurrency: 8 }, rate, exponential));
    expect(Math.abs(stay / expected - 1)).toBeLessThan(TOLERANCE);
  });

  test('M/D/1 on the cloud: half the wait of M/M/1', () => {
    const rho = 0.7;
    const stay = meanStay(run({ edge_concurrency: 0, cloud_concurrency: 1 }, rho, () => 1));
    expect(Math.abs(stay / (1 + rho / (2 * (1 - rho))) - 1)).toBeLessThan(TOLERANCE);
  });

  test('a continuous edge is M/M/c with all slots', () => {
    const edge = { mode: 'continuous', edge_concurrency: 2, edge_batch_capacity_k: 4, cloud_concurrency: 0 };
    const rate = 8 * 0.8;
    const expected = 1 + erlangC(8, rate) / (8 - rate);
    expect(Math.abs(meanStay(run(edge, rate, exponential)) / expected - 1)).toBeLessThan(TOLERANCE);
  });

  test.each([2, 4, 8])('a saturated edge serves K/(τ·H_K) with K = %i', (size) => {
    const harmonic = Array.from({ length: size }, (_, i) => 1 / (i + 1)).reduce((sum, term) => sum + term, 0);
    const edge = { edge_concurrency: 1, edge_batch_capacity_k: size, cloud_concurrency: 0 };
    const record = run(edge, (3 * size) / harmonic, exponential);
    const rate = record.completed.length / record.clock;
    expect(Math.abs(rate / (size / harmonic) - 1)).toBeLessThan(TOLERANCE);
  });

  test("Little's law ties stays, throughput and number in system", () => {
    const record = run({ cloud_concurrency: 4 }, 4, exponential);
    const stays = record.completed.map(({ arrivedAt, completedAt }) => [arrivedAt, completedAt] as const);
    const changes = [
      ...stays.map(([t]) => [t, 1] as const),
      ...stays.map(([, t]) => [t, -1] as const),
      ...record.backlog.map((t) => [t, 1] as const),
    ].sort((a, b) => a[0] - b[0]);
    let inSystem = 0;
    let previous = 0;
    let area = 0;
    for (const [time, change] of changes) {
      area += inSystem * (time - previous);
      inSystem += change;
      previous = time;
    }
    area += inSystem * (record.clock - previous);
    const ages = record.backlog.reduce((sum, t) => sum + record.clock - t, 0);
    const total = stays.reduce((sum, [from, to]) => sum + to - from, 0) + ages;
    expect(Math.abs(area / total - 1)).toBeLessThan(1e-9);
  });
});
