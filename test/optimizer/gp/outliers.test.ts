import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { scrambledSobol } from '../../../src/numeric/sobol-sequence.ts';
import { featureRows } from '../../../src/optimizer/gp/kernel.ts';
import { ModelMemory } from '../../../src/optimizer/gp/model-choice.ts';
import { findOutliers, type Outliers } from '../../../src/optimizer/gp/outliers.ts';

const sequence = scrambledSobol(2, stream(4, 'outliers'));
const POINTS = Array.from({ length: 20 }, (_, i) => sequence(i));
const bowl = ([a, b]: Float64Array): number => 40 + 10 * (a! - 0.7) ** 2 + 6 * (b! - 0.6) ** 2;

function outliersOf(f: (x: Float64Array) => number): Outliers {
  const losses = Float64Array.from(POINTS, f);
  const variances = new Float64Array(POINTS.length).fill(Number.NaN);
  return findOutliers({ points: featureRows(POINTS, new Uint8Array(2)), losses, variances }, new ModelMemory());
}

function fenceOf(f: (x: Float64Array) => number): number {
  return outliersOf(f).fence;
}

describe('the fence of a loss', () => {
  it('is infinite where all losses belong together, steep ones and constant ones among them', () => {
    expect(fenceOf(bowl)).toBe(Number.POSITIVE_INFINITY);
    expect(fenceOf(([a, b]) => Math.exp(6 * a! + 3 * b!))).toBe(Number.POSITIVE_INFINITY);
    expect(fenceOf(() => 3)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([1e2, 1e4, 1e9, 1e300])('lies below a penalty of %d for crashes', (penalty) => {
    const fence = fenceOf((x) => (x[0]! < 0.3 ? penalty : bowl(x)));
    expect(fence).toBeGreaterThan(Math.max(...POINTS.filter((x) => x[0]! >= 0.3).map(bowl)));
    expect(fence).toBeLessThan(penalty);
  });

  it.each([3000, 30_000])('leaves out where a queue blows up, at a factor of %d', (factor) => {
    const overload = ([a]: Float64Array): number => Math.max(0, 1 / (0.4 + 1.2 * a!) - 1) * factor;
    expect(fenceOf((x) => bowl(x) + overload(x))).toBeLessThan(2000);
  });

  it('leaves out, with the strays below it, all points from where the queue begins to blow up, and no others', () => {
    const begin = POINTS.map(([a]) => a!).sort()[8]!;
    const overload = (a: number): number => (a > begin ? 0 : 6 + 40_000 * Math.max(0, begin - 0.002 - a));
    const loss = (x: Float64Array): number => bowl(x) + overload(x[0]!);
    const { fence, strays } = outliersOf(loss);
    const apart = POINTS.flatMap((x, i) => (loss(x) > fence || strays.includes(i) ? [i] : []));
    expect(strays.length).toBeGreaterThan(0);
    expect(apart).toEqual(POINTS.flatMap(([a], i) => (a! <= begin ? [i] : [])));
  });

  it('has no strays where the other losses follow one process', () => {
    expect(outliersOf((x) => (x[0]! < 0.3 ? 1e4 : bowl(x))).strays).toEqual([]);
    expect(outliersOf(bowl).strays).toEqual([]);
  });
});
