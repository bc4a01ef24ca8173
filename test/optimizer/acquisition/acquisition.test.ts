import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { normalCdf, normalPdf } from '../../../src/numeric/normal.ts';
import {
  type Acquisition,
  addAcquisitions,
  feasibilityAcquisition,
  improvementAcquisition,
} from '../../../src/optimizer/acquisition/acquisition.ts';
import { HypervolumeGain } from '../../../src/optimizer/acquisition/hypervolume-gain.ts';
import { intervalGain } from '../../../src/optimizer/acquisition/interval-gain.ts';
import { scaleBelief } from '../../../src/optimizer/acquisition/objective-scale.ts';
import { trustRegionBox, trustRegionLength } from '../../../src/optimizer/acquisition/trust-region.ts';
import { withUserPriors } from '../../../src/optimizer/acquisition/user-prior.ts';
import { featureMap } from '../../../src/optimizer/gp/features.ts';
import { featureRows, type Kernel } from '../../../src/optimizer/gp/kernel.ts';
import { fitTransform, TRANSFORM_SHAPES } from '../../../src/optimizer/gp/outcome-transform.ts';
import { condition, momentsBuffer, predict } from '../../../src/optimizer/gp/posterior.ts';
import { decomposeNonDominated } from '../../../src/optimizer/pareto/box-decomposition.ts';
import { hypervolume } from '../../../src/optimizer/pareto/hypervolume.ts';
import type { Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { logSumExp } from '../../support/log-sum-exp.ts';

/** E[(high − max(low, y))₊] by Simpson's rule over y. */
function gainByQuadrature(mean: number, deviation: number, low: number, high: number): number {
  const start = Math.max(mean - 12 * deviation, -1e6);
  const end = high;
  if (end <= start) return 0;
  const steps = 20_000;
  const h = (end - start) / steps;
  let sum = 0;
  for (let i = 0; i <= steps; i++) {
    const y = start + i * h;
    const weight = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2;
    sum += (weight * Math.max(0, high - Math.max(low, y)) * normalPdf((y - mean) / deviation)) / deviation;
  }
  const below = normalCdf((start - mean) / deviation) * (high - Math.max(low, start));
  return (sum * h) / 3 + (Number.isFinite(below) && low > start ? below : 0);
}

const gain = () => ({ log: 0, toMean: 0, toDeviation: 0 });

describe('interval gain', () => {
  it('equals the integral it stands for', () => {
    for (const [mean, deviation, low, high] of [
      [0, 1, Number.NEGATIVE_INFINITY, 0.5],
      [0, 1, -0.5, 0.5],
      [0, 1, 0.5, 2],
      [3, 0.7, -1, 1],
      [-2, 0.5, -1, 0],
      [0, 1, Number.NEGATIVE_INFINITY, -4],
    ] as const) {
      const out = gain();
      intervalGain(mean, deviation, low, high, out);
      expect(Math.exp(out.log)).toBeCloseTo(gainByQuadrature(mean, deviation, low, high), 6);
    }
  });

  it('has finite logs and the derivatives of finite differences, hundreds of deviations out', () => {
    const z = fc.double({ min: -300, max: 30, noNaN: true });
    const width = fc.double({ min: 0.01, max: 20, noNaN: true });
    fc.assert(
      fc.property(
        z,
        width,
        fc.double({ min: 0.1, max: 4, noNaN: true }),
        fc.boolean(),
        (high, gap, deviation, open) => {
          const low = open ? Number.NEGATIVE_INFINITY : high - gap;
          const out = gain();
          intervalGain(0, deviation, low * deviation, high * deviation, out);
          expect(Number.isFinite(out.log)).toBe(true);
          const f = (mean: number, sd: number): number => {
            const other = gain();
            intervalGain(mean, sd, low * deviation, high * deviation, other);
            return other.log;
          };
          const h = 1e-5 * deviation;
          const byMean = (f(h, deviation) - f(-h, deviation)) / (2 * h);
          const byDeviation = (f(0, deviation + h) - f(0, deviation - h)) / (2 * h);
          expect(Math.abs(out.toMean - byMean)).toBeLessThan(1e-3 * (1 + Math.abs(byMean)));
          expect(Math.abs(out.toDeviation - byDeviation)).toBeLessThan(1e-3 * (1 + Math.abs(byDeviation)));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('box decomposition', () => {
  for (const width of [1, 2, 3, 4]) {
    it(`fills the non-dominated region of ${width} objectives without overlap`, () => {
      const row = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: width, maxLength: width });
      fc.assert(
        fc.property(fc.array(row, { maxLength: 10 }), (losses) => {
          const reference = new Array<number>(width).fill(5);
          const { boxes, lower, upper } = decomposeNonDominated(losses, reference);
          let volume = 0;
          for (let b = 0; b < boxes; b++) {
            let box = 1;
            for (let j = 0; j < width; j++) box *= upper[b * width + j]! - Math.max(0, lower[b * width + j]!);
            volume += box;
          }
          expect(volume).toBeCloseTo(5 ** width - hypervolume(losses, reference), 9);
        }),
        { numRuns: 80 },
      );
    });
  }
});

const SPACE: SearchSpace = {
  parameters: [
    { name: 'x', kind: 'real', low: 0, high: 1, log: false },
    { name: 'w', kind: 'simplex', components: ['a', 'b', 'c'] },
  ],
};
const FEATURES = featureMap(SPACE);
const KERNEL: Kernel = {
  shape: 'matern52',
  weights: Float64Array.from([4, 2, 3, 1]),
  signal: 1,
  first: 0,
  second: 0,
};
const CUBES = [
  [0.1, 0.3, 0.6],
  [0.8, 0.5, 0.2],
  [0.4, 0.9, 0.4],
  [0.6, 0.2, 0.8],
].map((cube) => Float64Array.from(cube));
const POINTS = featureRows(
  CUBES.map((cube) => FEATURES.fromCube(cube)),
  FEATURES.categorical,
);
const LOSSES = [Float64Array.from([0.2, 0.6, 0.5, 0.9]), Float64Array.from([0.9, 0.4, 0.6, 0.1])];
const beliefs = (count: number) =>
  LOSSES.slice(0, count).map((losses, j) => ({
    posterior: condition(
      KERNEL,
      POINTS,
      [losses, losses.map((v) => v + 0.05 * (j + 1))],
      new Float64Array(4).fill(0.01),
    ),
    scale: null,
    caution: 1,
  }));
const regions = [0, 1].map((s) =>
  decomposeNonDominated(
    CUBES.map((_, i) => LOSSES.map((losses) => losses[i]! + 0.02 * s)),
    [1.1, 1.1],
  ),
);

function expectGradient(acquisition: Acquisition, cube: Float64Array): void {
  const gradient = new Float64Array(cube.length);
  const value = acquisition(cube, gradient);
  expect(acquisition(cube)).toBe(value);
  for (let j = 0; j < cube.length; j++) {
    const up = cube.slice();
    const down = cube.slice();
    up[j]! += 1e-6;
    down[j]! -= 1e-6;
    const slope = (acquisition(up) - acquisition(down)) / 2e-6;
    expect(Math.abs(gradient[j]! - slope)).toBeLessThan(1e-4 * (1 + Math.abs(slope)));
  }
}

const PROBE = Float64Array.from([0.35, 0.45, 0.55]);
const constraint = {
  posterior: condition(KERNEL, POINTS, [Float64Array.from([-1, 0.5, 1, -0.2])], new Float64Array(4).fill(1e-6)),
  bound: 0.1,
};

describe('acquisition', () => {
  it('is log expected improvement for one objective', () => {
    const belief = {
      posterior: condition(KERNEL, POINTS, [LOSSES[0]!], new Float64Array(4).fill(1e-6)),
      scale: null,
      caution: 1,
    };
    const acquisition = improvementAcquisition(FEATURES, [belief], [decomposeNonDominated([], [0.2])]);
    const { means, variance } = predict(belief.posterior, FEATURES.fromCube(PROBE), momentsBuffer(belief.posterior));
    const deviation = Math.sqrt(variance);
    const z = (0.2 - means[0]!) / deviation;
    expect(acquisition(PROBE)).toBeCloseTo(Math.log(deviation * (normalPdf(z) + z * normalCdf(z))), 9);
  });

  it('is the mean hypervolume gain of simulated outcomes for two objectives', () => {
    const two = beliefs(2);
    const acquisition = improvementAcquisition(FEATURES, two, regions);
    const rng = stream(1, 'gain');
    const moments = two.map(({ posterior }) => predict(posterior, FEATURES.fromCube(PROBE), momentsBuffer(posterior)));
    let sum = 0;
    const draws = 20_000;
    for (let k = 0; k < draws; k++) {
      const s = k % 2;
      const front = CUBES.map((_, i) => LOSSES.map((losses) => losses[i]! + 0.02 * s));
      const y = moments.map(({ means, variance }) => means[s]! + Math.sqrt(variance) * rng.normal());
      sum += hypervolume([...front, y], [1.1, 1.1]) - hypervolume(front, [1.1, 1.1]);
    }
    // The standard error of the simulated mean is below 1 %.
    expect(Math.exp(acquisition(PROBE)) / (sum / draws)).toBeCloseTo(1, 1);
  });

  it('has the gradient of finite differences, alone, with constraints and with a user belief', () => {
    const two = improvementAcquisition(FEATURES, beliefs(2), regions);
    const one = improvementAcquisition(
      FEATURES,
      beliefs(1),
      [0.3, 0.2].map((best) => decomposeNonDominated([], [best])),
    );
    expectGradient(two, PROBE);
    expectGradient(one, PROBE);
    const feasible = feasibilityAcquisition(FEATURES, [constraint]);
    expectGradient(feasible, PROBE);
    const bounded = addAcquisitions(two, feasible);
    expectGradient(bounded, PROBE);
    expectGradient(withUserPriors(bounded, SPACE, [{ parameter: 'x', center: 0.9, spread: 0.1 }], 5), PROBE);
  });

  it('of constraints is the log probability that all of them hold', () => {
    const stricter = { ...constraint, bound: -0.4 };
    const probability = ({ posterior, bound }: typeof constraint): number => {
      const { means, variance } = predict(posterior, FEATURES.fromCube(PROBE), momentsBuffer(posterior));
      return normalCdf((bound - means[0]!) / Math.sqrt(variance));
    };
    const both = feasibilityAcquisition(FEATURES, [constraint, stricter]);
    expect(Math.exp(both(PROBE))).toBeCloseTo(probability(constraint) * probability(stricter), 9);
    expect(probability(stricter)).toBeLessThan(probability(constraint));
    expectGradient(both, PROBE);
    // Buffers are kept from call to call: an earlier point leaves no trace.
    const gradient = new Float64Array(3);
    both(PROBE, gradient);
    const again = new Float64Array(3);
    both(CUBES[0]!, again);
    both(PROBE, again);
    expect(again).toEqual(gradient);
  });

  const slope =
    (log: number, slopes: readonly number[]): Acquisition =>
    (_, gradient) => {
      gradient?.set(slopes);
      return log;
    };

  it('adds as logarithms of products do', () => {
    const sum = addAcquisitions(slope(-1, [1, 2, 3]), slope(-0.5, [10, 20, 30]));
    const gradient = new Float64Array(3);
    expect(sum(PROBE)).toBe(-1.5);
    expect(sum(PROBE, gradient)).toBe(-1.5);
    expect([...gradient]).toEqual([11, 22, 33]);
  });

  it('of a belief that is not a number is impossible, never NaN', () => {
    const broken = condition(
      KERNEL,
      POINTS,
      [Float64Array.from([Number.NaN, 0, 0, 0])],
      new Float64Array(4).fill(0.01),
    );
    const improvement = improvementAcquisition(
      FEATURES,
      [{ posterior: broken, scale: null, caution: 1 }],
      [decomposeNonDominated([], [0.2])],
    );
    expect(improvement(PROBE)).toBe(Number.NEGATIVE_INFINITY);
    expect(feasibilityAcquisition(FEATURES, [{ posterior: broken, bound: 0 }])(PROBE)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('leaves no trace of an earlier point in value or gradient', () => {
    const acquisition = improvementAcquisition(FEATURES, beliefs(2), regions);
    const [first, again] = [new Float64Array(3), new Float64Array(3)];
    const value = acquisition(PROBE, first);
    acquisition(CUBES[1]!, again);
    expect(acquisition(PROBE, again)).toBe(value);
    expect(again).toEqual(first);
  });

  it('has the gradient of finite differences through every outcome transform', () => {
    for (const shape of TRANSFORM_SHAPES) {
      const scale = fitTransform([0, 1, 2, 5, 10], shape);
      expectGradient(
        improvementAcquisition(
          FEATURES,
          beliefs(2).map(({ posterior }) => ({ posterior, scale, caution: 0.5 })),
          regions,
        ),
        PROBE,
      );
    }
  });

  it('is the same by products and by logarithms, however small, with one to three objectives', () => {
    const out = { log: 0, toMean: 0, toDeviation: 0 };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.tuple(...[0, 1, 2].map(() => fc.double({ min: 0, max: 1, noNaN: true }))), { maxLength: 6 }),
        fc.double({ min: -8, max: 40, noNaN: true }),
        fc.double({ min: 0.1, max: 1, noNaN: true }),
        (width, rows, mean, deviation) => {
          const region = decomposeNonDominated(
            width === 1 ? [] : rows.map((row) => row.slice(0, width)),
            new Array<number>(width).fill(1.1),
          );
          const gain = new HypervolumeGain(new Array<null>(width).fill(null), [region]);
          const moments = Array.from({ length: width }, () => ({
            means: Float64Array.of(mean),
            variance: deviation ** 2,
          }));
          const logs = Array.from({ length: region.boxes }, (_, b) => {
            let sum = 0;
            for (let j = 0; j < width; j++) {
              intervalGain(mean, deviation, region.lower[b * width + j]!, region.upper[b * width + j]!, out);
              sum += out.log;
            }
            return sum;
          });
          const expected = logSumExp(logs.filter((log) => log > Number.NEGATIVE_INFINITY));
          const value = gain.logMean(moments, true);
          expect(Math.abs(value - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(expected)));
          for (let j = 0; j < width; j++) expect(gain.toMeans[j]![0]!).toBeLessThan(0);
        },
      ),
    );
  });

  it('measures deviation towards smaller losses', () => {
    const out = { mean: 0, deviation: 0, meanByMean: 0, deviationByMean: 0, deviationByDeviation: 0 };
    const scale = fitTransform([0, 1, 2, 50], { kind: 'log-low', shift: 0.05 });
    scaleBelief(scale, 0.3, 0.8, out);
    const upper = { ...out };
    scaleBelief(scale, 0.3 - 0.8, 0, out);
    expect(upper.mean - upper.deviation).toBeCloseTo(out.mean, 12);
  });
});

describe('trust region', () => {
  const told = (losses: readonly number[]): Observation[] =>
    losses.map((loss) => ({ values: {}, losses: [loss], lossVariances: [null], slacks: [], slackVariances: [] }));

  it('grows with successes, shrinks with failures and starts anew', () => {
    expect(trustRegionLength([], 20)).toBe(0.4);
    expect(trustRegionLength(told([9, 8, 7]), 20)).toBe(0.8);
    expect(trustRegionLength(told(new Array(6).fill(5)), 20)).toBe(0.2);
    // Six halvings bring 0.4 below 2⁻⁷.
    expect(trustRegionLength(told(new Array(1 + 6 * 5).fill(5)), 20)).toBe(0.4);
  });

  it('stays in the cube and is longer where the surrogate is flat', () => {
    const { lower, upper } = trustRegionBox([0.5, 0.5, 0.95], [1, 100, 10], 0.4);
    expect(upper[0]! - lower[0]!).toBeGreaterThan(upper[1]! - lower[1]!);
    expect(upper[2]).toBe(1);
    expect(Math.min(...lower)).toBeGreaterThanOrEqual(0);
  });
});
