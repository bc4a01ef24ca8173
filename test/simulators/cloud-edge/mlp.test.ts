import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { Adam } from '../../../src/simulators/cloud-edge/adam.ts';
import { Mlp } from '../../../src/simulators/cloud-edge/mlp.ts';
import { vector } from './support.ts';

describe('the network', () => {
  test('its gradient agrees with central differences', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom([], [3], [5, 4], [4, 3, 2]), (seed, hidden) => {
        const rng = stream(seed, 'test');
        const net = new Mlp(4, hidden, rng);
        const x = vector(rng.normal(), 0, rng.normal(), 1);
        net.forward(x);
        const gradient = new Float64Array(net.parameterCount);
        net.addGradient(1, gradient);
        const step = 1e-6;
        for (let i = 0; i < net.parameterCount; i++) {
          const kept = net.parameters[i]!;
          net.parameters[i] = kept + step;
          const above = net.forward(x);
          net.parameters[i] = kept - step;
          const below = net.forward(x);
          net.parameters[i] = kept;
          expect(Math.abs((above - below) / (2 * step) - gradient[i]!)).toBeLessThan(1e-6);
        }
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  test('squared and weighted forms agree with the plain gradient', () => {
    const rng = stream(5, 'test');
    const net = new Mlp(5, [6, 4], rng);
    const x = vector(0.5, 0, -1, 2, 0);
    const weights = Float64Array.from({ length: net.parameterCount }, () => rng.uniform());
    net.forward(x);
    const gradient = new Float64Array(net.parameterCount);
    const squares = new Float64Array(net.parameterCount);
    net.addGradient(1, gradient);
    net.addSquaredGradient(2, squares);
    let expected = 0;
    for (const [i, g] of gradient.entries()) {
      expect(squares[i]).toBeCloseTo(2 * g * g, 12);
      expected += g * g * weights[i]!;
    }
    expect(expected).toBeGreaterThan(0);
    expect(net.weightedSquaredGradient(weights)).toBeCloseTo(expected, 12);
  });

  test('initial weights stay within 1/√fan-in and repeat with the seed', () => {
    const net = new Mlp(16, [4], stream(1, 'a'));
    const first = net.parameters.subarray(0, 16 * 4 + 4);
    expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(new Mlp(16, [4], stream(1, 'a')).parameters).toEqual(net.parameters);
    expect(new Mlp(16, [4], stream(2, 'a')).parameters).not.toEqual(net.parameters);
  });
});

describe('Adam', () => {
  test('its first two steps match the published recursion', () => {
    const adam = new Adam(1, 0.1);
    const x = Float64Array.of(1);
    adam.update(x, Float64Array.of(4));
    expect(x[0]).toBeCloseTo(1 - (0.1 * 4) / (4 + 1e-8), 12);
    adam.update(x, Float64Array.of(-2));
    const m = (0.9 * 0.4 - 0.2) / (1 - 0.81);
    const v = (0.999 * 0.016 + 0.001 * 4) / (1 - 0.999 ** 2);
    expect(x[0]).toBeCloseTo(1 - (0.1 * 4) / (4 + 1e-8) - (0.1 * m) / (Math.sqrt(v) + 1e-8), 12);
  });

  test('it fits a line', () => {
    const net = new Mlp(1, [], stream(1, 'line'));
    const adam = new Adam(2, 0.02);
    const gradient = new Float64Array(2);
    for (let n = 0; n < 2000; n++) {
      gradient.fill(0);
      for (const x of [-1, 0, 1, 2]) net.addGradient((net.forward(vector(x)) - (3 * x - 1)) / 2, gradient);
      adam.update(net.parameters, gradient);
    }
    expect(net.parameters[0]).toBeCloseTo(3, 2);
    expect(net.parameters[1]).toBeCloseTo(-1, 2);
  });
});
