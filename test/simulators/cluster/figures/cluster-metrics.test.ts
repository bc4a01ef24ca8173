import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClassFigures, classFairness } from '../../../../src/simulators/cluster/figures/cluster-metrics.ts';
import {
  distribution,
  histogramMeanMs,
  histogramPercentilesMs,
  jainIndex,
  meanMs,
  percentileMs,
  sortedFinite,
} from '../../../../src/simulators/cluster/figures/distribution.ts';
import { parseFitnessWeights } from '../../../../src/simulators/cluster/figures/fitness.ts';
import { fixed } from '../../../../src/simulators/cluster/figures/go-format.ts';
import { mergeTargets } from '../../../../src/simulators/cluster/figures/goodput.ts';

describe('fixed', () => {
  it.each([
    [0.125, 2, '0.12'],
    [0.375, 2, '0.38'],
    [-0.125, 2, '-0.12'],
    [2.5, 0, '2'],
    [3.5, 0, '4'],
    [0.5, 0, '0'],
    [1.005, 2, '1.00'],
    [1915.925, 2, '1915.92'],
    [0.0625, 3, '0.062'],
    [9.96875, 4, '9.9688'],
    [0, 6, '0.000000'],
    [Number.NaN, 2, 'NaN'],
  ])('%d with %i decimals is %s', (value, digits, text) => {
    expect(fixed(value, digits)).toBe(text);
  });

  it('is toFixed wherever the value is no exact tie', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 6 }), (value, digits) => {
        const scaled = Math.abs(value) * 2 ** (digits + 1);
        fc.pre(!(Number.isInteger(scaled) && scaled % 2 === 1));
        expect(fixed(value, digits)).toBe(value.toFixed(digits));
      }),
    );
  });
});

describe('percentiles', () => {
  it('interpolate between neighbours and convert each end to ms', () => {
    const sorted = Float64Array.of(1000, 2000, 4000);
    expect(percentileMs(sorted, 50)).toBe(2);
    expect(percentileMs(sorted, 75)).toBe(3);
    expect(percentileMs(new Float64Array(0), 99)).toBe(0);
  });

  it('of a histogram are those of the values it counts', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 200 }),
        fc.integer({ min: 0, max: 100 }),
        (values, percent) => {
          const sorted = sortedFinite(values);
          const distinct = [...new Set(sorted)];
          const histogram = {
            values: Float64Array.from(distinct),
            counts: Float64Array.from(distinct, (v) => values.filter((x) => x === v).length),
          };
          expect(histogramPercentilesMs(histogram, [percent])).toEqual([percentileMs(sorted, percent)]);
          expect(histogramMeanMs(histogram)).toBe(meanMs(sorted));
        },
      ),
    );
  });

  it('leave out what never happened', () => {
    expect(distribution([3, Number.NaN, 1])).toEqual({ count: 2, mean: 2, p50: 2, p95: 2.9, p99: 2.98 });
  });
});

describe('Jain index', () => {
  it('is 1 for equal shares, 1/n when one has all, and does not depend on the scale', () => {
    expect(jainIndex([2, 2, 2])).toBe(1);
    expect(jainIndex([5, 0, 0, 0])).toBe(0.25);
    expect(jainIndex([0, 0])).toBe(1);
    expect(jainIndex([1, 2, 3])).toBeCloseTo(jainIndex([10, 20, 30]), 14);
  });
});

describe('fairness over SLO classes', () => {
  const figures = (sloClass: string, ttftMeanMs: number, completed = 10): ClassFigures => ({
    sloClass,
    arrived: 10,
    completed,
    ttftMeanMs,
    ttftP99Ms: ttftMeanMs,
    e2eMeanMs: ttftMeanMs,
    e2eP99Ms: ttftMeanMs,
  });
  const target = (ttftMs: number) => ({ ttftMs, itlMs: 0, e2eMs: 0 });

  it('is 1 when all classes wait alike, and drops as one waits longer', () => {
    expect(classFairness([figures('a', 20), figures('b', 20)], {})).toBe(1);
    const slower = [30, 60, 600].map((ms) => classFairness([figures('a', 20), figures('b', ms)], {}));
    expect(slower).toEqual([...slower].sort((x, y) => y - x));
    expect(slower[2]!).toBeGreaterThan(0.5);
  });

  it('counts a starved class as served not at all', () => {
    expect(classFairness([figures('a', 20), figures('b', 20), figures('c', 9999, 0)], {})).toBeCloseTo(2 / 3, 14);
  });

  it('ignores classes without arrivals', () => {
    expect(classFairness([figures('a', 20), { ...figures('b', 0, 0), arrived: 0 }], {})).toBe(1);
  });

  it('measures against the promise where every class has one, and does not punish beating it', () => {
    const classes = [figures('a', 10), figures('b', 400)];
    expect(classFairness(classes, { a: target(100), b: target(500) })).toBe(1);
    expect(classFairness(classes, { a: target(100), b: target(200) })).toBeCloseTo((1.5 * 1.5) / (2 * 1.25), 14);
    expect(classFairness(classes, { a: target(100) })).toBeLessThan(0.6);
  });
});

describe('goodput targets', () => {
  it('from flags win dimension by dimension; classes without any are dropped', () => {
    const none = { ttftMs: 0, itlMs: 0, e2eMs: 0 };
    expect(mergeTargets({ a: { ...none, ttftMs: 5 } }, { a: { ttftMs: 9, itlMs: 0, e2eMs: 7 }, b: none })).toEqual({
      a: { ttftMs: 5, itlMs: 0, e2eMs: 7 },
    });
  });
});

describe('fitness weights', () => {
  it('are read by key', () => {
    expect([...parseFitnessWeights('throughput:0.5,p99_ttft:0')]).toEqual([
      ['throughput', 0.5],
      ['p99_ttft', 0],
    ]);
  });

  it.each(['throughput', 'thruput:1', 'throughput:-1', 'throughput:x'])('refuse %s', (text) => {
    expect(() => parseFitnessWeights(text)).toThrow();
  });
});
