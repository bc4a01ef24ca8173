import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MinTree } from '../../../src/simulators/cluster/min-tree.ts';

describe('the smallest of many changing values', () => {
  it('is found, the first of equals, after every change', () => {
    const change = fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 0, max: 5 }));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 13 }), fc.array(change, { maxLength: 60 }), (count, changes) => {
        const tree = new MinTree(count);
        const values = new Array<number>(count).fill(Number.POSITIVE_INFINITY);
        expect(tree.min).toBe(Number.POSITIVE_INFINITY);
        for (const [index, value] of changes) {
          if (index >= count) continue;
          tree.set(index, value);
          values[index] = value;
          expect(tree.min).toBe(Math.min(...values));
          expect(tree.first).toBe(values.indexOf(Math.min(...values)));
        }
      }),
    );
  });
});
