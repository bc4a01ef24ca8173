import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { expOfNonPositive } from '../../src/numeric/exp.ts';

describe('the exponential of numbers that are not positive', () => {
  it('has the bits of Math.exp at random numbers of all sizes', () => {
    const rng = stream(1, 'exp');
    for (let i = 0; i < 60_000; i++) {
      const x = -(10 ** (-12 + 15 * rng.uniform()));
      const y = -4 * rng.uniform();
      if (expOfNonPositive(x) !== Math.exp(x)) expect.fail(`${x}`);
      if (expOfNonPositive(y) !== Math.exp(y)) expect.fail(`${y}`);
    }
  });

  it('has the bits of Math.exp where the formula changes, and beyond it', () => {
    const bits = new DataView(new ArrayBuffer(8));
    const edges = [
      2 ** -28,
      0.5 * Math.LN2,
      1_453_635 / 2 ** 22,
      1.5 * Math.LN2,
      2.5 * Math.LN2,
      1,
      700,
      709.78,
      745.13,
    ];
    for (const edge of edges)
      for (let step = -300; step <= 300; step++) {
        bits.setFloat64(0, edge);
        bits.setBigInt64(0, bits.getBigInt64(0) + BigInt(step) * (step % 2 === 0 ? 1n : 9_000_001n));
        const x = -bits.getFloat64(0);
        if (expOfNonPositive(x) !== Math.exp(x)) expect.fail(`${x}`);
      }
    for (const x of [0, -0, -5e-324, -1e300, Number.NEGATIVE_INFINITY]) expect(expOfNonPositive(x)).toBe(Math.exp(x));
    expect(expOfNonPositive(Number.NaN)).toBeNaN();
  });
});
