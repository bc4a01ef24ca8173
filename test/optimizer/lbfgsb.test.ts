import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { staged } from '../../src/numeric/differentiable.ts';
import { minimizeBounded, SEARCHES } from '../../src/optimizer/compiled/lbfgsb.ts';

const box = (n: number, low: number, high: number) => ({
  lower: new Float64Array(n).fill(low),
  upper: new Float64Array(n).fill(high),
});

function rosenbrock(x: Float64Array, gradient: Float64Array): number {
  let sum = 0;
  gradient.fill(0);
  for (let i = 0; i + 1 < x.length; i++) {
    const bend = x[i + 1]! - x[i]! * x[i]!;
    sum += 100 * bend * bend + (1 - x[i]!) ** 2;
    gradient[i]! += -400 * x[i]! * bend - 2 * (1 - x[i]!);
    gradient[i + 1]! += 200 * bend;
  }
  return sum;
}

describe('bounded quasi-Newton search', () => {
  it('finds the minimum of Rosenbrock’s valley', () => {
    const found = minimizeBounded(staged(rosenbrock, 4), [-1.2, 1, -1.2, 1], { ...box(4, -2, 2), maxIterations: 400 });
    expect(found.value).toBeLessThan(1e-10);
  });

  it('meets the optimality conditions of bounded convex quadratics', () => {
    const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(numbers, numbers, (center, start) => {
        const f = (x: Float64Array, g: Float64Array): number => {
          let sum = 0;
          const total = x.reduce((s, v, i) => s + v - center[i]!, 0);
          for (let i = 0; i < 5; i++) {
            const d = x[i]! - center[i]!;
            sum += (i + 1) * d * d;
            g[i] = 2 * (i + 1) * d + 2 * total;
          }
          return sum + total * total;
        };
        const { x } = minimizeBounded(staged(f, 5), start, {
          ...box(5, -1, 1),
          maxIterations: 300,
          valueTolerance: 1e-15,
        });
        const g = new Float64Array(5);
        f(x, g);
        for (let i = 0; i < 5; i++) {
          expect(x[i]! >= -1 && x[i]! <= 1).toBe(true);
          if (x[i]! > -1 + 1e-9) expect(g[i]!).toBeLessThan(1e-3);
          if (x[i]! < 1 - 1e-9) expect(g[i]!).toBeGreaterThan(-1e-3);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('asks for the gradient only where it goes on from, after the value there', () => {
    const asked: number[] = [];
    let at = new Float64Array(2);
    let values = 0;
    const own = staged(rosenbrock, 2);
    const found = minimizeBounded(
      {
        value: (x) => {
          at = x.slice();
          values++;
          return own.value(x);
        },
        gradient: (out) => {
          asked.push(rosenbrock(at, out));
        },
      },
      [-1.2, 1],
      { ...box(2, -2, 2), maxIterations: 12 },
    );
    expect(found).toEqual(minimizeBounded(own, [-1.2, 1], { ...box(2, -2, 2), maxIterations: 12 }));
    expect(values).toBe(found.evaluations);
    expect(asked.length).toBe(found.iterations);
    expect(asked).toEqual(asked.toSorted((a, b) => b - a));
    expect(found.value).toBeLessThan(asked.at(-1)!);
  });

  it('passes on what its function throws, and keeps none of the memory', () => {
    const free = (): number => {
      const address = SEARCHES.take(16);
      SEARCHES.release(address);
      return address;
    };
    const before = free();
    const throwing = (): number => {
      throw new RangeError('no value here');
    };
    expect(() => minimizeBounded(staged(throwing, 2), [0, 0], box(2, -1, 1))).toThrow('no value here');
    expect(free()).toBe(before);
  });

  it('never returns a worse point than the clipped start, even when values are not finite', () => {
    const f = (x: Float64Array, g: Float64Array): number => {
      g[0] = -1;
      return x[0]! > 0.5 ? Number.NaN : -x[0]!;
    };
    const found = minimizeBounded(staged(f, 1), [0.2], { ...box(1, 0, 1) });
    expect(found.x[0]! >= 0.2 && found.x[0]! <= 0.5).toBe(true);
    const hopeless = minimizeBounded(
      staged(() => Number.NaN, 1),
      [7],
      { ...box(1, 0, 1) },
    );
    expect(hopeless.x[0]).toBe(1);
  });
});
