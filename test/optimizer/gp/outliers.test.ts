import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { scrambledSobol } from '../../../src/numeric/sobol-sequence.ts';
import { featureRows } from '../../../src/optimizer/gp/kernel.ts';
import { ModelMemory } from '../../../src/optimizer/gp/model-choice.ts';
import { outlierFence } from '../../../src/optimizer/gp/outliers.ts';

const sequence = scrambledSobol(2, stream(4, 'outliers'));
const POINTS = Array.from({ length: 20 }, (_, i) => sequence(i));
const bowl = ([a, b]: Float64Array): number => 40 + 10 * (a! - 0.7) ** 2 + 6 * (b! - 0.6) ** 2;

function fenceOf(f: (x: Float64Array) => number): number {
  const losses = Float64Array.from(POINTS, f);
  const variances = new Float64Array(POINTS.length).fill(Number.NaN);
  return outlierFence({ points: featureRows(POINTS, new Uint8Array(2)), losses, variances }, new ModelMemory());
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
});
