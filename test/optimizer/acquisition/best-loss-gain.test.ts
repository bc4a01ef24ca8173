import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Acquisition, mixAcquisitions } from '../../../src/optimizer/acquisition/acquisition.ts';
import { BestLossGain } from '../../../src/optimizer/acquisition/best-loss-gain.ts';
import { HypervolumeGain } from '../../../src/optimizer/acquisition/hypervolume-gain.ts';
import { decomposeNonDominated } from '../../../src/optimizer/pareto/box-decomposition.ts';

describe('the gain below a best loss', () => {
  it('is that of a hypervolume in one dimension, with its partials, to the bit', () => {
    const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number(-3, 3), number(-60, 60)), { minLength: 1, maxLength: 5 }),
        number(1e-3, 4),
        (members, variance) => {
          const bests = members.map(([best]) => best);
          const moments = [{ means: Float64Array.from(members, ([, mean]) => mean), variance }];
          const general = new HypervolumeGain(
            [null],
            bests.map((best) => decomposeNonDominated([], [best])),
          );
          const single = new BestLossGain(Float64Array.from(bests));
          expect(single.logMean(moments, true)).toBe(general.logMean(moments, true));
          expect(single.toMeans).toEqual(general.toMeans);
          expect(single.toVariance).toEqual(general.toVariance);
          expect(single.logMean(moments, false)).toBe(single.logMean(moments, true));
        },
      ),
    );
  });

  it('of a belief that is not a number is impossible', () => {
    const moments = [{ means: Float64Array.of(Number.NaN), variance: 1 }];
    expect(new BestLossGain(Float64Array.of(0)).logMean(moments, true)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('a mixture', () => {
  it('evaluates a part that it has twice once, and counts it twice', () => {
    let calls = 0;
    const rising: Acquisition = (_, gradient) => {
      calls++;
      gradient?.fill(3);
      return Math.log(4);
    };
    const flat: Acquisition = (_, gradient) => {
      gradient?.fill(0);
      return Math.log(2);
    };
    const third = Math.log(1 / 3);
    const gradient = new Float64Array(2);
    const value = mixAcquisitions([rising, flat, rising], [third, third, third])(Float64Array.of(0.5, 0.5), gradient);
    expect(calls).toBe(1);
    expect(Math.exp(value)).toBeCloseTo((4 + 2 + 4) / 3, 12);
    expect(gradient[0]).toBeCloseTo((3 * 8) / 10, 12);
  });
});
