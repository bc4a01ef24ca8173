import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nameList, printable, shortKey, shortText } from '../../src/base/short-text.ts';

/** Controls, invisible marks, and halves of characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const anything = fc.anything({ withBigInt: true });
const key = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ unit: 'grapheme' }));

describe('values in messages', () => {
  test('a value of any kind and size is one printable line of at most 60 characters', () => {
    fc.assert(
      fc.property(fc.oneof(anything, key), (value) => {
        const text = shortText(value);
        expect(text.length).toBeLessThanOrEqual(60);
        expect(text).not.toMatch(UNPRINTABLE);
      }),
    );
  });

  test('a short JSON value is shown as JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 2, stringUnit: fc.constantFrom('a', '"', '\\', 'é', ' ') }), (json) => {
        const exact = JSON.stringify(JSON.parse(json));
        fc.pre(exact.length <= 60);
        expect(shortText(JSON.parse(json))).toBe(exact);
      }),
    );
  });

  test('numbers that JSON does not know are shown too', () => {
    expect([Number.NaN, Number.POSITIVE_INFINITY, 2n ** 60n, [3n], undefined].map(shortText)).toEqual([
      'NaN',
      'Infinity',
      '1152921504606846976',
      '[3]',
      'undefined',
    ]);
  });

  test('of a large value no more is read than is shown', () => {
    const unread = {
      get more(): never {
        throw new Error('was read');
      },
    };
    expect(shortText(['x'.repeat(100), unread])).toBe(`["${'x'.repeat(55)}…`);
    expect(shortText({ first: 'x'.repeat(100), second: unread })).toMatch(/^\{"first":"x+…$/);
  });

  test('keys have no quotes; line breaks, escapes and marks of direction in them are spelled out', () => {
    expect(shortKey('budget')).toBe('budget');
    expect(shortKey('a\nb\u001b[31m\u202e')).toBe('a\\nb\\u001b[31m\\u202e');
    expect(shortKey('k'.repeat(1000))).toBe(`${'k'.repeat(57)}…`);
    expect(printable('naïve café 東京 ≥ 3')).toBe('naïve café 東京 ≥ 3');
  });

  test('long lists of names end with a count', () => {
    expect(nameList(['a', 'b'])).toBe('a, b');
    expect(nameList(Array.from({ length: 1000 }, (_, i) => `n${i}`))).toMatch(/, n59 and 940 more$/);
  });
});
