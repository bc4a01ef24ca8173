import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { toFeatures } from '../../../src/simulators/cloud-edge/features.ts';
import { hashingEncoder } from '../../../src/simulators/cloud-edge/hashing-encoder.ts';
import { LatencyEstimator } from '../../../src/simulators/cloud-edge/latency-estimator.ts';
import { neuralUcbModel } from '../../../src/simulators/cloud-edge/neural-models.ts';
import { vector } from './support.ts';

const SETTINGS = {
  dimension: 64,
  hiddenLayers: [32, 32],
  learningRate: 0.001,
  batchSize: 32,
  trainInterval: 5,
  bufferSize: 10_000,
  timeScale: 10,
  timeOffset: 0.1,
};

const make = (overrides: Partial<typeof SETTINGS> = {}): LatencyEstimator =>
  new LatencyEstimator({ ...SETTINGS, ...overrides }, stream(1, 'network'), stream(1, 'buffer'));

describe('the online latency estimator', () => {
  test('it separates two kinds of prompts', () => {
    const encoder = hashingEncoder(64);
    const estimator = make({ learningRate: 0.003 });
    const rng = stream(4, 'test');
    const kinds = [
      { text: (n: number) => `Classify the sentiment of review ${n}: positive or negative?`, seconds: 0.2 },
      { text: (n: number) => `Write a long story about a dragon and ${n} knights`, seconds: 5 },
    ];
    for (let n = 0; n < 2000; n++) {
      const kind = kinds[n % 2]!;
      const seconds = kind.seconds * Math.exp(0.1 * rng.normal());
      estimator.remember(toFeatures(encoder.encode(kind.text(rng.below(50)))), seconds);
      estimator.feedback();
    }
    // Numbers that were never seen.
    const [short, long] = kinds.map(({ text }) => estimator.predict(toFeatures(encoder.encode(text(77)))));
    expect(Math.abs(short! - 0.2)).toBeLessThan(0.4);
    expect(Math.abs(long! - 5)).toBeLessThan(0.75);
  });

  test('before the first training step it predicts the least time for all', () => {
    const estimator = make();
    expect(estimator.predict(vector(...new Array<number>(64).fill(1)))).toBe(0.001);
  });

  test('it trains on every n-th feedback, once the buffer holds a batch', () => {
    const estimator = make({ dimension: 1, batchSize: 12, trainInterval: 5 });
    const steps: number[] = [];
    for (let n = 1; n <= 25; n++) {
      estimator.remember(vector(1), n);
      estimator.feedback();
      steps.push(estimator.steps);
    }
    // Feedbacks 5 and 10 come too early; 15, 20 and 25 train.
    expect([steps[13], steps[14], steps[19], steps[24]]).toEqual([0, 1, 2, 3]);
  });

  test('targets are standardised once, by the mean and deviation of the first batch', () => {
    const estimator = make({ dimension: 1, hiddenLayers: [], batchSize: 2, trainInterval: 1, learningRate: 1e-12 });
    estimator.remember(vector(0), 1);
    estimator.remember(vector(0), 3);
    estimator.feedback();
    // Targets 10.1 and 30.1: mean 20.1, deviation 10; the output at x = 0 is the bias.
    expect(estimator.targetDeviation).toBeCloseTo(10, 12);
    const bias = estimator.network.parameters[1]!;
    expect(estimator.predictScaled(vector(0))).toBeCloseTo(bias * 10 + 20.1, 9);
    expect(estimator.predict(vector(0))).toBeCloseTo((bias * 10 + 20) / 10, 9);
    estimator.remember(vector(0), 100);
    estimator.feedback();
    expect(estimator.targetDeviation).toBeCloseTo(10, 12);
  });

  test('the buffer forgets the oldest', () => {
    const estimator = make({ dimension: 1, hiddenLayers: [], batchSize: 3, bufferSize: 3, trainInterval: 4 });
    for (const seconds of [900, 1, 2, 3]) {
      estimator.remember(vector(0), seconds);
      estimator.feedback();
    }
    // Only 1, 2 and 3 are left: targets 10.1, 20.1, 30.1.
    expect(estimator.targetDeviation).toBeCloseTo(Math.sqrt(200 / 3), 9);
  });
});

describe('CN-DUCB arithmetic on a linear network', () => {
  const [nu, lambdaReg] = [0.25, 2];
  const request = (id: number, ...values: number[]) => ({ id, arrivedAt: id, features: vector(...values) });
  const rules = { networkRtt: 0, cloudTimeMultiplier: 1, mixedLabels: false };

  /** Two observations of 1 s and 3 s: mean target 20.1, deviation 10; gradient of the output is (x, 1). */
  function trained(staleScores: boolean) {
    const estimator = make({ dimension: 2, hiddenLayers: [], batchSize: 2, trainInterval: 1, learningRate: 1e-12 });
    const model = neuralUcbModel(estimator, { nu, lambdaReg, staleScores }, rules);
    model.learn({ kind: 'edge', requests: [request(0, 0, 0), request(1, 0, 0)], times: [1, 3] });
    return { estimator, model };
  }

  test('the score is the unscaled mean minus σ = √(λν Σ g²/(U + 1e-9))', () => {
    const { estimator, model } = trained(false);
    const mean = estimator.predictScaled(vector(1, 0.5));
    const sum = 100 * (1 + 0.25 + 1);
    const expected = (mean - Math.sqrt((lambdaReg * nu * sum) / (lambdaReg + 1e-9)) - 0.1) / 10;
    expect(Math.abs(model.arrivalKey(request(2, 1, 0.5)) - expected)).toBeLessThan(1e-6);
  });

  test('edge batches add their squared gradients to U, and the bound shrinks', () => {
    const { estimator, model } = trained(false);
    const probe = request(2, 1, 0.5);
    const before = model.arrivalKey(probe);
    model.edgeBatchStarted!([request(3, 1, 0), request(4, 2, 1)]);
    // U = λ + 100·(1 + 4, 1, 2)
    const terms = 100 * (1 / (lambdaReg + 500) + 0.25 / (lambdaReg + 100) + 1 / (lambdaReg + 200));
    const mean = estimator.predictScaled(probe.features);
    const expected = (mean - Math.sqrt(lambdaReg * nu * terms) - 0.1) / 10;
    expect(Math.abs(model.refreshedKey(probe, before) - expected)).toBeLessThan(1e-6);
    expect(model.refreshedKey(probe, before)).toBeGreaterThan(before);
    expect(model.cloudKey(probe, before)).toBeCloseTo((mean - 0.1) / 10, 9);
  });

  test('the published program keeps the score of the arrival', () => {
    const { model } = trained(true);
    const probe = request(2, 1, 0.5);
    const before = model.arrivalKey(probe);
    model.edgeBatchStarted!([request(3, 1, 0)]);
    expect(model.refreshedKey(probe, before)).toBe(before);
  });
});
