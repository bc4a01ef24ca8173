import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integerFromText } from '../../src/base/integer-text.ts';

describe('integers as flags spell them', () => {
  it('are read in every base, whatever the sign', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        const sign = value < 0n ? '-' : '';
        const magnitude = value < 0n ? -value : value;
        expect(integerFromText(value.toString())).toBe(value);
        for (const [prefix, base] of [
          ['0x', 16],
          ['0o', 8],
          ['0', 8],
          ['0b', 2],
        ] as const) {
          expect(integerFromText(sign + prefix + magnitude.toString(base))).toBe(value);
        }
      }),
    );
  });

  it.each([
    ['0X1f', 31n],
    ['1_000', 1000n],
    ['0x_10', 16n],
    ['+7', 7n],
    ['-0', 0n],
  ])('may be spelt %s', (text, value) => {
    expect(integerFromText(text)).toBe(value);
  });

  it.each(['', '-', '1.5', '1e3', ' 1', '08', '0x', '0b2', '1__0', '_1', '1_', 'ten'])('are not "%s"', (text) => {
    expect(integerFromText(text)).toBeUndefined();
  });
});
