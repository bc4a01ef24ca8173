import { describe, expect, test } from 'vitest';
import { buildReport } from '../../src/report/build-report.ts';
import { timelineRows } from '../../src/report/chart-figures.ts';
import { hypervolumeHistory } from '../../src/report/hypervolume-history.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { paretoFront } from '../../src/study/front.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import type { Replicate, Trial } from '../../src/study/trial.ts';
import { planOf, SPACE, STRATEGY, STUDY } from '../support/plan-builder.ts';
import { observed, replicatesOf } from '../support/trials.ts';

const BOUNDED = `${STUDY}constraints: [{metric: share, at_least: 0.5}]\n`;

/** Values that are the same on every seed. */
const at = (number: number, cost: number, gain: number, share = 1, more: Partial<Trial> = {}): Trial =>
  observed(number, { cost: [cost, cost, cost], gain: [gain, gain, gain], share: [share, share, share] }, more);
const baseline = at(0, 10, 10, 1, { origin: 'baseline' });
const failed: Trial = { ...at(7, 1, 1), outcome: { kind: 'failed', message: 'crashed' } };
const impossible: Trial = { ...at(8, 1, 1), outcome: { kind: 'infeasible', reason: 'no memory' } };
const pending: Trial = { ...at(9, 1, 1), outcome: null };

const reportOf = (plan: StudyPlan, trials: readonly Trial[], ended: string | null = 'budget used'): StudyReport =>
  buildReport(plan, { trials, ended }, 'test');

describe('hypervolume history', () => {
  const history = (plan: StudyPlan, trials: readonly Trial[], base: Trial | null) =>
    hypervolumeHistory(plan, trials, paretoFront(plan, trials), base);

  test('is the share of the box between the best values and a tenth behind the worst of front and baseline', async () => {
    const plan = await planOf();
    const trials = [baseline, at(1, 8, 10), at(2, 9, 12), failed, at(3, 5, 11), at(4, 20, 9)];
    const { ideal, reference, values } = history(plan, trials, baseline);
    // The front is (9, 12) and (5, 11), the baseline (10, 10): costs 5 … 10, gains 12 … 10.
    expect(ideal).toEqual([5, 12]);
    expect(reference).toEqual([expect.closeTo(10.5, 12), expect.closeTo(9.8, 12)]);
    const area = (cost: number, gain: number) => ((10.5 - cost) / 5) * ((gain - 9.8) / 2);
    const both = area(5, 11) + ((10.5 - 9) / 5) * ((12 - 11) / 2);
    const corner = ((10.5 - 9) / 5) * ((10 - 9.8) / 2);
    const expected = [area(10, 10), area(8, 10), area(8, 10) + area(9, 12) - corner, 0, both, both];
    expected[3] = expected[2]!;
    for (const [index, value] of values.entries()) expect(value * 1.21).toBeCloseTo(expected[index]!, 12);
  });

  test('rises where nothing beats the baseline in every objective', async () => {
    const plan = await planOf();
    const trials = [baseline, at(1, 8, 9), at(2, 12, 14), at(3, 7, 8)];
    const { values } = history(plan, trials, baseline);
    for (const [index, value] of values.entries()) expect(value).toBeGreaterThan(values[index - 1] ?? 0);
  });

  test('is not flattened by a trial far from the front', async () => {
    const plan = await planOf();
    const trials = [at(0, 3, 4), at(1, 2, 3), at(2, 1e9, 4)];
    const near = history(plan, trials.slice(0, 2), null).values;
    expect(history(plan, trials, null).values).toEqual([...near, near[1]]);
  });

  test('takes the feasible range where the front is one point, and no part of an infeasible baseline', async () => {
    const plan = await planOf({ study: BOUNDED });
    const trials = [at(0, 100, 1, 0.1, { origin: 'baseline' }), at(1, 3, 8), at(2, 1, 9), at(3, 0, 9, 0.1)];
    const { ideal, reference, values } = history(plan, trials, trials[0]!);
    expect(ideal).toEqual([1, 9]);
    expect(reference).toEqual([expect.closeTo(3.2, 12), expect.closeTo(7.9, 12)]);
    expect(values.map((value) => value * 1.21)).toEqual(
      [0, 0.01, 1.21, 1.21].map((value) => expect.closeTo(value, 12)),
    );
  });

  test('an objective without range, and nothing feasible, give numbers all the same', async () => {
    const plan = await planOf({ study: BOUNDED });
    expect(history(plan, [at(0, 1, 4)], null).values).toEqual([1]);
    expect(history(plan, [at(0, 1, 1, 0), failed], null).values).toEqual([0, 0]);
  });
});

describe('comparisons with the baseline', () => {
  const row = (report: StudyReport, trial: number, metric: string, stage = 'tuning') =>
    report.comparisons
      .find((one) => one.trial === trial && one.stage === stage)
      ?.rows.find((one) => one.metric === metric);

  test('join values by seed, whatever their order, and leave out seeds that one side lacks', async () => {
    const plan = await planOf();
    const metrics = (cost: number) => ({ cost, gain: 20, share: 1 });
    const replicates: Replicate[] = [
      { seed: 3, metrics: metrics(300) },
      { seed: 1, metrics: metrics(1) },
    ];
    const base = observed(0, { cost: [2, 77, 600], gain: [10, 10, 10], share: [1, 1, 1] }, { origin: 'baseline' });
    const other: Trial = { ...at(1, 1, 1), outcome: { kind: 'observed', replicates } };
    const found = row(reportOf(plan, [base, other]), 1, 'cost')!;
    expect(found).toMatchObject({ baseline: 301, value: 150.5, scale: 'log-ratio', verdict: 'better' });
    for (const bound of [found.improvement, found.low!, found.high!]) expect(bound).toBeCloseTo(0.5, 12);
  });

  test('cover every metric of the short list, each in its own direction', async () => {
    const report = reportOf(await planOf(), [baseline, at(1, 5, 20, 0.5)]);
    expect(report.comparisons).toHaveLength(1);
    expect(report.comparisons[0]!.rows.map(({ metric, verdict }) => [metric, verdict])).toEqual([
      ['cost', 'better'],
      ['gain', 'better'],
      ['share', 'worse'],
    ]);
  });

  test('on fresh seeds follow those on tuning seeds', async () => {
    const fresh = (cost: number) =>
      ({ kind: 'observed', replicates: replicatesOf({ cost: [cost, cost], gain: [1, 1], share: [1, 1] }) }) as const;
    const trials = [
      { ...baseline, validation: fresh(8) },
      at(1, 5, 20, 1, { validation: fresh(6) }),
      at(2, 4, 15, 1, { validation: failed.outcome }),
    ];
    const report = reportOf(await planOf(), trials);
    const stages = report.comparisons.map(({ trial, stage }) => `${trial} ${stage}`).sort();
    expect(stages).toEqual(['1 tuning', '1 validation', '2 tuning']);
    expect(row(report, 1, 'cost', 'validation')!.improvement).toBeCloseTo(0.25, 12);
    expect(row(report, 1, 'cost')!.improvement).toBeCloseTo(0.5, 12);
  });

  test('need a baseline that was measured, and leave it out itself', async () => {
    const plan = await planOf();
    expect(reportOf(plan, [at(0, 1, 1), at(1, 5, 20)]).comparisons).toEqual([]);
    expect(reportOf(plan, [{ ...baseline, outcome: failed.outcome }, at(1, 5, 20)]).comparisons).toEqual([]);
    // The baseline alone is the front.
    const alone = reportOf(plan, [baseline, at(1, 20, 1)]);
    expect([alone.baseline, alone.front, alone.comparisons]).toEqual([0, [0], []]);
  });
});

describe('trials of a report', () => {
  test('carry status, reason, figures, and whether they are feasible and on the front', async () => {
    const plan = await planOf({ study: BOUNDED });
    const report = reportOf(plan, [baseline, at(1, 5, 20), at(2, 1, 30, 0.4), failed, impossible, pending]);
    expect(report.trials.map(({ status, reason, feasible, onFront }) => [status, reason, feasible, onFront])).toEqual([
      ['observed', null, true, false],
      ['observed', null, true, true],
      ['observed', null, false, false],
      ['failed', 'crashed', false, false],
      ['infeasible', 'no memory', false, false],
      ['pending', null, false, false],
    ]);
    // Nobody knows yet what a pending trial comes to.
    expect(report.hypervolume.values).toHaveLength(5);
    expect(timelineRows(report)).toHaveLength(5);
    expect(report.facts.at(-1)?.value).toMatch(/^5 of /);
    expect(report.trials[1]!.metrics['cost']).toEqual({ mean: 5, low: 5, high: 5, values: [5, 5, 5] });
    expect(report.trials[3]!.metrics).toEqual({});
    expect(report).not.toHaveProperty('regimes');
    expect([report.front, report.shortList, report.baseline]).toEqual([[1], [1], 0]);
    expect(report.constraints).toMatchObject([{ text: 'share ≥ 0.5' }]);
    expect(report.metrics.map(({ name, role }) => [name, role])).toEqual([
      ['cost', 'objective'],
      ['gain', 'objective'],
      ['share', 'constraint'],
    ]);
    expect((await planOf()).metrics.length).toBe(3);
  });

  test('the short list holds at most five points of the front', async () => {
    const trials = Array.from({ length: 7 }, (_, number) => at(number, 1 + number, 1 + number));
    const { front, shortList } = reportOf(await planOf(), trials);
    expect(front).toHaveLength(7);
    expect(shortList).toHaveLength(5);
  });

  test('a bound names its unit, and an upper one its direction', async () => {
    const plan = await planOf({ study: `${STUDY}constraints: [{metric: cost, at_most: 5}]\n` });
    expect(reportOf(plan, [baseline]).constraints).toMatchObject([{ text: 'cost ≤ 5 ms' }]);
    const roles = reportOf(plan, [baseline]).metrics.map(({ role }) => role);
    expect(roles).toEqual(['objective', 'objective', 'context']);
  });

  test('weights of a simplex have a column each, scaled to sum 1', async () => {
    const plan = await planOf({
      strategy: STRATEGY.replace('baseline: {x: 0.5, y: 0.5}', 'baseline: {x: 0.5, y: {a: 1, b: 1}}'),
      space: `
parameters:
  - {name: x, type: real, low: 0.1, high: 1, log: true}
  - {name: y, type: simplex, components: [a, b]}
`,
    });
    const trial = at(0, 1, 1, 1, { values: { x: 0.5, y: [3, 1] } });
    const without = at(1, 1, 1, 1, { values: { x: 0.5 } });
    const report = reportOf(plan, [trial, without]);
    expect(report.parameters).toEqual([
      { column: 'x', parameter: 'x', kind: 'real', log: true },
      { column: 'y.a', parameter: 'y', kind: 'simplex', log: false },
      { column: 'y.b', parameter: 'y', kind: 'simplex', log: false },
    ]);
    expect(report.trials[0]!.parameters).toEqual({ x: 0.5, 'y.a': 0.75, 'y.b': 0.25 });
    expect(report.trials[1]!.parameters).toEqual({ x: 0.5 });
  });

  test('an integer may be logarithmic, a category is not', async () => {
    const space = `
parameters:
  - {name: x, type: integer, low: 1, high: 100, log: true}
  - {name: y, type: categorical, choices: [a, b]}
`;
    const strategy = STRATEGY.replace('baseline: {x: 0.5, y: 0.5}', 'baseline: {x: 5, y: a}');
    const { parameters } = reportOf(await planOf({ strategy, space }), []);
    expect(parameters.map(({ kind, log }) => [kind, log])).toEqual([
      ['integer', true],
      ['categorical', false],
    ]);
  });
});

describe('notes', () => {
  const notesOf = async (study: string, trials: readonly Trial[], ended: string | null = 'budget used') =>
    reportOf(await planOf({ study }), trials, ended).notes;

  test('are none for a plain study', async () => {
    expect(await notesOf(STUDY, [baseline, at(1, 5, 20)])).toEqual([]);
    expect(await notesOf(BOUNDED, [])).toEqual([]);
  });

  test.each([
    ['failed trials, one', [baseline, failed], /^1 trial failed/],
    ['failed trials, several', [baseline, failed, failed], /^2 trials failed/],
    ['impossible configurations, one', [baseline, impossible], /^1 trial could not be simulated/],
    ['impossible configurations, several', [baseline, impossible, impossible], /^2 trials could not be simulated/],
    ['a baseline outside the space', [{ ...baseline, values: { x: 5, y: 0 } }], /^The baseline lies outside/],
  ] as const)('tell of %s', async (_, trials, expected) => {
    expect(await notesOf(STUDY, trials)).toEqual([expect.stringMatching(expected)]);
  });

  test('tell of one seed, and of a study that has not ended', async () => {
    const one = STUDY.replace('[1, 2, 3]', '[1]');
    expect(await notesOf(one, [baseline], null)).toEqual([
      expect.stringMatching(/^One seed only/),
      expect.stringMatching(/snapshot/),
    ]);
  });

  test('tell which trial comes nearest where none satisfies the constraints', async () => {
    const study = `${STUDY}constraints: [{metric: share, at_least: 0.5}, {metric: cost, at_most: 4}]\n`;
    // Violations relative to the bounds: 0.2 + 0.5, 0 + 0.5, 0.8 + 0.
    const trials = [failed, at(1, 6, 1, 0.4), at(2, 6, 1, 0.6), at(3, 1, 1, 0.1)];
    const renumbered = trials.map((trial, number) => ({ ...trial, number }));
    const [nearest] = await notesOf(study, renumbered);
    expect(nearest).toBe('No trial satisfies every constraint. Trial 2 comes nearest (relative violation 0.500).');
  });

  test('a bound of 0 counts by the unit of its metric', async () => {
    const study = `${STUDY}constraints: [{metric: cost, at_most: 0}]\n`;
    const [nearest] = await notesOf(study, [at(0, 3, 1), at(1, 2, 1)]);
    expect(nearest).toContain('Trial 1 comes nearest (relative violation 2.00)');
  });
});

test('a study over several workloads has their tables', async () => {
  const plan = await planOf();
  const regimes = { aggregate: 'mean', workloads: [{ name: 'idle', workload: null, config: null }] } as const;
  const metrics = [...plan.metrics, { ...plan.metrics[0]!, name: 'cost@idle' }];
  const idle = (trial: Trial, cost: number): Trial => ({
    ...trial,
    outcome: {
      kind: 'observed',
      replicates: replicatesOf({ cost: [1, 1, 1], gain: [1, 1, 1], share: [1, 1, 1], 'cost@idle': [cost, cost, cost] }),
    },
  });
  const report = reportOf({ ...plan, regimes, metrics }, [idle(baseline, 4), idle(at(1, 1, 1), 2)]);
  expect(report.regimes).toHaveLength(1);
});

test('what identifies a study comes from its plan', async () => {
  const plan = await planOf({
    study: `${STUDY}description: why\nvalidation: {seeds: [11, 12], points: 1}\n`,
    space: SPACE,
  });
  expect(reportOf(plan, [baseline], null)).toMatchObject({
    schemaVersion: 2,
    name: 'toy-study',
    description: 'why',
    planHash: plan.hash,
    tool: 'test',
    simulator: 'analytic',
    sampler: 'sobol',
    seeds: [1, 2, 3],
    validationSeeds: [11, 12],
    ended: null,
    objectives: ['cost', 'gain'],
    strategy: { name: 'toy' },
    correlations: null,
    sensitivity: [],
  });
});
