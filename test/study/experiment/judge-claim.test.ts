import { describe, expect, test } from 'vitest';
import type { Claim } from '../../../src/study/experiment/experiment-file.ts';
import { type ClaimResult, judgeClaim, type Verdict } from '../../../src/study/experiment/judge-claim.ts';

const SEEDS = 10;
/** Values around a mean with a spread that is the same for all arms, as a hard seed is hard for all. */
const around = (mean: number, noise = 0.02): number[] =>
  Array.from({ length: SEEDS }, (_, index) => mean * (1 + noise * Math.sin(index + 1)));
/** Half of the seeds up, half down: no direction. */
const scattered = (mean: number, spread: number): number[] =>
  Array.from({ length: SEEDS }, (_, index) => mean * (1 + (index % 2 === 0 ? spread : -spread) * (1 + index / 20)));

const ARMS: Readonly<Record<string, readonly number[]>> = {
  base: around(100),
  half: around(50),
  'tenth-less': around(90),
  near: around(101),
  double: around(200),
  noisy: scattered(100, 0.3),
  'noisy-near': scattered(104, 0.08),
  wide: scattered(150, 0.25),
  triple: around(300),
  zero: around(0),
  tenth: around(0.1, 0),
  'noisy-half': scattered(50, 0.2),
  'noisy-double': scattered(200, 0.2),
  rare: Array.from({ length: SEEDS }, (_, index) => (index === 3 ? 0 : 2)),
  often: Array.from({ length: SEEDS }, (_, index) => (index === 3 ? 0 : 100)),
  negative: around(-3),
};

function judged(
  claim: Record<string, unknown>,
  better: 'lower' | 'higher' = 'lower',
  arms: Readonly<Record<string, readonly number[]>> = ARMS,
): ClaimResult {
  const full = { id: 'claim', statement: '', metric: 'm', ...claim } as unknown as Claim;
  return judgeClaim(
    full,
    (arm) => arms[arm]!,
    better,
    (p) => p,
  );
}

function verdict(claim: Record<string, unknown>, better: 'lower' | 'higher' = 'lower'): Verdict {
  return judged(claim, better).verdict;
}

describe('the verdict on', () => {
  test.each<[string, Record<string, unknown>, Verdict]>([
    [
      'an improvement beyond its threshold',
      { kind: 'improves', arm: 'half', against: 'base', at_least: 0.4 },
      'confirmed',
    ],
    [
      'a clear improvement below its threshold',
      { kind: 'improves', arm: 'tenth-less', against: 'base', at_least: 0.4 },
      'refuted',
    ],
    [
      'an improvement whose estimate reaches the threshold and whose interval does not',
      { kind: 'improves', arm: 'noisy-half', against: 'base', at_least: 0.45 },
      'undecided',
    ],
    [
      'an improvement whose estimate misses the threshold and whose interval does not',
      { kind: 'improves', arm: 'noisy-half', against: 'base', at_least: 0.55 },
      'undecided',
    ],
    ['an improvement without threshold', { kind: 'improves', arm: 'tenth-less', against: 'base' }, 'confirmed'],
    ['an improvement that is none', { kind: 'improves', arm: 'double', against: 'base' }, 'refuted'],
    ['an improvement that seeds disagree about', { kind: 'improves', arm: 'noisy', against: 'base' }, 'undecided'],
    ['an arm against itself', { kind: 'improves', arm: 'base', against: 'base' }, 'refuted'],
    [
      'a worsening beyond its threshold',
      { kind: 'worsens', arm: 'double', against: 'base', at_least: 0.9 },
      'confirmed',
    ],
    [
      'a clear worsening below its threshold',
      { kind: 'worsens', arm: 'double', against: 'base', at_least: 1.5 },
      'refuted',
    ],
    [
      'a worsening whose estimate alone reaches the threshold',
      { kind: 'worsens', arm: 'noisy-double', against: 'base', at_least: 0.9 },
      'undecided',
    ],
    [
      'a worsening of exactly the threshold',
      { kind: 'worsens', arm: 'double', against: 'base', at_least: 1 },
      'confirmed',
    ],
    ['a worsening that is none', { kind: 'worsens', arm: 'half', against: 'base' }, 'refuted'],
    ['an equality well within', { kind: 'equals', arm: 'near', against: 'base', within: 0.05 }, 'confirmed'],
    [
      'an equality whose interval sticks out',
      { kind: 'equals', arm: 'noisy-near', against: 'base', within: 0.06 },
      'undecided',
    ],
    ['an equality to the bit', { kind: 'equals', arm: 'base', against: 'base', within: 0 }, 'confirmed'],
    ['an equality that is none', { kind: 'equals', arm: 'half', against: 'base', within: 0.05 }, 'refuted'],
    ['a gain in the unit of the metric', { kind: 'gains', arm: 'half', against: 'base', at_least: 49 }, 'confirmed'],
    ['a gain below its threshold', { kind: 'gains', arm: 'tenth-less', against: 'base', at_least: 12 }, 'refuted'],
    ['a gain by its interval', { kind: 'gains', arm: 'noisy-half', against: 'base', at_least: 49 }, 'undecided'],
    [
      'the same gain by its mean',
      { kind: 'gains', arm: 'noisy-half', against: 'base', at_least: 49, by: 'mean' },
      'confirmed',
    ],
    [
      'a gain whose mean misses the threshold',
      { kind: 'gains', arm: 'noisy-half', against: 'base', at_least: 52, by: 'mean' },
      'refuted',
    ],
    ['a ratio within its bounds', { kind: 'ratio', arm: 'half', against: 'base', low: 1.8, high: 2.2 }, 'confirmed'],
    ['a ratio of exactly its bounds', { kind: 'ratio', arm: 'half', against: 'base', low: 2, high: 2 }, 'confirmed'],
    [
      'a ratio on the right side of 1 only',
      { kind: 'ratio', arm: 'half', against: 'base', low: 5, high: 9 },
      'refuted',
    ],
    [
      'a ratio whose interval sticks out below',
      { kind: 'ratio', arm: 'noisy-half', against: 'base', low: 1.9, high: 9 },
      'undecided',
    ],
    [
      'a ratio whose interval sticks out above, as a throughput that may be lower',
      { kind: 'ratio', arm: 'noisy-double', against: 'base', low: 0, high: 0.51 },
      'undecided',
    ],
    ['a ratio on the wrong side of 1', { kind: 'ratio', arm: 'double', against: 'base', low: 5, high: 9 }, 'refuted'],
    ['a ratio over zero', { kind: 'ratio', arm: 'zero', against: 'base', low: 5, high: 9 }, 'refuted'],
    ['a ratio of zero', { kind: 'ratio', arm: 'base', against: 'zero', low: 0, high: 0.1 }, 'confirmed'],
    ['a ratio with some zeros', { kind: 'ratio', arm: 'rare', against: 'base', low: 10, high: 1000 }, 'confirmed'],
    [
      'a ratio with some zeros, too large',
      { kind: 'ratio', arm: 'rare', against: 'base', low: 0, high: 10 },
      'refuted',
    ],
    ['a ratio of negative values', { kind: 'ratio', arm: 'negative', against: 'base', low: 0, high: 9 }, 'undecided'],
    ['zero over zero', { kind: 'ratio', arm: 'zero', against: 'zero', low: 1, high: 1 }, 'confirmed'],
    ['zero over zero as anything but 1', { kind: 'ratio', arm: 'zero', against: 'zero', low: 5, high: 9 }, 'refuted'],
    ['a ratio with an equal pair', { kind: 'ratio', arm: 'rare', against: 'often', low: 10, high: 1000 }, 'confirmed'],
    ['a bound that holds', { kind: 'bound', arm: 'base', at_least: 90, at_most: 110 }, 'confirmed'],
    ['a bound that holds for the mean only', { kind: 'bound', arm: 'wide', at_most: 155 }, 'undecided'],
    ['a lower bound that holds for the mean only', { kind: 'bound', arm: 'wide', at_least: 145 }, 'undecided'],
    ['a lower bound that fails', { kind: 'bound', arm: 'base', at_least: 110 }, 'refuted'],
    ['an exact value', { kind: 'bound', arm: 'tenth', at_least: 0.1, at_most: 0.1 }, 'confirmed'],
    ['a bound that fails', { kind: 'bound', arm: 'base', at_most: 90 }, 'refuted'],
    ['an exact zero', { kind: 'bound', arm: 'zero', at_most: 0 }, 'confirmed'],
    [
      'more than the sum',
      { kind: 'super-additive', arm: 'triple', against: 'base', parts: ['near', 'tenth-less'] },
      'confirmed',
    ],
    [
      'more than the sum, not for every seed',
      {
        kind: 'super-additive',
        arm: 'wide',
        against: 'base',
        parts: ['tenth-less', 'tenth-less', 'tenth-less', 'tenth-less'],
      },
      'undecided',
    ],
    [
      'less than the sum',
      { kind: 'super-additive', arm: 'double', against: 'base', parts: ['double', 'half'] },
      'refuted',
    ],
  ])('%s', (_, claim, expected) => {
    expect(verdict(claim)).toBe(expected);
  });

  test('a metric that should be high is judged the other way round', () => {
    expect(verdict({ kind: 'improves', arm: 'double', against: 'base', at_least: 0.9 }, 'higher')).toBe('confirmed');
    expect(verdict({ kind: 'worsens', arm: 'half', against: 'base', at_least: 0.4 }, 'higher')).toBe('confirmed');
    expect(verdict({ kind: 'improves', arm: 'half', against: 'base' }, 'higher')).toBe('refuted');
  });

  test('an improvement falls when the correction for many comparisons takes its significance', () => {
    const claim = { id: 'c', statement: '', metric: 'm', kind: 'improves', arm: 'half', against: 'base' } as Claim;
    const judge = (factor: number) =>
      judgeClaim(
        claim,
        (arm) => ARMS[arm]!,
        'lower',
        (p) => Math.min(1, p * factor),
      );
    expect(judge(1)).toMatchObject({ verdict: 'confirmed', p: 2 ** -9 });
    // On the threshold is not below it.
    expect(judge(0.05 * 2 ** 9)).toMatchObject({ verdict: 'undecided', adjustedP: 0.05 });
    expect(judge(25)).toMatchObject({ verdict: 'confirmed', adjustedP: 25 * 2 ** -9 });
    expect(judge(30)).toMatchObject({ verdict: 'undecided', adjustedP: 30 * 2 ** -9 });
  });

  test('the effect carries sign, size and an interval around it', () => {
    const claim = { id: 'c', statement: '', metric: 'm', kind: 'improves', arm: 'half', against: 'base' } as Claim;
    const { scale, effect, low, high, sentence } = judgeClaim(
      claim,
      (arm) => ARMS[arm]!,
      'lower',
      (p) => p,
    );
    expect(scale).toBe('log-ratio');
    expect(effect).toBeCloseTo(0.5, 10);
    expect(low!).toBeLessThanOrEqual(effect!);
    expect(high!).toBeGreaterThanOrEqual(effect!);
    expect(sentence).toMatch(/^confirmed: m \+50\.0 % \[/);
  });

  test('a latency never improves by more than 100 %, however wide the interval', () => {
    const arms = { slow: [100, 120, 90, 400], fast: [1, 80, 2, 300] };
    const { effect, high } = judged({ kind: 'improves', arm: 'fast', against: 'slow' }, 'lower', arms);
    expect(effect).toBeGreaterThan(0.7);
    expect(high).toBeGreaterThan(effect!);
    expect(high).toBeLessThan(1);
  });

  test('p is that of the paired differences', () => {
    const arms = { base: [10, 20, 30, 40, 50, 60], arm: [9, 19, 29, 39, 49, 61] };
    // Six ties, one of them with the other sign: 2 · (1 + 6) of 2⁶ sign patterns are as extreme.
    expect(judged({ kind: 'improves', arm: 'arm', against: 'base' }, 'lower', arms).p).toBeCloseTo(14 / 64, 12);
    expect(judged({ kind: 'equals', arm: 'arm', against: 'base', within: 1 }, 'lower', arms).p).toBeNull();
  });

  test('a change of exactly the threshold reaches it, whatever the logarithms round to', () => {
    for (let percent = 5; percent < 100; percent += 5) {
      const share = percent / 100;
      const arms = { base: [3, 70, 11], less: [3, 70, 11].map((value) => value * (1 - share)) };
      const ratio = { kind: 'ratio', arm: 'less', against: 'base', low: 1 / (1 - share), high: 1 / (1 - share) };
      expect(judged(ratio, 'lower', arms).verdict).toBe('confirmed');
      const equals = { kind: 'equals', arm: 'less', against: 'base', within: share };
      expect(judged(equals, 'lower', arms).verdict).toBe('confirmed');
      expect(judged({ ...equals, within: share - 0.001 }, 'lower', arms).verdict).toBe('refuted');
    }
  });

  test('a sentence gives changes a sign, and ratios and means none', () => {
    const sentence = (claim: Record<string, unknown>) => judged(claim).sentence;
    expect(sentence({ kind: 'worsens', arm: 'double', against: 'base' })).toBe(
      'confirmed: m −100.0 % [−100.0 %, −100.0 %].',
    );
    expect(sentence({ kind: 'equals', arm: 'base', against: 'base', within: 0 })).toBe(
      'confirmed: m +0.0 % [+0.0 %, +0.0 %].',
    );
    expect(sentence({ kind: 'ratio', arm: 'half', against: 'base', low: 2, high: 2 })).toBe('confirmed: m 2 [2, 2].');
  });

  test('a bound is judged by the Student interval of the mean', () => {
    // Mean 3, half width 2.776445 · √0.5 = 1.963243.
    const arms = { a: [1, 2, 3, 4, 5] };
    const bound = (at_most: number) => judged({ kind: 'bound', arm: 'a', at_most }, 'lower', arms);
    expect(bound(4.97)).toMatchObject({ verdict: 'confirmed', scale: 'mean', effect: 3 });
    expect(bound(4.96).verdict).toBe('undecided');
    expect(bound(1.04).verdict).toBe('undecided');
    expect(bound(1.03).verdict).toBe('refuted');
    expect(bound(4.97).sentence).toBe('confirmed: m 3 [1.037, 4.963].');
  });

  test('pairs decide, not levels: seeds that differ by a factor of 100 hide no difference of 1 %', () => {
    const seeds = [1, 3, 10, 30, 100, 7, 50, 2];
    const arms = { base: seeds, less: seeds.map((value, index) => value * (0.99 + 0.001 * (index % 2))) };
    expect(judged({ kind: 'improves', arm: 'less', against: 'base', at_least: 0.008 }, 'lower', arms).verdict).toBe(
      'confirmed',
    );
  });

  test('one seed decides nothing', () => {
    const arms = { a: [1], b: [2] };
    expect(judged({ kind: 'ratio', arm: 'a', against: 'b', low: 1, high: 3 }, 'lower', arms)).toMatchObject({
      verdict: 'undecided',
      effect: 2,
      low: null,
      high: null,
      sentence: 'undecided: m 2 [–, –].',
    });
  });

  test('a metric that was not measured on every seed decides nothing', () => {
    const result = judged({ kind: 'bound', arm: 'a', at_most: 3 }, 'lower', { a: [1, Number.NaN] });
    expect(result).toMatchObject({ verdict: 'undecided', effect: null, low: null, high: null, scale: null });
  });

  describe('where a value is 0', () => {
    const arms = {
      base: [10, 12, 11, 9, 10, 12, 11, 9],
      none: [0, 0, 1, 0, 0, 1, 0, 0],
      zero: [0, 0, 0, 0, 0, 0, 0, 0],
    };

    test('the effect is a paired difference in the unit of the metric, and is called so', () => {
      const result = judged({ kind: 'improves', arm: 'none', against: 'base' }, 'lower', arms);
      expect(result).toMatchObject({ verdict: 'confirmed', scale: 'difference', effect: expect.closeTo(10.25, 12) });
      expect(result.sentence).toMatch(/^confirmed: m, difference 10\.25 \[/);
    });

    test.each([
      ['improves', 'none', 'base', 0.9, 'confirmed'],
      ['improves', 'none', 'base', 0.97, 'undecided'],
      ['improves', 'none', 'base', 1.05, 'refuted'],
      ['worsens', 'base', 'none', 5, 'confirmed'],
      // Every share of nothing is nothing.
      ['worsens', 'base', 'zero', 1000, 'confirmed'],
      ['improves', 'base', 'zero', 0.1, 'refuted'],
      ['improves', 'zero', 'zero', 0, 'refuted'],
    ] as const)(
      'a threshold is a share of the other arm: %s, %s against %s by %d',
      (kind, arm, against, share, expected) => {
        expect(judged({ kind, arm, against, at_least: share }, 'lower', arms).verdict).toBe(expected);
      },
    );

    test('more is better where it should be high', () => {
      expect(judged({ kind: 'improves', arm: 'base', against: 'none', at_least: 5 }, 'higher', arms).verdict).toBe(
        'confirmed',
      );
    });

    test('closeness too is a share of the other arm', () => {
      const near = { base: [10, 10, 10, 10, 0], arm: [10.2, 10.1, 10.2, 10.1, 0] };
      const equals = (within: number) => judged({ kind: 'equals', arm: 'arm', against: 'base', within }, 'lower', near);
      expect(equals(0.05).verdict).toBe('confirmed');
      expect(equals(0.012).verdict).toBe('undecided');
      expect(equals(0).verdict).toBe('refuted');
    });
  });

  test('the diagnostic sentence is told unless the claim is confirmed', () => {
    const judge = (arm: string): string =>
      judgeClaim(
        {
          id: 'c',
          statement: '',
          metric: 'm',
          kind: 'improves',
          arm,
          against: 'base',
          diagnostic: 'Look here.',
        } as Claim,
        (name) => ARMS[name]!,
        'lower',
        (p) => p,
      ).sentence;
    expect(judge('double')).toContain('Look here.');
    expect(judge('half')).not.toContain('Look here.');
  });
});
