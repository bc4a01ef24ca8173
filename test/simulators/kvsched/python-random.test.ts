import { describe, expect, it } from 'vitest';
import { PythonRandom } from '../../../src/simulators/kvsched/python-random.ts';

const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);

describe('PythonRandom', () => {
  it('draws the doubles of CPython', () => {
    const rng = new PythonRandom(0);
    expect(times(3, () => rng.random())).toEqual([0.8444218515250481, 0.7579544029403025, 0.420571580830845]);
  });

  it.each([
    [0, [0, 0, -1, 0, 1, 0, 0, 0, 0, 0, 1, -1, 1, -1, 0, -1, -1, 1, 0, 1]],
    [1, [-1, 1, -1, 0, -1, 0, 0, 0, 1, 0, -1, -1, 0, -1, 0, 0, 1, -1, 1, 0]],
  ])('draws the steps of CPython for seed %i', (seed, steps) => {
    const rng = new PythonRandom(seed);
    expect(times(20, () => rng.step())).toEqual(steps);
  });

  it('draws the indices of CPython', () => {
    const rng = new PythonRandom(0);
    expect(times(12, () => rng.index(6))).toEqual([3, 3, 0, 2, 4, 3, 3, 2, 3, 2, 4, 1]);
  });

  // Recorded with CPython 3: random() twice, choice([-1, 0, 1]) six times, randrange(7) five times, getrandbits(32).
  it.each([
    [-5, [0.6229016948897019, 0.7417869892607294], [1, 1, 1, 1, -1, 0], [6, 1, 5, 0, 1], 486215926],
    [123456789, [0.6414006161858726, 0.5421892680969495], [1, 0, 0, 1, 0, 0], [4, 2, 6, 3, 3], 2343255774],
    [1099511627779, [0.21978710637116716, 0.5494687768352203], [-1, 1, 0, 1, 0, -1], [3, 4, 4, 5, 2], 1113366588],
    [
      9007199254740991,
      [0.09425040007102303, 0.22287455761867403],
      [-1, -1, -1, -1, -1, 0],
      [3, 0, 2, 3, 0],
      1377255510,
    ],
  ])('continues one stream over all kinds of draws, seed %i', (seed, doubles, steps, indices, word) => {
    const rng = new PythonRandom(seed);
    expect(times(2, () => rng.random())).toEqual(doubles);
    expect(times(6, () => rng.step())).toEqual(steps);
    expect(times(5, () => rng.index(7))).toEqual(indices);
    expect(rng.uint32()).toBe(word);
  });

  it('refuses a seed that is no exact integer', () => {
    expect(() => new PythonRandom(0.5)).toThrow(RangeError);
    expect(() => new PythonRandom(2 ** 60)).toThrow(RangeError);
  });
});
