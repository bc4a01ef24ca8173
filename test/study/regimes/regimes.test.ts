import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MetricSpec } from '../../../src/simulators/simulator.ts';
import { joinRegimes, regimeEvaluate } from '../../../src/study/regimes/evaluate-regimes.ts';
import { type Regimes, regimeMetricSpecs } from '../../../src/study/regimes/regimes.ts';
import type { Metrics, ReplicateOutcome } from '../../../src/study/trial.ts';

const LATENCY: MetricSpec = { name: 'latency', unit: 'ms', better: 'lower', description: 'a latency' };
const RATE: MetricSpec = { name: 'rate', unit: '1/s', better: 'higher', description: 'a rate' };
const OWN: MetricSpec = { name: 'own', unit: '1', better: 'lower', description: 'only where it is busy' };
const NAMES = ['idle', 'busy'];
const regimes = (aggregate: Regimes['aggregate']): Regimes => ({
  aggregate,
  workloads: NAMES.map((name) => ({ name, workload: null, config: null })),
});
const METRICS = regimeMetricSpecs(regimes('worst'), [
  [LATENCY, RATE],
  [LATENCY, RATE, OWN],
]);
const measured = (metrics: Metrics): ReplicateOutcome => ({ kind: 'measured', metrics });
const metricsOf = (outcome: ReplicateOutcome): Metrics => {
  if (outcome.kind !== 'measured') throw new Error(JSON.stringify(outcome));
  return outcome.metrics;
};

const BASE = [measured({ latency: 10, rate: 100 }), measured({ latency: 200, rate: 50, own: 1 })];
const BETTER = [measured({ latency: 5, rate: 90 }), measured({ latency: 300, rate: 100, own: 2 })];

describe('figures of several workloads', () => {
  test('shared metrics are multiples of the baseline, and each workload keeps its own in its own unit', () => {
    expect(METRICS.map(({ name, unit }) => `${name} ${unit}`)).toEqual([
      'latency × baseline',
      'rate × baseline',
      'latency@idle ms',
      'rate@idle 1/s',
      'latency@busy ms',
      'rate@busy 1/s',
      'own@busy 1',
    ]);
  });

  test('the worst ratio is the highest of a metric that should be low, the lowest of one that should be high', () => {
    const joined = metricsOf(joinRegimes(regimes('worst'), METRICS, BETTER, BASE));
    expect(joined).toEqual({
      latency: 1.5,
      rate: 0.9,
      'latency@idle': 5,
      'rate@idle': 90,
      'latency@busy': 300,
      'rate@busy': 100,
      'own@busy': 2,
    });
    expect(Object.keys(joined).sort()).toEqual(METRICS.map(({ name }) => name).sort());
  });

  test('the mean ratio is the arithmetic mean over workloads', () => {
    expect(metricsOf(joinRegimes(regimes('mean'), METRICS, BETTER, BASE))).toMatchObject({ latency: 1, rate: 1.45 });
  });

  test('worst is never better than mean, and scaling all values of a workload changes neither', () => {
    const positive = fc.double({ min: 0.1, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(positive, positive, positive, positive, positive, (a, b, c, d, scale) => {
        const of = (x: number, y: number) => [measured({ latency: x, rate: x }), measured({ latency: y, rate: y })];
        const worst = metricsOf(joinRegimes(regimes('worst'), METRICS, of(a, b), of(c, d)));
        const mean = metricsOf(joinRegimes(regimes('mean'), METRICS, of(a, b), of(c, d)));
        expect(worst['latency']!).toBeGreaterThanOrEqual(mean['latency']! * (1 - 1e-12));
        expect(worst['rate']!).toBeLessThanOrEqual(mean['rate']! * (1 + 1e-12));
        const scaled = metricsOf(joinRegimes(regimes('mean'), METRICS, of(a * scale, b), of(c * scale, d)));
        expect(scaled['latency']! / mean['latency']!).toBeCloseTo(1, 9);
      }),
      { seed: 6 },
    );
  });

  test('against a baseline of 0, 0 is like the baseline and anything more counts as it is', () => {
    const of = (idle: number) => [measured({ latency: idle, rate: 1 }), measured({ latency: 1, rate: 1 })];
    expect(metricsOf(joinRegimes(regimes('worst'), METRICS, of(0), of(0)))['latency']).toBe(1);
    expect(metricsOf(joinRegimes(regimes('worst'), METRICS, of(3), of(0)))['latency']).toBe(4);
  });

  test('one workload that cannot be run decides, by name', () => {
    const infeasible: ReplicateOutcome = { kind: 'infeasible', reason: 'no KV memory left' };
    const failed: ReplicateOutcome = { kind: 'failed', message: 'boom' };
    expect(joinRegimes(regimes('worst'), METRICS, [BASE[0]!, infeasible], BASE)).toEqual({
      kind: 'infeasible',
      reason: 'on busy: no KV memory left',
    });
    expect(joinRegimes(regimes('worst'), METRICS, [failed, BASE[1]!], BASE)).toEqual({
      kind: 'failed',
      message: 'on idle: boom',
    });
    expect(joinRegimes(regimes('worst'), METRICS, BASE, [infeasible, BASE[1]!])).toMatchObject({ kind: 'failed' });
  });
});

describe('evaluation on several workloads', () => {
  const simulated: string[] = [];
  const evaluate = (): ReturnType<typeof regimeEvaluate> =>
    regimeEvaluate(regimes('worst'), METRICS, { x: 2 }, async ({ setup, values, seed }) => {
      simulated.push(`${setup} ${JSON.stringify(values)} ${seed}`);
      const x = values['x'] as number;
      return measured(setup === 0 ? { latency: x * seed, rate: 1 } : { latency: 100 * x + seed, rate: x, own: 0 });
    });

  test('the baseline is 1 on every seed, and simulated once a seed and workload', async () => {
    simulated.length = 0;
    const run = evaluate();
    const base = await run({ x: 2 }, [7, 8]);
    const other = await run({ x: 4 }, [7, 8]);
    expect(simulated.filter((text) => text.includes('"x":2'))).toHaveLength(4);
    expect(simulated).toHaveLength(8);
    if (base.kind !== 'observed' || other.kind !== 'observed') throw new Error('not observed');
    expect(base.replicates.map(({ seed, metrics }) => [seed, metrics['latency'], metrics['rate']])).toEqual([
      [7, 1, 1],
      [8, 1, 1],
    ]);
    expect(other.replicates[0]!.metrics).toMatchObject({
      latency: 2,
      'latency@idle': 28,
      'latency@busy': 407,
      rate: 1,
    });
  });

  test('the order of evaluations does not matter', async () => {
    const [first, second] = [evaluate(), evaluate()];
    const late = [await first({ x: 4 }, [7]), await first({ x: 2 }, [7])];
    const early = [await second({ x: 2 }, [7]), await second({ x: 4 }, [7])];
    expect(late.toReversed()).toEqual(early);
  });
});

describe('values of several workloads', () => {
  const values: Regimes = { ...regimes('worst'), of: 'value' };
  const specs = regimeMetricSpecs(values, [
    [LATENCY, RATE],
    [LATENCY, RATE, OWN],
  ]);

  test('keep their units, and the worst is that of the least favourable workload', () => {
    expect(specs.slice(0, 2).map(({ unit }) => unit)).toEqual(['ms', '1/s']);
    expect(metricsOf(joinRegimes(values, specs, BETTER, null))).toMatchObject({ latency: 300, rate: 90 });
    expect(metricsOf(joinRegimes({ ...values, aggregate: 'mean' }, specs, BETTER, null))).toMatchObject({
      latency: 152.5,
      rate: 95,
    });
  });

  test('need no baseline: nothing but the vector is simulated', async () => {
    const seen: unknown[] = [];
    const evaluate = regimeEvaluate(values, specs, null, async ({ setup, values: vector }) => {
      seen.push(vector);
      return BETTER[setup]!;
    });
    expect(await evaluate({ x: 1 }, [7])).toMatchObject({ kind: 'observed' });
    expect(seen).toEqual([{ x: 1 }, { x: 1 }]);
  });
});
