import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimeFifo } from '../../../src/simulators/cluster/time-fifo.ts';

describe('a queue in order of time', () => {
  it('gives entries by time, equal times in order of insertion, however pushes and shifts are mixed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(-1)), { maxLength: 200 }),
        (actions) => {
          const queue = new TimeFifo(2);
          let model: { time: number; payload: number }[] = [];
          actions.forEach((time, payload) => {
            if (time >= 0) {
              queue.push(time, payload);
              model.push({ time, payload });
              model = model
                .map((entry, i) => ({ entry, i }))
                .sort((a, b) => a.entry.time - b.entry.time || a.i - b.i)
                .map(({ entry }) => entry);
            } else if (model.length > 0) {
              expect(queue.headTime).toBe(model[0]!.time);
              expect(queue.shift()).toBe(model.shift()!.payload);
            }
            expect(queue.length).toBe(model.length);
          });
          expect(queue.headTime).toBe(model[0]?.time ?? Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  it('refuses to shift from nothing', () => {
    expect(() => new TimeFifo().shift()).toThrow(RangeError);
  });
});
