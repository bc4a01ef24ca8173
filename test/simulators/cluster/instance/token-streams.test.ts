import { describe, expect, it } from 'vitest';
import { TokenGaps } from '../../../../src/simulators/cluster/instance/token-gaps.ts';
import { simulateCluster } from '../../../../src/simulators/cluster/simulate-cluster.ts';
import { asRequest } from '../golden/indices.ts';
import { randomCluster } from '../golden/random-cluster.ts';

const FIRST = asRequest(0);
const WHOLE = { fromUs: 0, untilUs: Number.POSITIVE_INFINITY };

describe('gaps between tokens as a client sees them', () => {
  const steps = (gaps: readonly number[]) => {
    const books = new TokenGaps();
    for (const gap of gaps) books.append(gap);
    return books;
  };

  it('are those of the steps where nothing came between', () => {
    const books = steps([7, 3, 9, 2]);
    expect(books.longest(FIRST, 1, 0)).toBe(9);
    expect(books.longest(FIRST, 1, 2)).toBe(2);
    expect([1, 2, 3, 4].map((token) => books.timeOf(FIRST, 1, token))).toEqual([3, 12, 14, Number.NaN]);
  });

  it('grow by the steps in which the request got no token', () => {
    const books = new TokenGaps();
    books.append(5);
    for (const gap of [4, 6]) {
      books.append(gap);
      books.skip(FIRST);
    }
    books.append(3);
    expect(books.longest(FIRST, 0, 0)).toBe(13);
    expect(books.timeOf(FIRST, 0, 2)).toBe(18);
    expect(books.timeOf(asRequest(1), 0, 2)).toBe(9);
  });

  it('grow by the length of a pause, not by the steps that others took in it', () => {
    const books = steps([5]);
    const [from, sum] = [books.steps, books.sum];
    for (const gap of [4, 6]) books.append(gap);
    books.resume(FIRST, from, sum, 30);
    books.append(2);
    books.skip(FIRST);
    books.append(3);
    expect(books.longest(FIRST, 0, 0)).toBe(35);
    expect(books.timeOf(FIRST, 0, 2)).toBe(40);
  });
});

describe('streams of a run', () => {
  const runs = Array.from({ length: 40 }, (_, seed) => {
    const { config, workload } = randomCluster(3_000 + seed, { inherits: seed % 2 === 0 });
    return {
      plain: () => simulateCluster(config, workload),
      seen: simulateCluster({ ...config, measured: WHOLE }, workload),
    };
  });

  it('change nothing else of it', () => {
    for (const { plain, seen } of runs) {
      const { streams: _, instances: own, ...rest } = seen;
      const { instances, ...other } = plain();
      expect(rest).toEqual(other);
      expect(own.map(({ itl }) => itl)).toEqual(instances.map(({ itl }) => itl));
    }
  });

  it('have their longest gap between the mean gap and the sum of gaps, and the tenth token before the end', () => {
    let [streaming, tenths] = [0, 0];
    for (const { seen } of runs) {
      const { streams, itlSumUs, itlCount, e2eUs, ttftUs, completed, disaggregated } = seen;
      for (let row = 0; row < seen.table.length; row++) {
        if (completed[row] !== 1 || disaggregated[row] === 1) continue;
        const longest = streams!.longestGapUs[row]!;
        if (itlCount[row] === 0) expect(longest).toBeNaN();
        else {
          streaming++;
          expect(longest).toBeGreaterThanOrEqual(itlSumUs[row]! / itlCount[row]! - 1e-6);
        }
        if (itlCount[row]! < 9) expect(streams!.tenthTokenUs[row]).toBeNaN();
        else {
          tenths++;
          expect(streams!.tenthTokenUs[row]).toBeGreaterThan(ttftUs[row]!);
          if (itlCount[row] === 9)
            expect(streams!.tenthTokenUs[row]).toBeGreaterThanOrEqual(ttftUs[row]! + itlSumUs[row]! - 1e-6);
          else if (longest * itlCount[row]! < e2eUs[row]!)
            expect(streams!.tenthTokenUs[row]).toBeLessThanOrEqual(e2eUs[row]!);
        }
      }
    }
    expect([streaming > 500, tenths > 100]).toEqual([true, true]);
  });

  it('stand still while a preempted request waits for its blocks', () => {
    const stalls = runs.flatMap(({ seen }) =>
      [...seen.streams!.longestStallUs].filter((stall) => stall > 0).map((stall) => ({ stall, seen })),
    );
    expect(stalls.length).toBeGreaterThan(20);
    for (const { seen } of stalls) expect(seen.instances.some(({ preemptions }) => preemptions > 0)).toBe(true);
    for (const { seen } of runs) {
      if (seen.instances.every(({ preemptions }) => preemptions === 0)) {
        expect(seen.streams!.longestStallUs.every((stall) => stall === 0)).toBe(true);
      }
    }
  });
});
