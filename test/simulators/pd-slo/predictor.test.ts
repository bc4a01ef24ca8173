import { Matrix, solve } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import {
  FEATURE_COUNT,
  fillFeatures,
  heuristicPredictor,
  informedPredictor,
  learnedPredictor,
  type PodView,
  PredictorSet,
} from '../../../src/simulators/pd-slo/predictor.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { RidgeRegression } from '../../../src/simulators/pd-slo/ridge.ts';

const IDLE: PodView = {
  speed: 1,
  waiting: 0,
  running: 0,
  kvUsage: 0,
  kvTokens: 0,
  remainingPrefillMs: 0,
  dispatched: 0,
};

describe('heuristic predictor', () => {
  test('100 tokens take 50 ms, of which a cached half is saved', () => {
    expect(heuristicPredictor.predict('prefill-ttft', { inputTokens: 100, prefixHit: 0 }, IDLE)).toBe(50);
    expect(heuristicPredictor.predict('prefill-ttft', { inputTokens: 100, prefixHit: 0.5 }, IDLE)).toBe(25);
  });

  test('3 waiting requests are 30 ms', () => {
    expect(heuristicPredictor.predict('decode-ttft', { inputTokens: 1, prefixHit: 0 }, { ...IDLE, waiting: 3 })).toBe(
      30,
    );
  });

  test('4 running requests on half-full memory are 45 ms a token', () => {
    const pod = { ...IDLE, running: 4, kvUsage: 0.5 };
    expect(heuristicPredictor.predict('decode-tpot', { inputTokens: 1, prefixHit: 0 }, pod)).toBe(45);
  });

  test('calls every decode pod too slow for a target of 20 ms with the default buffer', () => {
    expect(heuristicPredictor.predict('decode-tpot', { inputTokens: 1, prefixHit: 0 }, IDLE)).toBeGreaterThan(0.9 * 20);
  });
});

describe('informed predictor', () => {
  const { config } = readPdSloConfig({});
  const request = { inputTokens: 400, prefixHit: 0.25 };

  test('adds up queued work and own service', () => {
    const pod = { ...IDLE, speed: 1.5, remainingPrefillMs: 70 };
    expect(informedPredictor(config, stream(0)).predict('prefill-ttft', request, pod)).toBeCloseTo(
      70 + 1.5 * 0.2 * 300,
      12,
    );
  });

  test('expects no wait while a slot is free, and one slot turnover per request ahead otherwise', () => {
    const predictor = informedPredictor(config, stream(0));
    expect(predictor.predict('decode-ttft', request, { ...IDLE, running: 63 })).toBe(0);
    const full = { ...IDLE, running: 64, waiting: 2, kvTokens: 100_000 };
    const step = 8 + 0.5 * 64 + 10 * 0.5;
    expect(predictor.predict('decode-ttft', request, full)).toBeCloseTo((3 * step * 128) / 64, 9);
  });

  test('expects the step time with one more request', () => {
    const pod = { ...IDLE, running: 9, kvTokens: 3599 };
    expect(informedPredictor(config, stream(0)).predict('decode-tpot', request, pod)).toBeCloseTo(
      8 + 0.5 * 10 + (10 * 4000) / 200_000,
      12,
    );
  });

  test('is off by the set bias', () => {
    const biased = readPdSloConfig({ predictor: { bias: 0.5 } }).config;
    expect(informedPredictor(biased, stream(0)).predict('prefill-ttft', request, IDLE)).toBeCloseTo(90, 12);
  });
});

describe('learned predictor', () => {
  test('solves the ridge equations', () => {
    const rng = stream(3, 'ridge');
    const rows = Array.from({ length: 200 }, () => Array.from({ length: 4 }, () => rng.normal()));
    const targets = rows.map((row) => 3 - 2 * row[1]! + 0.5 * row[3]! + 0.1 * rng.normal());
    const lambda = 0.7;
    const model = new RidgeRegression(4, lambda);
    rows.forEach((row, i) => {
      model.add(Float64Array.from(row), targets[i]!);
    });
    model.fit();
    const x = new Matrix(rows);
    const gram = x.transpose().mmul(x).add(Matrix.eye(4).mul(lambda));
    const exact = solve(gram, x.transpose().mmul(Matrix.columnVector(targets)));
    const probe = [0.3, -1, 2, 0.7];
    const expected = probe.reduce((sum, value, i) => sum + value * exact.get(i, 0), 0);
    expect(model.predict(Float64Array.from(probe))).toBeCloseTo(expected, 9);
  });

  test('answers as the heuristic until it has 100 samples, then as the line it saw', () => {
    const predictor = learnedPredictor();
    const rng = stream(5, 'samples');
    const features = new Float64Array(FEATURE_COUNT);
    const observe = (): void => {
      const view = { inputTokens: 1 + rng.below(1000), prefixHit: 0 };
      const pod = { ...IDLE, waiting: rng.below(20) };
      fillFeatures(view, pod, features);
      predictor.observe!('prefill-ttft', features, 0.2 * view.inputTokens + 7 * pod.waiting + 4);
    };
    for (let i = 0; i < 99; i++) observe();
    const probe = { inputTokens: 300, prefixHit: 0 };
    const pod = { ...IDLE, waiting: 5 };
    expect(predictor.predict('prefill-ttft', probe, pod)).toBe(150);
    observe();
    expect(predictor.predict('prefill-ttft', probe, pod)).toBeCloseTo(99, 1);
  });
});

describe('predictor calls', () => {
  test('that fail are counted and answered by the heuristic', () => {
    const { config } = readPdSloConfig({});
    const set = new PredictorSet(informedPredictor(config, stream(0)), 0.25, stream(9, 'failures'));
    const request = { inputTokens: 100, prefixHit: 0 };
    const answers = Array.from({ length: 4000 }, () => set.predict('prefill-ttft', request, IDLE));
    const { success, error } = set.calls['prefill-ttft'];
    expect(success + error).toBe(4000);
    expect(answers.filter((value) => value === 50).length).toBe(error);
    expect(answers.filter((value) => value === 20).length).toBe(success);
    // Four standard deviations of a binomial count.
    expect(Math.abs(error - 1000)).toBeLessThan(4 * Math.sqrt(4000 * 0.25 * 0.75));
  });
});
