import { describe, expect, it } from 'vitest';
import { quantile } from '../../../src/numeric/statistics.ts';
import { measureLateness, type Streams } from '../../support/openai-server/lateness.ts';

const FIFTY: Streams = { streams: 500, perSecond: 100, tokens: 20, ttftMs: 120, itlMs: 20, warmUp: 200 };
const THOUSAND: Streams = { streams: 1000, perSecond: 200, tokens: 50, ttftMs: 200, itlMs: 100, warmUp: 600 };

describe('what is timed of concurrent streams', () => {
  it.each([
    ['50 of 50 tokens/s', 2, 45, FIFTY],
    ['1,000 of 10 tokens/s', 20, 1000, THOUSAND],
  ] as const)('%s: at most %d ms above what the server imposed, none below', async (name, mostMs, open, streams) => {
    const lateness = await measureLateness(streams);
    const chunkP99Ms = quantile(lateness.chunkMs, 0.99);
    const ms = (value: number) => value.toFixed(2);
    process.stderr.write(
      `${name}: P99 of chunks ${ms(chunkP99Ms)}, TTFT ${ms(lateness.ttftP99Ms)}, ITL ${ms(lateness.itlP99Ms)} ms above; ` +
        `the server ${ms(lateness.machineMs)} ms behind its schedule\n`,
    );
    expect(Math.min(...lateness.chunkMs)).toBeGreaterThanOrEqual(0);
    expect(lateness.mostOpen).toBeGreaterThanOrEqual(open);
    // What a busy machine makes the server late by, it makes the client and the way between them late by too.
    const bound = mostMs + 4 * lateness.machineMs;
    expect(lateness.ttftP99Ms).toBeLessThan(bound);
    expect(lateness.itlP99Ms).toBeLessThan(bound);
    expect(chunkP99Ms).toBeLessThan(bound);
  });
});
