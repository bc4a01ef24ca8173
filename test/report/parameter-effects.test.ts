import { describe, expect, test } from 'vitest';
import type { Parameter } from '../../src/optimizer/space/parameter.ts';
import { parameterEffects } from '../../src/report/parameter-effects.ts';
import type { ReportTrials } from '../../src/report/report-trials.ts';
import type { ReportMetric, ReportTrial } from '../../src/report/study-report.ts';

const COST: ReportMetric = { name: 'cost', unit: 'ms', better: 'lower', description: '', role: 'objective' };
const RATE: ReportMetric = { ...COST, name: 'rate', better: 'higher' };
const estimate = (mean: number) => ({ mean, low: null, high: null, values: [mean] });

const trial = (number: number, parameters: ReportTrial['parameters'], cost: number, feasible = true): ReportTrial => ({
  number,
  origin: 'sampler',
  status: 'observed',
  reason: null,
  seen: 0,
  parameters,
  metrics: { cost: estimate(cost), rate: estimate(-cost) },
  feasible,
  onFront: false,
});
const failed = (number: number, parameters: ReportTrial['parameters']): ReportTrial => ({
  ...trial(number, parameters, 0),
  status: 'failed',
  metrics: {},
});
const reported = (parameter: Parameter, trials: readonly ReportTrial[]): ReportTrials => ({
  parameters: (parameter.kind === 'simplex'
    ? parameter.components.map((name) => `${parameter.name}.${name}`)
    : [parameter.name]
  ).map((column) => ({
    column,
    parameter: parameter.name,
    kind: parameter.kind,
    log: 'log' in parameter && parameter.log,
  })),
  metrics: [COST, RATE],
  trials,
});

describe('what trials say about a parameter', () => {
  test('levels follow the space, not the trials; only observed trials count', () => {
    const mode: Parameter = { name: 'mode', kind: 'categorical', choices: ['fast', 'idle', 'slow', 'unused'] };
    const trials = [
      trial(0, { mode: 'slow' }, 10),
      trial(1, { mode: 'fast' }, 1),
      trial(2, { mode: 'slow' }, 14, false),
      failed(3, { mode: 'fast' }),
      trial(4, { mode: 'idle' }, 5),
    ];
    const effects = parameterEffects(reported(mode, trials));
    expect(effects(mode, COST)).toEqual({
      trends: [],
      levels: [
        { level: 'fast', trials: 1, feasible: 1, mean: 1, deviation: null, best: 1 },
        { level: 'idle', trials: 1, feasible: 1, mean: 5, deviation: null, best: 5 },
        { level: 'slow', trials: 2, feasible: 1, mean: 12, deviation: Math.sqrt(8), best: 10 },
      ],
    });
    expect(effects(mode, RATE).levels!.map(({ best }) => best)).toEqual([-1, -5, -10]);
  });

  test('levels of different kinds that print alike stay apart', () => {
    const flag: Parameter = { name: 'flag', kind: 'categorical', choices: [true, 'true'] };
    const trials = [trial(0, { flag: 'true' }, 2), trial(1, { flag: true }, 4)];
    const { levels } = parameterEffects(reported(flag, trials))(flag, COST);
    expect(levels!.map(({ level, mean }) => [level, mean])).toEqual([
      [true, 4],
      ['true', 2],
    ]);
  });

  test('a number has a trend on its own scale; inactive parameters leave their trials out', () => {
    const size: Parameter = { name: 'size', kind: 'integer', low: 1, high: 64, log: true };
    const trials = [1, 2, 4, 8, 16, 32].map((value, index) => trial(index, { size: value }, 3 * Math.log2(value)));
    const { trends, levels } = parameterEffects(reported(size, [...trials, trial(6, {}, 1e6)]))(size, COST);
    expect(levels).toBeUndefined();
    expect(trends).toHaveLength(1);
    expect(trends[0]).toMatchObject({ column: 'size', degree: 1, log: true, low: 1, high: 32 });
    expect(trends[0]!.r2).toBeCloseTo(1, 12);
  });

  test('every weight of a weight vector has its own trend', () => {
    const weights: Parameter = { name: 'weights', kind: 'simplex', components: ['a', 'b', 'c'] };
    const shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.2];
    const trials = shares.map((a, index) =>
      trial(index, { 'weights.a': a, 'weights.b': 0.25, 'weights.c': 0.75 - a }, 2 * a),
    );
    const { trends } = parameterEffects(reported(weights, trials))(weights, COST);
    expect(trends.map(({ column }) => column)).toEqual(['weights.a', 'weights.c']);
  });
});
