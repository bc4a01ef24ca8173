import { describe, expect, test } from 'vitest';
import { printSummary } from '../../src/cli/study/summary.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { constraintSection, decisionSection } from '../../src/report/page/decision-section.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import type { Trial } from '../../src/study/trial.ts';
import { capturedStdout } from '../support/captured-stdout.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { type Columns, observed, replicatesOf } from '../support/trials.ts';

const BOUNDED = `${STUDY}constraints: [{metric: share, at_least: 0.5}]\nvalidation: {seeds: [11, 12, 13], points: 3}\n`;

const trial = (number: number, tuning: Columns, fresh: Columns | null = null, more: Partial<Trial> = {}): Trial =>
  observed(number, tuning, {
    ...(fresh === null ? {} : { validation: { kind: 'observed', replicates: replicatesOf(fresh) } }),
    ...more,
  });
const row = (cost: readonly number[], gain: readonly number[], share: readonly number[] = [1, 1, 1]): Columns => ({
  cost,
  gain,
  share,
});
const flat = (cost: number, gain: number, share = 1): Columns =>
  row([cost, cost, cost], [gain, gain, gain], [share, share, share]);
const BASELINE = { origin: 'baseline' } as const;

const reportOf = async (study: string, trials: readonly Trial[]): Promise<StudyReport> =>
  buildReport(await planOf({ study }), { trials, ended: 'budget used' }, 'test');
const said = (report: StudyReport): string => capturedStdout(() => printSummary(report, []));

describe('a change is a win only where its paired interval excludes zero', () => {
  const noisy = async () =>
    await reportOf(STUDY, [
      trial(0, row([10, 20, 30], [1, 1, 1]), null, BASELINE),
      trial(1, row([15, 10, 31], [2, 2, 2])),
    ]);

  test('the card is grey where it contains zero, green where it does not', async () => {
    const html = decisionSection(await noisy());
    const [cost, gain] = html.split('Recommended: trial')[1]!.split('<li>').slice(1);
    expect(cost).toMatch(/<b class="soft">\+[\d.]+ %<\/b> .*no clear difference/);
    expect(gain).toMatch(/<b class="good">\+100\.0 %<\/b> .*better/);
  });

  test('stdout says it in words, with the interval', async () => {
    const text = said(await noisy()).replace(/\n {2}/g, ' ');
    expect(text).toMatch(/trial 1: cost \+[\d.]+ % \[−[\d.]+ %, \+[\d.]+ %\], no clear difference \(tuning seeds\)/);
    expect(text).toMatch(/trial 1: gain \+100\.0 % \[\+100\.0 %, \+100\.0 %\], better/);
  });

  test('one seed is called what it is', async () => {
    const one = STUDY.replace('[1, 2, 3]', '[1]');
    const report = await reportOf(one, [
      trial(0, { cost: [10], gain: [1], share: [1] }, null, BASELINE),
      trial(1, { cost: [5], gain: [2], share: [1] }),
    ]);
    expect(decisionSection(report)).not.toContain('class="good"');
    expect(decisionSection(report)).toContain('<span class="soft">one seed: may be luck, tuning seeds</span>');
    expect(said(report)).toContain('one seed: may be luck');
  });
});

describe('constraints stand beside each point', () => {
  const points = async () =>
    await reportOf(BOUNDED, [
      trial(0, flat(10, 1, 0.6), flat(10, 1, 0.6), BASELINE),
      trial(1, row([5, 5, 5], [2, 2, 2], [0.4, 0.6, 0.8]), row([5, 5, 5], [2, 2, 2], [0.4, 0.4, 0.55])),
      trial(2, flat(6, 3, 0.7), flat(6, 3, 0.7)),
    ]);

  test('with bound, margin and broken seeds, for the baseline and on fresh seeds too', async () => {
    const { checks } = await points();
    const found = checks.map(({ trial: number, stage, holds, rows: [first] }) => [
      number,
      stage,
      holds,
      first!.violations,
    ]);
    expect(found).toEqual([
      [0, 'tuning', true, 0],
      [0, 'validation', true, 0],
      [2, 'tuning', true, 0],
      [2, 'validation', true, 0],
      [1, 'tuning', true, 1],
      [1, 'validation', false, 2],
    ]);
    expect(checks[4]!.rows[0]).toMatchObject({
      text: 'share ≥ 0.5',
      bound: 0.5,
      margin: expect.closeTo(0.1, 9),
      seeds: 3,
    });
    expect(checks[5]!.rows[0]!.margin).toBeCloseTo(-0.05, 9);
  });

  test('in stdout and on the page', async () => {
    const report = await points();
    expect(said(report)).toContain('share ≥ 0.5');
    expect(said(report)).toMatch(/\n1 +BREAKS +0\.4500 \(0\.0500\d* below, broken on 2 of 3 seeds\)/);
    expect(said(report)).toMatch(/\n0 \(baseline\) +holds/);
    expect(constraintSection(report)).toContain('0.4500 (0.05000 below, broken on 2 of 3 seeds)');
  });

  test('a point that breaks on fresh seeds is marked and not recommended', async () => {
    const report = await points();
    expect(report.decision).toMatchObject({ recommended: 2, breakOnFresh: [1] });
    expect(said(report)).toMatch(/\n1 +breaks on fresh seeds/);
    expect(report.notes.join()).toContain('Trial 1 meets the constraints on the tuning seeds and not on fresh ones');
  });

  test('where all break there, none is recommended, and that is said', async () => {
    const report = await reportOf(BOUNDED, [
      trial(0, flat(10, 1, 0.6), flat(10, 1, 0.4), BASELINE),
      trial(1, flat(5, 2, 0.6), flat(5, 2, 0.4)),
      trial(2, flat(4, 1.5, 0.6)),
    ]);
    expect(report.decision.recommended).toBeNull();
    expect(said(report)).toContain('recommended: none');
  });
});

describe('an infeasible baseline', () => {
  const infeasible = async (fresh: Columns | null, share: number) =>
    await reportOf(BOUNDED, [trial(0, flat(10, 1, share), fresh, BASELINE), trial(1, flat(5, 2), flat(5, 2))]);

  test.each([
    ['on tuning seeds', null, 0.4],
    ['on fresh seeds', flat(10, 1, 0.4), 0.6],
  ] as const)('%s is called so, and nothing is compared with it', async (_, fresh, share) => {
    const report = await infeasible(fresh, share);
    expect(report.comparisons).toEqual([]);
    const text = said(report).replace(/\n {2}/g, ' ');
    expect(text).toContain('The baseline is infeasible: share 0.4000 breaks ≥ 0.5 by 0.1000');
    expect(text).toMatch(/\n0 \(baseline\) +infeasible/);
    expect(text).not.toContain('%');
    expect(decisionSection(report)).not.toMatch(/\d %/);
  });
});

describe('the front as it is printed', () => {
  test('has the columns of the study itself, and no other metric', async () => {
    const report = await reportOf(
      STUDY,
      [trial(1, flat(5, 2))].map((one) => ({ ...one, number: 0 })),
    );
    const head = said(report)
      .split('\n')
      .find((line) => line.startsWith('trial'))!;
    expect(head.split(/ {2,}/)).toEqual(['trial', 'cost', 'gain', 'x', 'y']);
  });

  test('tells vectors with the same outcome once, with their number', async () => {
    const report = await reportOf(
      STUDY,
      [flat(5, 2), flat(5, 2), flat(6, 3), flat(5, 2)].map((one, n) => trial(n, one)),
    );
    expect(report.outcomes).toEqual([[0, 1, 3], [2]]);
    expect(report.shortList).toHaveLength(2);
    expect(said(report)).toContain('Pareto front: 2 outcomes of 4 vectors, 4 trials');
    expect(said(report)).toMatch(/\n0 += 3 vectors/);
  });

  test('“best” ranges over the whole front and says what was measured on fresh seeds', async () => {
    const report = await reportOf(BOUNDED, [
      trial(0, flat(10, 9), flat(11, 9)),
      trial(1, flat(5, 2)),
      trial(2, flat(4, 1)),
    ]);
    expect(report.decision.best).toEqual([
      { metric: 'cost', trial: 2, value: 4, fresh: null },
      { metric: 'gain', trial: 0, value: 9, fresh: 9 },
    ]);
    const text = said(report).replace(/\n {2}/g, ' ');
    expect(text).toContain('best cost of the front: trial 2, 4 on tuning seeds, not measured on fresh seeds');
    expect(text).toContain('best gain of the front: trial 0, 9 on tuning seeds, 9 on fresh seeds');
  });

  test('fits 80 columns, also with many parameters and long notes', async () => {
    const names = Array.from({ length: 13 }, (_, i) => `a_rather_long_parameter_name_${i}`);
    const report = await reportOf(BOUNDED, [trial(0, flat(10, 1, 0.4), null, BASELINE), trial(1, flat(5, 2))]);
    const wide: StudyReport = {
      ...report,
      parameters: names.map((column) => ({ column, parameter: column, kind: 'real', log: false })),
      notes: ['A note of many words, '.repeat(12)],
    };
    for (const line of said(wide).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const name of names) expect(said(wide)).toContain(name);
  });
});

test('a point that completes less than the baseline is flagged without any constraint', async () => {
  const plan = await planOf();
  const metrics = [...plan.metrics, { ...plan.metrics[2]!, name: 'completion_fraction' }];
  const with_ = (columns: Columns, share: number): Columns => ({
    ...columns,
    completion_fraction: [share, share, share],
  });
  const trials = [trial(0, with_(flat(10, 1), 0.98), null, BASELINE), trial(1, with_(flat(1, 5), 0.006))];
  const report = buildReport({ ...plan, metrics }, { trials, ended: 'budget used' }, 'test');
  expect(report.decision.lowCompletion).toEqual([
    { trial: 1, share: expect.closeTo(0.006, 9), baseline: expect.closeTo(0.98, 9) },
  ]);
  expect(said(report)).toMatch(/\n1 +serves 0.6 %/);
  expect(report.notes.join()).toContain('Trial 1 serves 0.6 % of requests, the baseline 98.0 %');
});
