import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockPool } from '../../../src/simulators/gpu-jobs/block-pool.ts';

describe('BlockPool', () => {
  it('conserves blocks under any sequence of operations, and gives all back', () => {
    const operation = fc.record({
      kind: fc.constantFrom('take', 'drop', 'share'),
      key: fc.integer({ min: 0, max: 9 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.array(operation, { maxLength: 120 }), (total, operations) => {
        const pool = new BlockPool(total);
        const held: number[] = [];
        for (const { kind, key } of operations) {
          if (kind === 'take') {
            const before = pool.available;
            const block = pool.allocate();
            expect(block >= 0).toBe(before > 0);
            if (block >= 0) {
              held.push(block);
              if (key < 5) pool.publish(block, key);
            }
          } else if (kind === 'drop' && held.length > 0) {
            pool.release(held.splice(key % held.length, 1)[0]!);
          } else if (kind === 'share' && pool.find(key) >= 0) {
            pool.share(pool.find(key));
            held.push(pool.find(key));
          }
          expect(pool.used).toBe(new Set(held).size);
          expect(pool.used + pool.cached + pool.free).toBe(total);
        }
        for (const block of held) pool.release(block);
        expect(pool.used).toBe(0);
        expect(pool.available).toBe(total);
      }),
    );
  });

  it('evicts the content that was released longest ago', () => {
    const pool = new BlockPool(2);
    const [a, b] = [pool.allocate(), pool.allocate()];
    pool.publish(a, 10);
    pool.publish(b, 20);
    pool.release(b);
    pool.release(a);
    pool.share(pool.find(20));
    pool.release(b);
    expect(pool.allocate()).toBe(a);
    expect([pool.find(10), pool.find(20), pool.evictions]).toEqual([-1, b, 1]);
  });

  it('takes memory by the blocks that are used, not by those that there are', () => {
    const before = process.memoryUsage().rss;
    const pools = Array.from({ length: 8 }, () => new BlockPool(1e7));
    for (const pool of pools) expect([pool.allocate(), pool.allocate(), pool.free]).toEqual([0, 1, 1e7 - 2]);
    // The arrays have 1.28 GB; written once, they would all be resident.
    expect(process.memoryUsage().rss - before).toBeLessThan(300e6);
  });

  it('refuses a double release', () => {
    const pool = new BlockPool(1);
    const block = pool.allocate();
    pool.release(block);
    expect(() => pool.release(block)).toThrow(RangeError);
  });
});
