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
});
