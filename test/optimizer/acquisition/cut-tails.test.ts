import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalCdf, normalPdf } from '../../../src/numeric/normal.ts';
import { fillTails, TailTable } from '../../../src/optimizer/acquisition/cut-tails.ts';

const close = (value: number, expected: number, relative = 1e-11): void =>
  expect(Math.abs(value / expected - 1)).toBeLessThan(relative);

describe('tails of a normal distribution', () => {
  const tail = (z: number): { h: number; cdf: number; density: number } => {
    const [, row] = new TailTable([Float64Array.of(3), Float64Array.of(-2, z, 5)]).rows();
    fillTails(row!, 0, 1);
    const { gains, cdfs, densities } = row!;
    return { h: gains[1]!, cdf: cdfs[1]!, density: densities[1]! };
  };

  it('agrees with each of its parts and is h(z) = z + h(−z)', () => {
    fc.assert(
      fc.property(fc.double({ min: -37, max: 37, noNaN: true }), (z) => {
        const { h, cdf, density } = tail(z);
        close(density, normalPdf(z));
        close(cdf, normalCdf(z));
        expect(Math.abs(h - tail(-z).h - z)).toBeLessThan(1e-12 * Math.max(1, Math.abs(z)));
      }),
    );
  });

  it('has an h whose slope is Φ and which is φ(z)/z² far below', () => {
    for (const z of [-36, -30.01, -29.99, -8, -1, 0.5, 6]) {
      const step = 1e-5;
      close((tail(z + step).h - tail(z - step).h) / (2 * step), normalCdf(z), 1e-6);
    }
    close(tail(0).h, normalPdf(0));
    // h(−x) = φ(x)/x² · (1 − 3/x² + 15/x⁴ − …), here to x⁻⁶.
    close(tail(-30).h, (normalPdf(30) / 900) * (1 - 3 / 900 + 15 / 900 ** 2), 1e-6);
  });

  it('has its limits at both ends', () => {
    expect(tail(Number.NEGATIVE_INFINITY)).toEqual({ h: 0, cdf: 0, density: 0 });
    expect(tail(1e200)).toEqual({ h: 1e200, cdf: 1, density: 0 });
  });

  it('are those of the distance in deviations, of which a gain has as many', () => {
    const cuts = Float64Array.of(-3, -0.1, 0.4, 2.5, 9);
    const [row] = new TailTable([cuts]).rows();
    fillTails(row!, 0.7, 0.3);
    for (const [e, cut] of cuts.entries()) {
      const { h, cdf, density } = tail((cut - 0.7) / 0.3);
      expect([row!.gains[e], row!.cdfs[e], row!.densities[e]]).toEqual([0.3 * h, cdf, density]);
    }
  });

  it('in a table that others have pushed out of its memory are the same again', () => {
    const table = new TailTable([Float64Array.of(0.3, 0.6)]);
    const read = (): Float64Array[] => {
      const [row] = table.rows();
      fillTails(row!, 0.1, 0.5);
      return [row!.gains.slice(), row!.cdfs.slice(), row!.densities.slice()];
    };
    const before = read();
    for (let k = 0; k < 20; k++) new TailTable([new Float64Array(20_000)]).rows();
    expect(read()).toEqual(before);
  });
});
