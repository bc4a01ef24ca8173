import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { directionColumns, MAX_SOBOL_DIMENSION, scrambledSobol } from '../../src/numeric/sobol-sequence.ts';

describe('scrambled Sobol sequence', () => {
  it('has the published direction integers in the first dimensions', () => {
    expect([...directionColumns(1)].slice(0, 4).map((v) => (v >>> 28) & 15)).toEqual([8, 12, 10, 15]);
    expect([...directionColumns(2)].slice(0, 3).map((v) => (v >>> 29) & 7)).toEqual([4, 6, 3]);
  });

  it('puts exactly one of 2^m points into every dyadic interval of every dimension', () => {
    const dimension = MAX_SOBOL_DIMENSION;
    const point = scrambledSobol(dimension, stream(7, 'net'));
    for (const start of [0, 256]) {
      const seen = Array.from({ length: dimension }, () => new Set<number>());
      for (let i = 0; i < 256; i++) {
        const x = point(start + i);
        for (let j = 0; j < dimension; j++) seen[j]!.add(Math.floor(x[j]! * 256));
      }
      expect(seen.every(({ size }) => size === 256)).toBe(true);
    }
  });

  it('is a (0, m, 2)-net in the first two dimensions', () => {
    const point = scrambledSobol(2, stream(3, 'net'));
    for (let wide = 0; wide <= 6; wide++) {
      const boxes = new Set<number>();
      for (let i = 0; i < 64; i++) {
        const x = point(i);
        boxes.add(Math.floor(x[0]! * 2 ** wide) * 64 + Math.floor(x[1]! * 2 ** (6 - wide)));
      }
      expect(boxes.size).toBe(64);
    }
  });

  it('integrates a smooth product far better than its random-sampling error', () => {
    const errors = [1, 2, 3, 4, 5].map((seed) => {
      const point = scrambledSobol(6, stream(seed, 'integral'));
      let sum = 0;
      for (let i = 0; i < 1024; i++) sum += point(i).reduce((product, x) => product * (0.5 + x), 1);
      return Math.abs(sum / 1024 - 1);
    });
    // Standard deviation of the integrand is 0.8: plain sampling errs by 0.025.
    expect(errors.sort((a, b) => a - b)[2]).toBeLessThan(0.004);
  });

  it('gives other points for other seeds and equal points for equal seeds', () => {
    const a = scrambledSobol(3, stream(1, 's'))(5);
    expect(scrambledSobol(3, stream(1, 's'))(5)).toEqual(a);
    expect(scrambledSobol(3, stream(2, 's'))(5)).not.toEqual(a);
  });

  it('still fills dimensions beyond the tables uniformly', () => {
    const point = scrambledSobol(MAX_SOBOL_DIMENSION + 2, stream(1, 's'));
    let mean = 0;
    for (let i = 0; i < 4096; i++) mean += point(i)[MAX_SOBOL_DIMENSION + 1]! / 4096;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.02);
  });
});
