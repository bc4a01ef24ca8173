import { describe, expect, test } from 'vitest';
import { dividedRate, fluidShare } from '../bench/evidence/bounds.ts';
import { capacityReproduced } from '../bench/evidence/reproduced.ts';

describe('the rate of a cluster that is divided by class', () => {
  const shares = { critical: 0.2, standard: 0.5, sheddable: 0.3 };

  test('is the common rate where every class alone has the same', () => {
    expect(dividedRate(shares, { critical: 900, standard: 900, sheddable: 900 })).toBeCloseTo(900, 9);
  });

  test('lies between that of the slowest and that of the fastest class, and uses the whole cluster', () => {
    const alone = { critical: 1000, standard: 1500, sheddable: 2000 };
    const rate = dividedRate(shares, alone);
    expect(rate).toBeGreaterThan(1000);
    expect(rate).toBeLessThan(2000);
    const used = (0.2 * rate) / 1000 + (0.5 * rate) / 1500 + (0.3 * rate) / 2000;
    expect(used).toBeCloseTo(1, 12);
  });
});

describe('the share of a pulse that can be answered in time', () => {
  test('without slack is what is served over what arrives', () => {
    expect(fluidShare([{ perSecond: 200, slackS: 0 }], 10, 150)).toBeCloseTo(0.75, 12);
  });

  test('is all of it once the slack is as long as the last wait', () => {
    // 2,000 arrive in 10 s, and 150 a second are served: the last of them ends 3.33 s after the pulse.
    expect(fluidShare([{ perSecond: 200, slackS: 10 / 3 }], 10, 150)).toBeCloseTo(1, 12);
    expect(fluidShare([{ perSecond: 200, slackS: 3 }], 10, 150)).toBeCloseTo(1 - (2000 - 150 * 13) / 2000, 12);
  });

  test('a class with much slack stands back for one without, and is lost only where both are due', () => {
    const urgent = { perSecond: 100, slackS: 0 };
    expect(fluidShare([urgent, { perSecond: 100, slackS: 10 }], 10, 100)).toBeCloseTo(1, 12);
    expect(fluidShare([urgent, { perSecond: 100, slackS: 5 }], 10, 100)).toBeCloseTo(0.75, 12);
  });
});

test('a capacity is reproduced up to one step of the grid, not two', () => {
  const published = { low: 1200, high: 1225, grid: 25 };
  expect([1175, 1210, 1250].map((found) => capacityReproduced(found, published))).toEqual([true, true, true]);
  expect([1150, 1275].map((found) => capacityReproduced(found, published))).toEqual([false, false]);
});
