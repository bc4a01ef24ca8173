import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { arrivalTimes } from '../../../src/simulators/gpu-jobs/arrival-process.ts';
import { clusterByName } from '../../../src/simulators/gpu-jobs/cluster-spec.ts';
import { NAMED_ORDERINGS } from '../../../src/simulators/gpu-jobs/ordering.ts';
import { simulateSimplified } from '../../../src/simulators/gpu-jobs/simplified-engine.ts';
import type { Task } from '../../../src/simulators/gpu-jobs/task.ts';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';
import { job, tokenConfig } from './token-cases.ts';

const COUNT = 30_000;
/** Small against the mean service time of 1 s: starts are late by dt/2 on average. */
const DT = 0.004;
/** Consecutive waits are correlated, means of thousands of them hardly. */
const BATCHES = 20;

interface Law {
  readonly rate: number;
  /** Mean 1 s. */
  readonly service: 'exponential' | 'deterministic';
  readonly heavyShare?: number;
}

function tasksOf({ rate, service, heavyShare = 0 }: Law): Task[] {
  const times = arrivalTimes({ kind: 'poisson', rate }, COUNT, stream(11, 'arrivals'));
  const sizes = stream(11, 'sizes');
  const classes = stream(11, 'classes');
  return Array.from(times, (arrival, i) => {
    const tokens = service === 'deterministic' ? 1000 : Math.round(1000 * sizes.exponential());
    const weight = classes.uniform() < heavyShare ? 10 : 1;
    return job(`t${i}`, tokens, 0, { arrival, weight, model: 'Qwen3', tp: 2 });
  });
}

/** Waits until the start in order of arrival, of one class. */
type Waits = (weight: number) => readonly number[];

function waitsOf(tasks: readonly Task[], cluster: string, ordering: string): Waits {
  const { start } = simulateSimplified(
    {
      cluster: clusterByName(cluster),
      ordering: NAMED_ORDERINGS[ordering]!,
      slotRule: 'work-conserving',
      clock: 'accumulate',
      dt: DT,
      maxTime: tasks.at(-1)!.arrival + 1000,
    },
    tasks,
  );
  return (weight) => tasks.flatMap((task, i) => (task.weight === weight ? [start[i]! - task.arrival] : []));
}

/** The mean lies within 3.5 standard errors (batch means) of the expected one, and those are below 10 %. */
function expectMean(waits: readonly number[], expected: number): void {
  const size = Math.floor(waits.length / BATCHES);
  const means = Array.from({ length: BATCHES }, (_, b) => mean(waits.slice(b * size, (b + 1) * size)));
  const centre = mean(means);
  const variance = mean(means.map((value) => (value - centre) ** 2)) / (BATCHES - 1);
  const error = Math.sqrt(variance);
  expect(error / expected).toBeLessThan(0.1);
  expect(Math.abs(centre - expected)).toBeLessThan(3.5 * error);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('queueing theory, at a small step', () => {
  it('M/M/1: mean wait ρ/(μ − λ)', () => {
    const rho = 0.6;
    const waits = waitsOf(tasksOf({ rate: rho, service: 'exponential' }), 'h100_2gpu', 'FIFO');
    expectMean(waits(1), rho / (1 - rho));
  });

  it('M/D/1: half the wait of M/M/1 (Pollaczek–Khinchine)', () => {
    const rho = 0.7;
    const waits = waitsOf(tasksOf({ rate: rho, service: 'deterministic' }), 'h100_2gpu', 'FIFO');
    expectMean(waits(1), rho / (2 * (1 - rho)));
  });

  it('M/M/4: mean wait by Erlang C', () => {
    const [servers, load] = [4, 2.8];
    let term = 1;
    let sum = 1;
    for (let k = 1; k < servers; k++) {
      term *= load / k;
      sum += term;
    }
    const last = ((term * load) / servers) * (servers / (servers - load));
    const erlangC = last / (sum + last);
    const waits = waitsOf(tasksOf({ rate: load, service: 'exponential' }), 'h100_8gpu', 'FIFO');
    expectMean(waits(1), erlangC / (servers - load));
  });

  it('two priority classes without preemption: Cobham', () => {
    const [rate, heavyShare] = [0.7, 0.4];
    const waits = waitsOf(tasksOf({ rate, service: 'exponential', heavyShare }), 'h100_2gpu', 'WeightedFIFO');
    const residual = rate;
    const heavy = rate * heavyShare;
    expectMean(waits(10), residual / (1 - heavy));
    expectMean(waits(1), residual / ((1 - heavy) * (1 - rate)));
  });

  it('the token engine with a batch of one is M/D/1 as well', () => {
    const rho = 0.7;
    const tasks = tasksOf({ rate: rho, service: 'deterministic' }).slice(0, 20_000);
    const config = tokenConfig(
      { max_batch_size: 1, prefill_chunk: 1000, kv_blocks: 64 },
      NAMED_ORDERINGS['FIFO']!,
      'h100_2gpu',
    );
    const result = simulateTokens(config, tasks);
    expectMean(
      result.tasks.map(({ start, task }) => start - task.arrival),
      rho / (2 * (1 - rho)),
    );
  });
});
