import fc from 'fast-check';
import { determinant, inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { leaveOneOut } from '../../../src/optimizer/gp/diagnostics.ts';
import { featureMap } from '../../../src/optimizer/gp/features.ts';
import { conditionModel, type OutcomeData } from '../../../src/optimizer/gp/fit.ts';
import { hyperparameterCount, kernelOf } from '../../../src/optimizer/gp/hyperparameters.ts';
import { jointCovariance } from '../../../src/optimizer/gp/joint-posterior.ts';
import {
  featureRows,
  type KernelShape,
  kernelVariance,
  MEAN_VARIANCE,
  pairDifferences,
} from '../../../src/optimizer/gp/kernel.ts';
import { type LikelihoodData, negativeLogPosterior } from '../../../src/optimizer/gp/marginal-likelihood.ts';
import { checkpoint, chooseModels, ModelMemory } from '../../../src/optimizer/gp/model-choice.ts';
import {
  fitTransform,
  IDENTITY,
  logJacobian,
  TRANSFORM_SHAPES,
  transform,
  untransform,
} from '../../../src/optimizer/gp/outcome-transform.ts';
import {
  addMomentGradient,
  condition,
  momentsBuffer,
  predict,
  priorCovariance,
} from '../../../src/optimizer/gp/posterior.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';

const SHAPES: readonly KernelShape[] = ['matern52', 'squared-exponential', 'additive'];
/** Two numeric features and one category. */
const CATEGORICAL = Uint8Array.from([0, 1, 0]);

function samplePoints(n: number, seed = 1) {
  const rng = stream(seed, 'points');
  const rows = Array.from({ length: n }, () => Float64Array.from([rng.uniform(), rng.below(3), rng.uniform()]));
  return featureRows(rows, CATEGORICAL);
}

function theta(shape: KernelShape): Float64Array {
  return Float64Array.from([1.2, 0.3, 2.1, 0.4, Math.log(0.02), -0.3, 0.2]).slice(0, hyperparameterCount(shape, 3));
}

/** log p(θ) up to a constant for three features: log ℓ ~ N(¼ log 3, 1), additive N(0, 1), log s² ~ N(½, 1.5²), log σ² ~ N(log 10⁻⁵, 4²). */
function logPrior(shape: KernelShape, t: Float64Array): number {
  const center = shape === 'additive' ? 0 : Math.log(3) / 4;
  const distances = Array.from(t, (value, k) => {
    if (k < 3) return -0.5 * value - center;
    return k === 4 ? (value - Math.log(1e-5)) / 4 : (value - 0.5) / 1.5;
  });
  return distances.reduce((sum, z) => sum - 0.5 * z * z, 0);
}

function likelihood(shape: KernelShape, n: number): LikelihoodData {
  const points = samplePoints(n);
  const targets = Float64Array.from({ length: n }, (_, i) => Math.sin(5 * points.features[3 * i]!) + 0.3 * i * 0.1);
  const variances = new Float64Array(n).fill(Number.NaN);
  variances[0] = 0.05;
  const noiseScale = Float64Array.from({ length: n }, (_, i) => 0.5 + 0.1 * i);
  return { rows: n, width: 3, differences: pairDifferences(points), targets, variances, noiseScale, shape };
}

describe('marginal likelihood', () => {
  for (const shape of SHAPES) {
    it(`of the ${shape} kernel equals the dense formula of ml-matrix`, () => {
      const data = likelihood(shape, 7);
      const t = theta(shape);
      const kernel = kernelOf(shape, t, 3);
      const value = negativeLogPosterior(data).value(t);
      const covariance = Matrix.from1DArray(7, 7, priorCovariance(kernel, samplePoints(7)));
      for (let i = 0; i < 7; i++) {
        const known = data.variances[i]!;
        covariance.set(i, i, covariance.get(i, i) + (Number.isNaN(known) ? 0.02 * data.noiseScale[i]! : known));
      }
      const y = Matrix.columnVector([...data.targets]);
      const fit = y.transpose().mmul(inverse(covariance)).mmul(y).get(0, 0);
      const dense = 0.5 * fit + 0.5 * Math.log(determinant(covariance)) - logPrior(shape, t);
      expect(value).toBeCloseTo(dense, 6);
    });

    it(`of the ${shape} kernel has the gradient of finite differences`, () => {
      const data = likelihood(shape, 9);
      const t = theta(shape);
      const density = negativeLogPosterior(data);
      const gradient = new Float64Array(t.length);
      density.value(t);
      density.gradient(gradient);
      for (let k = 0; k < t.length; k++) {
        const h = 1e-5;
        const up = t.slice();
        const down = t.slice();
        up[k]! += h;
        down[k]! -= h;
        const slope = (density.value(up) - density.value(down)) / (2 * h);
        expect(gradient[k]).toBeCloseTo(slope, 5);
      }
    });
  }
});

describe('posterior', () => {
  for (const shape of SHAPES) {
    const kernel = kernelOf(shape, theta(shape), 3);
    const points = samplePoints(8);
    const y = Float64Array.from({ length: 8 }, (_, i) => Math.cos(i));
    const other = Float64Array.from({ length: 8 }, (_, i) => Math.sin(3 * i));
    const posterior = condition(kernel, points, [y, other], new Float64Array(8));

    it(`of the ${shape} kernel interpolates every member without noise, with no variance left`, () => {
      const moments = momentsBuffer(posterior);
      for (let i = 0; i < 8; i++) {
        predict(posterior, points.features.slice(3 * i, 3 * i + 3), moments);
        expect(moments.means[0]).toBeCloseTo(y[i]!, 6);
        expect(moments.means[1]).toBeCloseTo(other[i]!, 6);
        expect(moments.variance).toBeLessThan(1e-7 * posterior.priorVariance);
      }
    });

    it(`of the ${shape} kernel has moment gradients of finite differences, and none along categories`, () => {
      const x = Float64Array.from([0.31, 1, 0.62]);
      const moments = momentsBuffer(posterior);
      const value = (at: Float64Array): number => {
        predict(posterior, at, moments);
        return 0.7 * moments.means[0]! - 0.4 * moments.means[1]! + 1.3 * moments.variance;
      };
      value(x);
      const gradient = new Float64Array(3);
      addMomentGradient(posterior, x, Float64Array.from([0.7, -0.4]), 1.3, gradient);
      for (const j of [0, 2]) {
        const up = x.slice();
        const down = x.slice();
        up[j]! += 1e-6;
        down[j]! -= 1e-6;
        expect(gradient[j]).toBeCloseTo((value(up) - value(down)) / 2e-6, 5);
      }
      expect(gradient[1]).toBe(0);
    });

    it(`of the ${shape} kernel has a joint covariance whose diagonal is the variance`, () => {
      const at = samplePoints(4, 9);
      const joint = jointCovariance(posterior, at);
      const moments = momentsBuffer(posterior);
      for (let i = 0; i < 4; i++) {
        predict(posterior, at.features.slice(3 * i, 3 * i + 3), moments);
        expect(joint[5 * i]).toBeCloseTo(moments.variance, 9);
      }
    });

    it(`of the ${shape} kernel far from all data falls back to the prior variance`, () => {
      const lone = condition(
        kernel,
        featureRows([Float64Array.from([0, 0, 0])], CATEGORICAL),
        [Float64Array.of(1)],
        new Float64Array(1),
      );
      const moments = predict(lone, Float64Array.from([40, 1, 40]), momentsBuffer(lone));
      const common = MEAN_VARIANCE ** 2 / (kernelVariance(kernel) + MEAN_VARIANCE);
      if (shape !== 'additive') expect(moments.variance).toBeCloseTo(lone.priorVariance - common, 6);
      expect(moments.variance).toBeLessThanOrEqual(lone.priorVariance);
    });
  }

  it('survives exact duplicates without noise', () => {
    const twice = featureRows([Float64Array.from([0.5, 0, 0.5]), Float64Array.from([0.5, 0, 0.5])], CATEGORICAL);
    const kernel = kernelOf('squared-exponential', theta('squared-exponential'), 3);
    const posterior = condition(kernel, twice, [Float64Array.from([1, 3])], new Float64Array(2));
    const { means } = predict(posterior, Float64Array.from([0.5, 0, 0.5]), momentsBuffer(posterior));
    expect(means[0]).toBeGreaterThan(1);
    expect(means[0]).toBeLessThan(3);
  });
});

describe('outcome transforms', () => {
  it('invert, increase, and have the Jacobian of finite differences', () => {
    const losses = Float64Array.from([-3, 0, 1, 2, 50, 400]);
    for (const shape of TRANSFORM_SHAPES) {
      const t = fitTransform(losses, shape);
      let sum = 0;
      for (const loss of losses) {
        expect(untransform(t, transform(t, loss))).toBeCloseTo(loss, 8);
        const h = 1e-4;
        const slope = (transform(t, loss + h) - transform(t, loss - h)) / (2 * h);
        expect(slope).toBeGreaterThan(0);
        sum += Math.log(slope * 2 * t.span);
      }
      expect(logJacobian(t, losses)).toBeCloseTo(sum, 4);
      const z = losses.map((loss) => transform(t, loss));
      expect(z.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
      expect(z.reduce((a, b) => a + b * b, 0) / 5).toBeCloseTo(1, 9);
    }
  });

  it('stay finite at both ends of the floating-point range and for constants', () => {
    for (const losses of [
      [-1.7e308, 1.7e308, 0],
      [1e-300, 2e-300, 5e-300],
      [4, 4, 4],
      [0, 5e-324, 0],
    ]) {
      for (const shape of TRANSFORM_SHAPES) {
        const t = fitTransform(losses, shape);
        for (const loss of losses) expect(Number.isFinite(transform(t, loss))).toBe(true);
      }
    }
  });
});

describe('model choice', () => {
  function smoothData(n: number, noise: number, f: (x: number, z: number) => number): OutcomeData {
    const rng = stream(4, 'model');
    const rows = Array.from({ length: n }, () => Float64Array.from([rng.uniform(), rng.uniform()]));
    return {
      points: featureRows(rows, new Uint8Array(2)),
      losses: Float64Array.from(rows, ([x, z]) => f(x!, z!) + noise * rng.normal()),
      variances: new Float64Array(n).fill(Number.NaN),
    };
  }

  it('tells noise from structure', () => {
    const f = (x: number, z: number): number => Math.sin(6 * x) + z * z;
    const clean = conditionModel(
      smoothData(30, 0, f),
      chooseModels(smoothData(30, 0, f), [IDENTITY], new ModelMemory())[0]!,
    );
    const noisyData = smoothData(40, 0.5, f);
    const noisy = conditionModel(noisyData, chooseModels(noisyData, [IDENTITY], new ModelMemory())[0]!);
    expect(clean.noise[0]).toBeLessThan(1e-4);
    const sd = Math.sqrt(noisy.noise[0]!) * noisy.transform.spread * 2 * noisy.transform.span;
    expect(sd).toBeGreaterThan(0.3);
    expect(sd).toBeLessThan(0.8);
  });

  it('takes logarithms of exponentially spread losses', () => {
    const data = smoothData(30, 0, (x, z) => Math.exp(8 * x + 3 * z));
    const model = chooseModels(data, TRANSFORM_SHAPES, new ModelMemory())[0]!;
    expect(model.transformShape.kind).toBe('log-low');
  });

  it('predicts points left out about as well as it claims', () => {
    const data = smoothData(25, 0.05, (x, z) => Math.sin(5 * x) * z);
    const report = leaveOneOut(conditionModel(data, chooseModels(data, [IDENTITY], new ModelMemory())[0]!));
    expect(report.r2).toBeGreaterThan(0.9);
    expect(report.withinTwoSigma).toBeGreaterThan(0.75);
  });

  it('leaves out exactly what refitting without the point gives', () => {
    const data = smoothData(10, 0.1, (x, z) => x + z);
    const model = chooseModels(data, [IDENTITY], new ModelMemory())[0]!;
    const gp = conditionModel(data, model);
    const { residuals } = leaveOneOut(gp);
    const rest = [...Array(10).keys()].filter((i) => i !== 3);
    const { width, features, categorical } = data.points;
    const points = featureRows(
      rest.map((i) => features.slice(i * width, (i + 1) * width)),
      categorical,
    );
    const without = condition(
      gp.posterior.kernel,
      points,
      [Float64Array.from(rest, (i) => gp.targets[i]!)],
      Float64Array.from(rest, (i) => gp.noise[i]!),
    );
    const { means } = predict(without, features.slice(3 * width, 4 * width), momentsBuffer(without));
    expect(residuals[3]).toBeCloseTo(gp.targets[3]! - means[0]!, 6);
  });

  it('gives the same model with and without memory', () => {
    const memory = new ModelMemory();
    const data = (n: number): OutcomeData => smoothData(n, 0, (x, z) => Math.cos(4 * x) + z);
    for (let n = 12; n <= 15; n++) {
      const warm = chooseModels(data(n), TRANSFORM_SHAPES, memory)[0]!;
      const cold = chooseModels(data(n), TRANSFORM_SHAPES, new ModelMemory())[0]!;
      expect(warm).toEqual(cold);
    }
  });

  it('has checkpoints at every step up to 16, then at growing distances', () => {
    expect([1, 5, 10, 11, 12, 13, 25, 100].map(checkpoint)).toEqual([1, 5, 10, 11, 12, 13, 24, 91]);
  });

  it('holds from 64 points on until there is a quarter more', () => {
    const memory = new ModelMemory();
    const data = (n: number): OutcomeData => smoothData(n, 0, (x, z) => Math.cos(4 * x) + z);
    const modelsAt = (n: number) => chooseModels(data(n), [IDENTITY], memory);
    expect(modelsAt(79)).toBe(modelsAt(65));
    expect(modelsAt(80)).not.toBe(modelsAt(79));
    expect(modelsAt(99)).toBe(modelsAt(80));
    expect(modelsAt(99)).toEqual(chooseModels(data(99), [IDENTITY], new ModelMemory()));
  });

  it('stretches no losses that are told with much noise', () => {
    const rng = stream(9, 'noise');
    const rows = Array.from({ length: 16 }, () => Float64Array.of(rng.uniform()));
    const losses = Float64Array.from(rows, ([x]) => Math.exp(12 * x!));
    const shapeOf = (deviation: number) => {
      const variances = new Float64Array(16).fill(deviation ** 2);
      const data: OutcomeData = { points: featureRows(rows, new Uint8Array(1)), losses, variances };
      return chooseModels(data, TRANSFORM_SHAPES, new ModelMemory())[0]!.transformShape;
    };
    const range = Math.max(...losses);
    expect(shapeOf(1e-6 * range)).toEqual({ kind: 'log-low', shift: 0.005 });
    const shape = shapeOf(0.1 * range);
    expect(shape.kind === 'identity' || shape.shift >= 0.1).toBe(true);
  });
});

describe('features', () => {
  const space: SearchSpace = {
    parameters: [
      { name: 'x', kind: 'real', low: 0, high: 10, log: false },
      { name: 'c', kind: 'categorical', choices: ['a', 'b', 'c'] },
      { name: 'w', kind: 'simplex', components: ['p', 'q', 'r', 's'] },
    ],
  };
  const map = featureMap(space);

  it('show a simplex as its weights and a category as an index', () => {
    expect([...map.fromValues({ x: 5, c: 'b', w: [0.1, 0.2, 0.3, 0.4] })].map((v) => Number(v.toFixed(9)))).toEqual([
      0.5, 1, 0.1, 0.2, 0.3, 0.4,
    ]);
    expect([...map.categorical]).toEqual([0, 1, 0, 0, 0, 0]);
  });

  it('pull gradients back like finite differences', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.02, max: 0.98, noNaN: true }), { minLength: 5, maxLength: 5 }),
        (list) => {
          const cube = Float64Array.from(list);
          const weights = Float64Array.from([1, 0, -2, 3, 0.5, 1.7]);
          const f = (at: Float64Array): number => map.fromCube(at).reduce((sum, v, i) => sum + v * weights[i]!, 0);
          const out = new Float64Array(5);
          map.pullBack(cube, weights, out);
          for (const j of [0, 2, 3, 4]) {
            const up = cube.slice();
            const down = cube.slice();
            up[j]! += 1e-6;
            down[j]! -= 1e-6;
            const slope = (f(up) - f(down)) / 2e-6;
            expect(Math.abs(out[j]! - slope)).toBeLessThan(1e-5 * (1 + Math.abs(slope)));
          }
          expect(out[1]).toBe(0);
        },
      ),
      { numRuns: 50 },
    );
  });
});
