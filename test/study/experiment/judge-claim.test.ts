import { describe, expect, test } from 'vitest';
import type { Claim } from '../../../src/study/experiment/experiment-file.ts';
import { judgeClaim, type Verdict } from '../../../src/study/experiment/judge-claim.ts';

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
};

function verdict(claim: Record<string, unknown>, better: 'lower' | 'higher' = 'lower'): Verdict {
  const full = { id: 'claim', statement: '', metric: 'm', ...claim } as unknown as Claim;
  return judgeClaim(
    full,
    (arm) => ARMS[arm]!,
    better,
    (p) => p,
  ).verdict;
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
      'partially',
    ],
    ['an improvement without threshold', { kind: 'improves', arm: 'tenth-less', against: 'base' }, 'confirmed'],
    ['an improvement that is none', { kind: 'improves', arm: 'double', against: 'base' }, 'refuted'],
    ['an improvement that seeds disagree about', { kind: 'improves', arm: 'noisy', against: 'base' }, 'refuted'],
    ['an arm against itself', { kind: 'improves', arm: 'base', against: 'base' }, 'refuted'],
    [
      'a worsening beyond its threshold',
      { kind: 'worsens', arm: 'double', against: 'base', at_least: 0.9 },
      'confirmed',
    ],
    [
      'a clear worsening below its threshold',
      { kind: 'worsens', arm: 'double', against: 'base', at_least: 1.5 },
      'partially',
    ],
    ['a worsening that is none', { kind: 'worsens', arm: 'half', against: 'base' }, 'refuted'],
    ['an equality well within', { kind: 'equals', arm: 'near', against: 'base', within: 0.05 }, 'confirmed'],
    [
      'an equality whose interval sticks out',
      { kind: 'equals', arm: 'noisy-near', against: 'base', within: 0.06 },
      'partially',
    ],
    ['an equality that is none', { kind: 'equals', arm: 'half', against: 'base', within: 0.05 }, 'refuted'],
    ['a ratio within its bounds', { kind: 'ratio', arm: 'half', against: 'base', low: 1.8, high: 2.2 }, 'confirmed'],
    [
      'a ratio on the right side of 1 only',
      { kind: 'ratio', arm: 'half', against: 'base', low: 5, high: 9 },
      'partially',
    ],
    ['a ratio on the wrong side of 1', { kind: 'ratio', arm: 'double', against: 'base', low: 5, high: 9 }, 'refuted'],
    ['a ratio over zero', { kind: 'ratio', arm: 'zero', against: 'base', low: 5, high: 9 }, 'refuted'],
    ['zero over zero', { kind: 'ratio', arm: 'zero', against: 'zero', low: 1, high: 1 }, 'confirmed'],
    ['a bound that holds', { kind: 'bound', arm: 'base', at_least: 90, at_most: 110 }, 'confirmed'],
    ['a bound that holds for the mean only', { kind: 'bound', arm: 'wide', at_most: 155 }, 'partially'],
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
      'partially',
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
    expect(judge(30)).toMatchObject({ verdict: 'refuted', adjustedP: 30 * 2 ** -9 });
  });

  test('the effect carries sign, size and an interval around it', () => {
    const claim = { id: 'c', statement: '', metric: 'm', kind: 'improves', arm: 'half', against: 'base' } as Claim;
    const { effect, low, high, sentence } = judgeClaim(
      claim,
      (arm) => ARMS[arm]!,
      'lower',
      (p) => p,
    );
    expect(effect).toBeCloseTo(0.5, 10);
    expect(low).toBeLessThanOrEqual(effect);
    expect(high).toBeGreaterThanOrEqual(effect);
    expect(sentence).toMatch(/^confirmed: m \+50\.0 % \[/);
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
