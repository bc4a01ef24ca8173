import { Matrix, solve } from 'ml-matrix';
import { describe, expect, test } from 'vitest';
import { stream } from '../../../src/base/random.ts';
import { diagonalLinUcb, fullLinUcb, linUcbModel } from '../../../src/simulators/cloud-edge/lin-ucb.ts';
import { vector } from './support.ts';

describe('linear bandits', () => {
  test('an untouched arm has bound α·|x|/√λ', () => {
    expect(diagonalLinUcb(2, 0.1, 1).ucb(vector(1, 0))).toBeCloseTo(0.1, 6);
    expect(diagonalLinUcb(2, 0.3, 4).ucb(vector(3, 4))).toBeCloseTo((0.3 * 5) / 2, 6);
  });

  test('one reward of −2 on the first axis gives −1 + 0.1/√2', () => {
    for (const make of [diagonalLinUcb, fullLinUcb]) {
      const bandit = make(2, 0.1, 1);
      bandit.update(vector(1, 0), -2);
      expect(Math.abs(bandit.ucb(vector(1, 0)) - -0.929289)).toBeLessThan(1e-6);
      expect(bandit.ucb(vector(0, 1))).toBeCloseTo(0.1, 6);
    }
  });

  test('the diagonal form keeps squares per axis only', () => {
    const bandit = diagonalLinUcb(2, 0.5, 1);
    bandit.update(vector(1, 2), -3);
    bandit.update(vector(2, 0), -1);
    // A = (1 + 1 + 4, 1 + 4), b = (−3 − 2, −6)
    const expected = -5 / 6 + -6 / 5 + 0.5 * Math.sqrt(1 / 6 + 1 / 5);
    expect(Math.abs(bandit.ucb(vector(1, 1)) - expected)).toBeLessThan(1e-6);
  });

  test('the full form equals ridge regression solved afresh', () => {
    const rng = stream(3, 'test');
    const [dimension, alpha, ridge] = [6, 0.7, 0.5];
    const bandit = fullLinUcb(dimension, alpha, ridge);
    const gram = Matrix.eye(dimension).mul(ridge);
    const moment = Matrix.zeros(dimension, 1);
    for (let n = 0; n < 40; n++) {
      const x = vector(...Array.from({ length: dimension }, () => rng.normal()));
      const reward = rng.normal();
      bandit.update(x, reward);
      const column = Matrix.columnVector(Array.from(x.values));
      gram.add(column.mmul(column.transpose()));
      moment.add(Matrix.mul(column, reward));
    }
    const probe = vector(1, -1, 0.5, 0, 2, 0.25);
    const column = Matrix.columnVector(Array.from(probe.values));
    const mean = column.transpose().mmul(solve(gram, moment)).get(0, 0);
    const variance = column.transpose().mmul(solve(gram, column)).get(0, 0);
    expect(bandit.ucb(probe)).toBeCloseTo(mean + alpha * Math.sqrt(variance), 9);
  });
});

describe('labels of the linear bandit', () => {
  const request = (id: number, ...values: number[]) => ({ id, arrivedAt: id, features: vector(...values) });
  const rules = { networkRtt: 0.1, cloudTimeMultiplier: 0.5 };

  test('each member teaches its own time; the published way lets the first speak for all', () => {
    const batch = { kind: 'edge', requests: [request(0, 1, 0), request(1, 0, 1)], times: [2, 6] } as const;
    for (const [mixedLabels, second] of [
      [false, 6],
      [true, 2],
    ] as const) {
      const model = linUcbModel(diagonalLinUcb(2, 0, 1), { ...rules, mixedLabels });
      model.learn(batch);
      expect(model.arrivalKey(request(2, 1, 0))).toBeCloseTo(1, 6);
      expect(model.arrivalKey(request(2, 0, 1))).toBeCloseTo(second / 2, 6);
    }
  });

  test('cloud times are brought back to edge seconds, unless the published labels are asked for', () => {
    for (const [mixedLabels, learned] of [
      [false, 4],
      [true, 2.1],
    ] as const) {
      const model = linUcbModel(diagonalLinUcb(1, 0, 1), { ...rules, mixedLabels });
      model.learn({ kind: 'cloud', request: request(0, 1), time: 2.1 });
      expect(model.arrivalKey(request(1, 1))).toBeCloseTo(learned / 2, 6);
    }
  });
});
