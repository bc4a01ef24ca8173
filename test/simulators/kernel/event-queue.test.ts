import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src/simulators/kernel/event-queue.ts';

describe('EventQueue', () => {
  it('pops by time, then rank, then insertion', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 3 }))), (events) => {
        const queue = new EventQueue(1);
        for (const [index, [time, rank]] of events.entries()) queue.push(time, rank, index);
        const expected = events
          .map(([time, rank], index) => ({ time, rank, index }))
          .sort((a, b) => a.time - b.time || a.rank - b.rank || a.index - b.index);
        for (const { time, rank, index } of expected) {
          expect(queue.peekTime()).toBe(time);
          expect([queue.pop(), queue.time, queue.rank]).toEqual([index, time, rank]);
        }
        expect(queue.length).toBe(0);
      }),
    );
  });

  it('keeps the order when pushes and pops alternate', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 4 }))), (operations) => {
        const queue = new EventQueue(2);
        const model: { time: number; index: number }[] = [];
        for (const [index, operation] of operations.entries()) {
          if (operation !== null) {
            queue.push(operation, 0, index);
            model.push({ time: operation, index });
          } else if (model.length > 0) {
            model.sort((a, b) => a.time - b.time || a.index - b.index);
            expect(queue.pop()).toBe(model.shift()!.index);
          }
        }
        expect(queue.length).toBe(model.length);
      }),
    );
  });

  it('says so when it is empty', () => {
    const queue = new EventQueue();
    expect(queue.peekTime()).toBe(Number.POSITIVE_INFINITY);
    expect(() => queue.pop()).toThrow(RangeError);
  });
});
