import { expect, it } from 'vitest';
import { measureLateness } from '../../support/openai-server/lateness.ts';

/** Where the server itself is further behind its schedule, other programs decide how late anything is. */
const IDLE_MS = 0.5;

it('times 50 streams within 2 ms above what the server imposed, none below', { retry: 2 }, async () => {
  const lateness = await measureLateness({
    ...{ streams: 150, perSecond: 100, tokens: 20, ttftMs: 120, itlMs: 20, warmUp: 100 },
  });
  expect(Math.min(...lateness.chunkMs)).toBeGreaterThanOrEqual(0);
  expect(lateness.mostOpen).toBeGreaterThanOrEqual(45);
  expect(lateness.chunkMs.length).toBe(150 * 20);
  const bound = lateness.machineMs < IDLE_MS ? 2 : Number.POSITIVE_INFINITY;
  expect(lateness.ttftP99Ms).toBeLessThan(bound);
  expect(lateness.itlP99Ms).toBeLessThan(bound);
});
