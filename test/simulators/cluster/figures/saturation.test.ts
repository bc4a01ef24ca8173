import { describe, expect, it } from 'vitest';
import { type CompletedRequest, finalLevel } from '../../../../src/simulators/cluster/figures/saturation.ts';

/** Completed requests by arrival and E2E, ms. */
function completed(...requests: readonly (readonly [arrivalMs: number, e2eMs: number])[]): readonly CompletedRequest[] {
  return requests.map(([arrivalMs, e2eMs], i) => ({
    id: `request_${i}`,
    arrivalUs: arrivalMs * 1000,
    e2eUs: e2eMs * 1000,
  }));
}

const level = (requests: readonly CompletedRequest[], finalWindowMs: number) =>
  finalLevel(requests, { thresholdMs: 100, finalWindowUs: finalWindowMs * 1000 });

describe('final level of the threshold detector', () => {
  it('is stable without a completion, and at a mean of exactly the threshold', () => {
    expect(level(completed(), 1e9)).toBe('STABLE');
    expect(level(completed([0, 100]), 0)).toBe('STABLE');
    expect(level(completed([0, 100.001]), 0)).toBe('OVERLOADED');
  });

  it('is a vote of arrivals and completions within the last window', () => {
    // Verdicts: stable at 0, 1, 2 and 3 ms, overloaded at 400 ms.
    const run = completed([0, 1], [2, 1], [3, 397]);
    expect(level(run, 0)).toBe('OVERLOADED');
    expect(level(run, 1000)).toBe('STABLE');
  });

  it('is the worse one at a tie', () => {
    // Stable at the arrival, overloaded at the completion.
    expect(level(completed([0, 200]), 200)).toBe('OVERLOADED');
    expect(level(completed([0, 200]), 199)).toBe('OVERLOADED');
  });

  it('goes by the mean so far: early slow requests weigh on later ones', () => {
    expect(level(completed([0, 1000], [2000, 10]), 0)).toBe('OVERLOADED');
    expect(level(completed([0, 10], [2000, 150]), 0)).toBe('STABLE');
  });
});
