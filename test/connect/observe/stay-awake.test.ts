import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { StayAwake } from '../../../src/connect/observe/stay-awake.ts';

let awake: StayAwake;
afterEach(() => awake.stop());

/** Share of the next 40 ms in which this thread's event loop does not wait for anything. */
async function busyShare(): Promise<number> {
  const before = performance.eventLoopUtilization();
  await setTimeout(40);
  return performance.eventLoopUtilization(before).utilization;
}

it('never waits between start and stop', async () => {
  awake = new StayAwake(() => performance.now());
  awake.start();
  awake.start();
  expect(await busyShare()).toBeGreaterThan(0.9);
  awake.stop();
  await setTimeout(1);
  expect(await busyShare()).toBeLessThan(0.5);
  awake.start();
  expect(await busyShare()).toBeGreaterThan(0.9);
});

it('rests where it does not get the core', async () => {
  awake = new StayAwake(() => performance.now() / 2);
  awake.start();
  // The trial takes 50 ms.
  await setTimeout(100);
  expect(await busyShare()).toBeLessThan(0.5);
});
