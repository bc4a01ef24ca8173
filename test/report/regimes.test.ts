import { describe, expect, test } from 'vitest';
import { regimeTables } from '../../src/report/regimes.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import type { Trial } from '../../src/study/trial.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { observed } from '../support/trials.ts';

const NAMES = ['idle', 'busy'];

async function planOfTwo(study = STUDY): Promise<StudyPlan> {
  const plan = await planOf({ study });
  return {
    ...plan,
    regimes: { aggregate: 'worst', workloads: NAMES.map((name) => ({ name, workload: null, config: null })) },
    metrics: [
      ...plan.metrics,
      ...plan.metrics.flatMap((metric) => NAMES.map((name) => ({ ...metric, name: `${metric.name}@${name}` }))),
    ],
  };
}

/** Ratio and figures of cost, idle and busy; the gain is 10 times as much as the cost. Two seeds around each. */
function trial(number: number, ratio: number, idle: number, busy: number, more: Partial<Trial> = {}, share = 1): Trial {
  const around = (value: number): number[] => [value * 0.5, value * 1.5];
  const columns = { cost: ratio, 'cost@idle': idle, 'cost@busy': busy };
  const gains = { gain: ratio, 'gain@idle': 10 * idle, 'gain@busy': 10 * busy };
  return observed(
    number,
    Object.fromEntries(
      [...Object.entries(columns), ...Object.entries(gains), ['share', share] as const].map(([name, value]) => [
        name,
        around(value),
      ]),
    ),
    more,
  );
}

const baseline = trial(0, 1, 10, 100, { origin: 'baseline' });
const robust = trial(1, 0.8, 9, 80);
const forBusy = trial(2, 1.5, 15, 50);
const forIdle = trial(3, 1.2, 5, 120);
const TRIALS = [baseline, robust, forBusy, forIdle];

describe('the table of workloads', () => {
  test("sets the robust optimum beside the baseline and each workload's own optimum", async () => {
    const [cost] = regimeTables(await planOfTwo(), TRIALS);
    expect(cost).toEqual({
      metric: 'cost',
      aggregate: 'worst',
      robust: 1,
      robustRatio: 0.8,
      rows: [
        {
          workload: 'idle',
          unit: 'ms',
          baseline: 10,
          own: 3,
          ownValue: 5,
          robustValue: 9,
          gain: expect.closeTo(0.1, 12),
          gap: -0.8,
        },
        {
          workload: 'busy',
          unit: 'ms',
          baseline: 100,
          own: 2,
          ownValue: 50,
          robustValue: 80,
          gain: expect.closeTo(0.2, 12),
          gap: expect.closeTo(-0.6, 12),
        },
      ],
    });
  });

  test('a metric that should be high has the largest value as its optimum, and more is a gain', async () => {
    const [, gain] = regimeTables(await planOfTwo(), TRIALS);
    expect(gain).toMatchObject({ metric: 'gain', robust: 2, robustRatio: 1.5 });
    expect(gain!.rows.map(({ own, unit }) => [own, unit])).toEqual([
      [2, '1'],
      [3, '1'],
    ]);
    expect(gain!.rows.map((row) => row.gain)).toEqual([0.5, -0.5]);
  });

  test('infeasible trials are no optimum, and of equals the first is', async () => {
    const plan = await planOfTwo(`${STUDY}constraints: [{metric: share, at_least: 0.5}]\n`);
    const infeasible = trial(4, 0.1, 1, 1, {}, 0.1);
    const tables = regimeTables(plan, [...TRIALS, infeasible, { ...robust, number: 5 }]);
    expect(tables).toEqual(regimeTables(await planOfTwo(), TRIALS));
  });

  test('a change against 0 is the difference, and none is none', async () => {
    const zero = trial(0, 1, 0, 0, { origin: 'baseline' });
    const [cost] = regimeTables(await planOfTwo(), [zero, trial(1, 0.5, 0, 2)]);
    expect(cost!.rows.map(({ gain }) => gain)).toEqual([0, -2]);
  });

  test('is empty with one workload, without a measured baseline, and where nothing is feasible', async () => {
    const plan = await planOfTwo();
    expect(regimeTables(await planOf(), TRIALS)).toEqual([]);
    expect(regimeTables(plan, TRIALS.slice(1))).toEqual([]);
    expect(regimeTables(plan, [{ ...baseline, outcome: null }, robust])).toEqual([]);
    expect(regimeTables(plan, [{ ...baseline, outcome: { kind: 'failed', message: '' } }, robust])).toEqual([]);
    const strict = await planOfTwo(`${STUDY}constraints: [{metric: share, at_least: 5}]\n`);
    expect(regimeTables(strict, TRIALS)).toEqual([]);
  });

  test('leaves out an objective that not every workload has', async () => {
    const plan = await planOfTwo();
    const metrics = plan.metrics.filter(({ name }) => !name.startsWith('gain@'));
    expect(regimeTables({ ...plan, metrics }, TRIALS).map(({ metric }) => metric)).toEqual(['cost']);
  });
});
