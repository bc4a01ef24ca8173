import { expect, test } from 'vitest';
import { foreignPowers } from '../support/source/foreign-powers.ts';
import { readSource } from '../support/source/read-source.ts';

const found = (text: string): string[] => foreignPowers(readSource('one.ts', text).tree);

test.each(['x ** 3;', '1024 ** k;', 'x ** -2;', 'x **= 3;', '(2 * x) ** 0.5;', 'x ** y ** 3;'])(
  '%s is found',
  (text) => {
    expect(found(text)).not.toEqual([]);
  },
);

test('Math.pow is found', () => {
  expect(found('const y = Math.pow(2, x);')).toEqual(['Math.pow']);
});

test.each(['x ** 2;', '2 ** -53;', '2 ** k;', '5n ** BigInt(k);'])('%s is not', (text) => {
  expect(found(text)).toEqual([]);
});
