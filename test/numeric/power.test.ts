import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { type Rng, stream } from '../../src/base/random.ts';
import { power } from '../../src/numeric/power.ts';

type Case = readonly [x: number, y: number];

const whole = (rng: Rng, low: number, high: number): number => low + Math.floor((high - low) * rng.uniform());
const signed = (rng: Rng, size: number): number => (rng.uniform() - 0.5) * 2 * size;
/** Numbers of many sizes. */
const wide = (rng: Rng, low: number, high: number): number => (1 + rng.uniform()) * 2 ** whole(rng, low, high);
/** A number that is `value` but for some of its last digits. */
const near = (rng: Rng, value: number): number => value * (1 + signed(rng, 2 ** -whole(rng, 0, 60)));
const exponentFor = (rng: Rng, log2: number): Case => {
  const x = wide(rng, -1000, 1000);
  return [x, near(rng, (log2 / Math.log(x)) * Math.LN2)];
};

/** Kinds of cases, and the first digits of a digest of 20,000 results of `**` in V8 11.3 and 12.4 (Node 20 and 22). */
const RECORDED: readonly (readonly [kind: string, draw: (rng: Rng) => Case, digest: string])[] = [
  ['moderate numbers', (rng) => [wide(rng, -30, 30), signed(rng, 10)], 'f50ff760556b9ed3'],
  ['roots of shares', (rng) => [rng.uniform(), 1 / whole(rng, 1, 12)], 'a7b47f78c4058a24'],
  ['whole exponents', (rng) => [signed(rng, 4), whole(rng, -40, 40)], '0756d62ff29dc49c'],
  ['bases next to 1 and large exponents', (rng) => [near(rng, 1), signed(rng, wide(rng, 0, 70))], '4530449d8b5a4d85'],
  ['results next to the largest number', (rng) => exponentFor(rng, 1024), '30cbf334439c777b'],
  ['results next to the smallest number', (rng) => exponentFor(rng, -1075), 'd1a8788713b3b717'],
  ['results next to the square root of 2', (rng) => exponentFor(rng, 0.5), 'a601d05fbf76280c'],
  ['subnormal bases', (rng) => [whole(rng, 1, 2 ** 45) * 2 ** -1074, signed(rng, 2)], 'a348d5495577f427'],
];

function digestOf(draw: (rng: Rng) => Case, raise: (x: number, y: number) => number): string {
  const rng = stream(1, 'power');
  const results = Float64Array.from({ length: 20_000 }, () => raise(...draw(rng)));
  return createHash('sha256').update(results).digest('hex').slice(0, 16);
}

describe('powers have the bits that Node 20 gives them', () => {
  test.each(RECORDED)('of %s', (_, draw, digest) => {
    expect(digestOf(draw, power)).toBe(digest);
  });

  it('and where a base or an exponent has no digits those of the language', () => {
    const special = [0, 0.5, 1, 2, Number.POSITIVE_INFINITY].flatMap((value) => [value, -value]);
    const all = [...special, Number.NaN, 3, -3, 5e-324, Number.MAX_VALUE, 2 ** 53 + 2];
    for (const x of all)
      for (const y of all)
        if (
          [0, 1, 2, Number.POSITIVE_INFINITY].includes(Math.abs(x)) ||
          !Number.isFinite(y) ||
          [0, 0.5, 1, 2].includes(y)
        )
          expect([x, y, power(x, y)]).toEqual([x, y, x ** y]);
  });
});

describe('powers are near the truth', () => {
  it('within one unit in the last place of exact ones', () => {
    const rng = stream(2, 'power');
    for (let i = 0; i < 2000; i++) {
      const x = BigInt(whole(rng, 3, 1000));
      const y = whole(rng, 2, 60);
      expect(Math.abs(power(Number(x), y) / Number(x ** BigInt(y)) - 1)).toBeLessThanOrEqual(2 ** -52);
    }
  });

  it('exactly where whole powers of whole numbers have 53 digits', () => {
    for (let x = 2; x <= 200; x++)
      for (let y = 1, exact = x; exact <= Number.MAX_SAFE_INTEGER; y++, exact *= x) expect(power(x, y)).toBe(exact);
  });
});
