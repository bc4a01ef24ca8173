import { describe, expect, it } from 'vitest';
import { parseLinear } from '../../../src/optimizer/vocabulary/linear-expression.ts';

const NAMES = ['a', 'b', 'kv-blocks', 'x.y', 'two words'];

/** `Σ factor·parameter ≤ bound`, one for each constraint. */
const read = (text: string): string[] =>
  parseLinear(text, NAMES).map(
    ({ terms, atMost }) =>
      `${terms.map(({ parameter, factor }) => `${factor}·${parameter}`).join(' ')} ≤ ${Object.is(atMost, -0) ? 0 : atMost}`,
  );

describe('linear expressions', () => {
  it.each([
    ['a + 2*b <= 3', ['1·a 2·b ≤ 3']],
    ['a >= b', ['-1·a 1·b ≤ 0']],
    ['2 * (a - 1) <= 3 * b / 2 + 1', ['2·a -1.5·b ≤ 3']],
    ['-a - -b ≤ .5e1', ['-1·a 1·b ≤ 5']],
    ['a + b == 8', ['1·a 1·b ≤ 8', '-1·a -1·b ≤ -8']],
    ['a + a <= 1', ['2·a ≤ 1']],
    ['kv-blocks - b <= 1', ['1·kv-blocks -1·b ≤ 1']],
    ['a-b<=1', ['1·a -1·b ≤ 1']],
    ['"two words" + x.y <= 1', ['1·two words 1·x.y ≤ 1']],
  ])('reads %s', (text, expected) => expect(read(text)).toEqual(expected));

  it.each([
    ['a + c <= 3', '"c" is no parameter of the space'],
    ['a * b <= 3', 'is not linear'],
    ['a / b <= 3', 'is not linear'],
    ['a / 0 <= 3', 'is not linear'],
    ['a + b', 'needs a relation'],
    ['0 <= a <= 1', 'must hold one relation'],
    ['a < b', 'must use <=, >= or =='],
    ['2a <= 1', 'cannot be read at "a"'],
    ['(a <= 1', 'cannot be read at "the end"'],
    ['a <= ', 'cannot be read at "the end"'],
    ['a - a <= 1', 'names no parameter'],
    ['1 <= 2', 'names no parameter'],
    ['a <= 1e999', 'numbers must be finite'],
    ['a ? b <= 1', '"?" cannot be read'],
  ])('refuses %s: %s', (text, message) => expect(() => read(text)).toThrow(message));
});
