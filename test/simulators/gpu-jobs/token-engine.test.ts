import { describe, expect, it } from 'vitest';
import { simulateTokens } from '../../../src/simulators/gpu-jobs/token-engine.ts';
import type { TokenResult } from '../../../src/simulators/gpu-jobs/token-log.ts';
import { job, tokenConfig } from './token-cases.ts';

const ttft = (result: TokenResult): number[] => result.tasks.map(({ task, firstToken }) => firstToken - task.arrival);
const e2e = (result: TokenResult): number[] => result.tasks.map(({ task, completion }) => completion - task.arrival);

function expectAll(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  // Sums of at most a few hundred steps: 1e-9 s is far above their rounding.
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 9);
}

describe('reference cases of the token engine (fixed step times, FIFO)', () => {
  it('one task: prefill, then one step per further token', () => {
    const result = simulateTokens(tokenConfig({ prefill_chunk: 1000 }), [job('a', 1000, 101)]);
    expectAll(ttft(result), [1]);
    expectAll(e2e(result), [1.02]);
    expect(result.instances[0]!.counters.iterations).toBe(101);
  });

  it('eight tasks share one prefill iteration and decode together', () => {
    const tasks = Array.from({ length: 8 }, (_, i) => job(`t${i}`, 100, 51));
    const result = simulateTokens(tokenConfig(), tasks);
    expectAll(ttft(result), Array(8).fill(0.8));
    expectAll(e2e(result), Array(8).fill(0.81));
    expect(result.instances[0]!.counters.iterations).toBe(51);
  });

  it('memory pressure preempts the later task once, which recomputes its context', () => {
    const tasks = [job('a', 400, 200), job('b', 400, 200)];
    const result = simulateTokens(tokenConfig({ kv_blocks: 64 }), tasks);
    const { counters } = result.instances[0]!;
    expect([counters.preemptions, counters.recomputedTokens]).toEqual([1, 512]);
    expect(result.tasks.map(({ preemptions }) => preemptions)).toEqual([0, 1]);
    expectAll(ttft(result), [0.8, 0.8]);
    expectAll(e2e(result), [0.8398, 1.3692]);
    expect(result.tasks.reduce((sum, { generated }) => sum + generated, 0)).toBe(400);
  });

  it('enough memory: no preemption', () => {
    const tasks = [job('a', 400, 200), job('b', 400, 200)];
    const result = simulateTokens(tokenConfig({ kv_blocks: 100 }), tasks);
    expect(result.instances[0]!.counters.preemptions).toBe(0);
    expectAll(e2e(result), [0.8398, 0.8398]);
  });

  it('without chunking a long prompt blocks a short one; smaller chunks let it through', () => {
    const tasks = [job('long', 4000, 10), job('short', 100, 10, { arrival: 0.5 })];
    const blocked = simulateTokens(tokenConfig({ max_num_batched_tokens: 512, prefill_chunk: 512 }), tasks);
    expect(ttft(blocked)[1]).toBeCloseTo(3.6002, 9);
    const chunked = simulateTokens(tokenConfig({ max_num_batched_tokens: 512, prefill_chunk: 256 }), tasks);
    expectAll(ttft(chunked), [4.1018, 0.368]);
  });
});
