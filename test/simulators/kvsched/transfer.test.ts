import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkSpec } from '../../../src/simulators/kvsched/scenario.ts';
import {
  findPath,
  type Path,
  rawTransferMs,
  TransferTable,
  visibleTransferMs,
} from '../../../src/simulators/kvsched/transfer.ts';

const MIB = 2 ** 20;
const plain = { setupMs: 0, lossRate: 0, congestion: 'util_linear' } as const;
const network: NetworkSpec = {
  links: [
    { src: 'a', dst: 'b', bandwidthGbps: 5, rttMs: 20, ...plain },
    { src: 'b', dst: 'c', bandwidthGbps: 10, rttMs: 4, ...plain },
    { src: 'c', dst: 'b', bandwidthGbps: 40, rttMs: 2, ...plain },
  ],
  defaultUtil: 0.2,
  utilByPair: new Map([['b->a', 0.5]]),
  overlapRatio: 0.5,
  maxHideMs: null,
};
const slow: Path = { bandwidthGbps: 5, rttMs: 20, util: 0.2, ...plain };

const paths = fc.record({
  bandwidthGbps: fc.double({ min: 0.1, max: 400, noNaN: true }),
  rttMs: fc.double({ min: 0, max: 100, noNaN: true }),
  setupMs: fc.double({ min: 0, max: 10, noNaN: true }),
  lossRate: fc.double({ min: 0, max: 1, noNaN: true }),
  congestion: fc.constantFrom('none' as const, 'util_linear' as const, 'mm1' as const),
  util: fc.double({ min: 0, max: 0.99, noNaN: true }),
});

describe('transfer time', () => {
  // Worked out by hand from serialization + queueing + round trip.
  it.each([
    ['2 GiB over 200 Gbit/s', { ...plain, bandwidthGbps: 200, rttMs: 0.25, util: 0.15 }, 2048 * MIB, 101.352172],
    ['2 MiB over 5 Gbit/s', slow, 2 * MIB, 29.194304],
    ['2 MiB over the default link', { ...plain, bandwidthGbps: 1, rttMs: 20, util: 0.2 }, 2 * MIB, 45.97152],
  ])('of %s', (_, path, bytes, expected) => {
    expect(rawTransferMs(path, bytes)).toBeCloseTo(expected, 6);
  });

  it('is 0 for nothing, whatever the link', () => {
    fc.assert(fc.property(paths, (path) => rawTransferMs(path, 0) === 0));
  });

  it('grows with the bytes and with other traffic', () => {
    const bytes = fc.integer({ min: 1, max: 2 ** 32 });
    fc.assert(
      fc.property(paths, bytes, bytes, (path, a, b) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)];
        expect(rawTransferMs(path, few)).toBeLessThanOrEqual(rawTransferMs(path, many));
        expect(rawTransferMs(path, few)).toBeLessThanOrEqual(rawTransferMs(path, few, 1e6) * (1 + 1e-12));
      }),
    );
  });

  it('has no queueing term without congestion, equal ones for both congestion models', () => {
    const of = (congestion: Path['congestion']): number => rawTransferMs({ ...slow, congestion }, 2 * MIB);
    expect(of('util_linear') - of('none')).toBeCloseTo((20 * 0.2) / 0.8, 9);
    expect(of('mm1')).toBe(of('util_linear'));
  });

  it('is divided by the share of packets that arrive', () => {
    expect(rawTransferMs({ ...slow, lossRate: 0.5 }, 2 * MIB)).toBeCloseTo(2 * 29.194304, 6);
    expect(rawTransferMs({ ...slow, setupMs: 3 }, 2 * MIB)).toBeCloseTo(32.194304, 6);
  });
});

describe('what is visible of a transfer', () => {
  it.each([
    [true, 14.794304],
    [false, 20.194304],
  ])('with prefetch %s and half overlap beside 18 ms of work', (prefetch, expected) => {
    const overlap = { computeMs: 18, overlapRatio: 0.5, prefetch, maxHideMs: null };
    expect(visibleTransferMs(rawTransferMs(slow, 2 * MIB), overlap)).toBeCloseTo(expected, 6);
  });

  it('lies between nothing and all of it, hides no more than the work, and no more than the cap', () => {
    const ms = fc.double({ min: 0, max: 1000, noNaN: true });
    const ratio = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(ms, ms, ratio, fc.boolean(), ms, (raw, computeMs, overlapRatio, prefetch, cap) => {
        const visible = visibleTransferMs(raw, { computeMs, overlapRatio, prefetch, maxHideMs: cap });
        expect(visible).toBeGreaterThanOrEqual(0);
        expect(visible).toBeLessThanOrEqual(raw);
        expect(raw - visible).toBeLessThanOrEqual(Math.min(computeMs, cap) + 1e-9);
      }),
    );
  });
});

describe('the link between two nodes', () => {
  it('is the explicit one, with the utilisation of the asked direction', () => {
    expect(findPath(network, 'a', 'b', 'skip')).toEqual({ ...slow });
    expect(findPath(network, 'c', 'b', 'relaxed')?.bandwidthGbps).toBe(40);
  });

  it('falls back to the reversed link, then to 1 Gbit/s and 20 ms, when relaxed', () => {
    expect(findPath(network, 'b', 'a', 'relaxed')).toEqual({ ...slow, util: 0.5 });
    expect(findPath(network, 'a', 'c', 'relaxed')).toMatchObject({ bandwidthGbps: 1, rttMs: 20, util: 0.2 });
  });

  it('is missing when strict', () => {
    expect(findPath(network, 'b', 'a', 'skip')).toBeNull();
    const table = new TransferTable(network, ['a', 'b', 'c'], 'error');
    expect(table.reachable(1, 0)).toBe(false);
    expect(() => table.rawMs(1, 0, MIB)).toThrow('No link found for b -> a (strict mode)');
  });

  it('costs a prohibitive time without any network', () => {
    expect(new TransferTable(null, ['a', 'b'], 'relaxed').rawMs(0, 1, MIB)).toBe(1e6);
  });
});
