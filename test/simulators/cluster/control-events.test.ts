import { describe, expect, it } from 'vitest';
import { EVENT_KINDS, RareEvents, type RareKind } from '../../../src/simulators/cluster/control-events.ts';

/** Everything that comes out, in order. */
function drained(events: RareEvents): [RareKind, number][] {
  const out: [RareKind, number][] = [];
  while (events.peekTime() < Number.POSITIVE_INFINITY) {
    const request = events.pop();
    out.push([events.kind, request]);
  }
  return out;
}

describe('kinds of events', () => {
  it('are listed in their order, those of the control plane before those of instances, each with its reason', () => {
    const kinds = Object.values(EVENT_KINDS);
    const order = kinds.map(({ plane, rank }) => (plane === 'control' ? rank : 100 + rank));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(kinds.filter(({ because }) => because.length < 10)).toEqual([]);
  });

  it('of one instant happen by rank, whatever the order in which they were put in', () => {
    const events = new RareEvents();
    const kinds = ['gateway tick', 'transfer end', 'transfer start', 'prefill routing'] as const;
    kinds.forEach((kind, request) => {
      events.push(5, kind, request);
    });
    events.push(4, 'gateway tick', 9);
    expect(drained(events)).toEqual([
      ['gateway tick', 9],
      ['prefill routing', 3],
      ['transfer start', 2],
      ['transfer end', 1],
      ['gateway tick', 0],
    ]);
  });

  it('of equal rank happen in the order in which they were put in', () => {
    const events = new RareEvents();
    events.push(5, 'gateway expiry', 1_000_000);
    events.push(5, 'eviction', 0);
    events.push(5, 'transfer end', 2);
    events.push(5, 'transfer start', 3);
    expect(drained(events)).toEqual([
      ['eviction', 0],
      ['transfer start', 3],
      ['gateway expiry', 1_000_000],
      ['transfer end', 2],
    ]);
  });
});
