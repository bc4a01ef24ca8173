import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { scrambledSobol } from '../../../src/numeric/sobol-sequence.ts';
import { featureRows } from '../../../src/optimizer/gp/kernel.ts';
import { ModelMemory } from '../../../src/optimizer/gp/model-choice.ts';
import { aroundZero } from '../../../src/optimizer/gp/slack-scale.ts';

const sequence = scrambledSobol(2, stream(5, 'slacks'));
const POINTS = Array.from({ length: 24 }, (_, i) => sequence(i));

function scaled(f: (x: Float64Array) => number) {
  const losses = Float64Array.from(POINTS, f);
  const data = { points: featureRows(POINTS, new Uint8Array(2)), losses, variances: losses.map(() => 0.01) };
  return { data, bent: aroundZero(data, new ModelMemory()) };
}

function correlation(x: Float64Array, y: Float64Array): number {
  const centered = (v: Float64Array) => v.map((value) => value - v.reduce((sum, w) => sum + w, 0) / v.length);
  const product = (v: Float64Array, w: Float64Array) => v.reduce((sum, value, i) => sum + value * w[i]!, 0);
  const [a, b] = [centered(x), centered(y)];
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe('the scale of a slack', () => {
  it('stays where slacks are smooth or of one size', () => {
    for (const f of [([a, b]: Float64Array) => a! - b!, () => -1, ([a, b]: Float64Array) => 3 * a! + b! - 1.5]) {
      const { data, bent } = scaled(f);
      expect(bent).toBe(data);
    }
  });

  it('bends slacks that grow without bound, keeps their signs, zero and order, and brings variances along', () => {
    const { data, bent } = scaled(([a, b]) => Math.exp(9 * a! + 5 * b!) - 30);
    expect(bent).not.toBe(data);
    const order = [...data.losses.keys()].sort((i, j) => data.losses[i]! - data.losses[j]!);
    order.slice(1).forEach((i, k) => {
      expect(bent.losses[i]!).toBeGreaterThanOrEqual(bent.losses[order[k]!]!);
    });
    data.losses.forEach((slack, i) => {
      expect(Math.sign(bent.losses[i]!)).toBe(Math.sign(slack));
    });
    const slope = (i: number): number => Math.sqrt(bent.variances[i]! / data.variances[i]!);
    expect(slope(order.at(-1)!)).toBeLessThan(0.1 * slope(order[0]!));
  });

  it('takes logarithms from the end at which a power begins, and keeps zero at zero', () => {
    for (const side of [1, -1]) {
      const { data, bent } = scaled(([a, b]) => side * (50 / ((0.05 + a!) ** 3 * (0.1 + b!)) - 4000));
      const power = data.losses.map((slack) => side * Math.log(side * slack + 4000));
      const unit = data.losses.map(Math.abs).sort()[6]!;
      const aroundZeroOnly = data.losses.map((slack) => Math.sign(slack) * Math.log1p(Math.abs(slack) / unit));
      expect(correlation(bent.losses, power)).toBeGreaterThan(0.98);
      expect(correlation(bent.losses, power)).toBeGreaterThan(correlation(aroundZeroOnly, power));
      data.losses.forEach((slack, i) => {
        expect(Math.sign(bent.losses[i]!)).toBe(Math.sign(slack));
      });
    }
  });

  it('takes no logarithms from an end where slacks pile up while none is beyond zero, or where they pile up beyond it', () => {
    const hinge = ([a, b]: Float64Array): number => Math.max(0, a! + 0.3 * b! - 0.6) ** 2;
    for (const f of [
      (x: Float64Array) => hinge(x) - 1,
      (x: Float64Array) => Math.max(hinge(x), 1e-4) - 0.00009,
      (x: Float64Array) => 0.0004 - hinge(x),
    ]) {
      const { data, bent } = scaled(f);
      const unit = data.losses.map(Math.abs).sort()[6]!;
      const around = data.losses.map((slack) => Math.sign(slack) * Math.log1p(Math.abs(slack) / unit));
      expect([data.losses, around].some((scale) => correlation(bent.losses, scale) > 1 - 1e-12)).toBe(true);
    }
  });

  it('draws apart the bound and a share that cannot be less than none', () => {
    const lost = ([a, b]: Float64Array): number => (1 + b!) * Math.exp(-25 * a!);
    const { data, bent } = scaled((x) => lost(x) - 0.001);
    const unit = data.losses.map(Math.abs).sort()[6]!;
    const gap = (losses: Float64Array): number => -Math.min(...losses) / (Math.max(...losses) - Math.min(...losses));
    const around = data.losses.map((slack) => Math.sign(slack) * Math.log1p(Math.abs(slack) / unit));
    expect(gap(bent.losses)).toBeGreaterThan(1.5 * gap(around));
    data.losses.forEach((slack, i) => {
      expect(Math.sign(bent.losses[i]!)).toBe(Math.sign(slack));
    });
  });
});
