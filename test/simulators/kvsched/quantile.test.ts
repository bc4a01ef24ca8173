import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantile } from '../../../src/simulators/kvsched/quantile.ts';

describe('quantile', () => {
  it('interpolates at position (N − 1)·q', () => {
    const sorted = Float64Array.of(1, 2, 4, 8);
    expect(quantile(sorted, 0)).toBe(1);
    expect(quantile(sorted, 0.5)).toBe(3);
    expect(quantile(sorted, 0.9)).toBeCloseTo(6.8, 12);
    expect(quantile(sorted, 1)).toBe(8);
    expect(quantile(Float64Array.of(7), 0.99)).toBe(7);
  });

  it('grows with q and stays within the samples', () => {
    const samples = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 30 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(samples, share, share, (values, a, b) => {
        const sorted = Float64Array.from(values).sort();
        const [low, high] = [quantile(sorted, Math.min(a, b)), quantile(sorted, Math.max(a, b))];
        expect(low).toBeLessThanOrEqual(high + 1e-9);
        expect(low).toBeGreaterThanOrEqual(sorted[0]! - 1e-9);
        expect(high).toBeLessThanOrEqual(sorted.at(-1)! + 1e-9);
      }),
    );
  });

  it('refuses an empty sample', () => {
    expect(() => quantile(new Float64Array(), 0.5)).toThrow(RangeError);
  });
});
