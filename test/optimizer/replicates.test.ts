import { describe, expect, it } from 'vitest';
import { stream } from '../../src/base/random.ts';
import { replicateMoments } from '../../src/optimizer/replicates.ts';

const LEVELS = [3, -1, 4, 1, -5, 9, 2, 6];
const SEEDS = [0.5, -2, 1.5];

describe('moments of replicates', () => {
  it('leave out what a seed does to all points alike', () => {
    const rows = LEVELS.map((level) => SEEDS.map((effect) => level + effect));
    replicateMoments(rows).forEach((moments, i) => {
      expect(moments!.mean).toBeCloseTo(LEVELS[i]!, 12);
      expect(moments!.variance).toBeLessThan(1e-24);
    });
  });

  it('hold the variance of independent noise, whether seeds are shared or not', () => {
    const rng = stream(1, 'replicates');
    const rows = Array.from({ length: 400 }, (_, i) =>
      SEEDS.map((effect) => (i % 7) - 3 + effect + 0.2 * rng.normal()),
    );
    const variances = replicateMoments(rows).map((moments) => moments!.variance!);
    const average = variances.reduce((sum, v) => sum + v, 0) / variances.length;
    expect(average).toBeGreaterThan(0.85 * (0.04 / 3));
    expect(average).toBeLessThan(1.15 * (0.04 / 3));
  });

  it('are relative where noise grows with a positive level', () => {
    const rng = stream(2, 'replicates');
    const rows = Array.from({ length: 200 }, (_, i) => SEEDS.map(() => 10 ** (i % 4) * Math.exp(0.1 * rng.normal())));
    const moments = replicateMoments(rows);
    for (const k of [0, 1, 2, 3]) {
      const own = moments.filter((_, i) => i % 4 === k).map((m) => Math.sqrt(m!.variance!) / m!.mean);
      const average = own.reduce((sum, v) => sum + v, 0) / own.length;
      expect(average).toBeGreaterThan(0.045);
      expect(average).toBeLessThan(0.07);
    }
  });

  it('bring a shorter row to the level of all seeds, with a larger variance', () => {
    const rng = stream(3, 'replicates');
    const rows = LEVELS.map((level) => SEEDS.map((effect) => level + effect + 0.01 * rng.normal()));
    const [whole, short] = replicateMoments([...rows, [10 + SEEDS[0]!]]).slice(-2);
    expect(short!.mean).toBeCloseTo(10, 1);
    expect(short!.variance!).toBeGreaterThan(1.5 * whole!.variance!);
  });

  it('have no variance for one point or one replicate, and none at all for a failure', () => {
    expect(replicateMoments([[1, 2]])).toEqual([{ mean: 1.5, variance: null }]);
    expect(replicateMoments([[1], [4], null])).toEqual([
      { mean: 1, variance: null },
      { mean: 4, variance: null },
      null,
    ]);
  });
});
