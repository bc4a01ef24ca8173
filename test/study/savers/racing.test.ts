import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { stream } from '../../../src/base/random.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import { paretoFront } from '../../../src/study/front.ts';
import { type JournalEntry, replay } from '../../../src/study/journal.ts';
import { toObservations } from '../../../src/study/observations.ts';
import { describePlan } from '../../../src/study/plan/describe-plan.ts';
import { racingVerdict } from '../../../src/study/savers/racing.ts';
import type { Evaluate, Replicate, Trial } from '../../../src/study/trial.ts';
import { verifyJournal } from '../../../src/study/verify.ts';
import { analyticSimulator } from '../../support/analytic-simulator.ts';
import { inlineEvaluator, planOf, STUDY } from '../../support/plan-builder.ts';
import { journalOf, journalText, started } from '../../support/study-journal.ts';

const RACING = `${STUDY.replace('trials: 9', 'trials: 40')}racing: {first_seeds: 1}\n`;
const FACTORS = [1, 1.3, 0.8];

const replicatesOf = (rows: readonly (readonly [number, number])[]): Replicate[] =>
  rows.map(([cost, gain], index) => ({ seed: index + 1, metrics: { cost, gain, share: 0.5 } }));

function complete(number: number, rows: readonly (readonly [number, number])[]): Trial {
  return {
    number,
    origin: 'sampler',
    seen: 0,
    values: { x: number / 10, y: 0 },
    validation: null,
    outcome: { kind: 'observed', replicates: replicatesOf(rows) },
  };
}

/** A trial with these levels, the same factor a seed for all, and relative residuals of its own. */
function withLevels(number: number, cost: number, gain: number, noise: number): Trial {
  const rng = stream(number, 'residuals');
  const draw = (level: number, factor: number): number => level * factor * Math.exp(noise * rng.normal());
  return complete(
    number,
    FACTORS.map((factor) => [draw(cost, factor), draw(gain, factor)] as const),
  );
}

const levels = (noise: number): Trial[] => [
  withLevels(0, 2, 5, noise),
  withLevels(1, 3, 8, noise),
  withLevels(2, 4, 6, noise),
  withLevels(3, 1, 2, noise),
];

describe('racingVerdict', () => {
  test('stops what a complete trial beats in everything, and names it with the figures', async () => {
    const plan = await planOf({ study: RACING });
    // Seed 1 has factor 1: a cost of 6 and a gain of 4 are expected to become 6.2 and 4.13, against 3.1 and 8.27 of trial 1.
    const verdict = racingVerdict(plan, levels(0.01), replicatesOf([[6, 4]]));
    expect(verdict).toMatchObject({ rule: 'racing-front' });
    expect(verdict!.chance).toBeLessThan(0.01);
    const rival = levels(0.01)[verdict!.by!]!;
    expect(rival.outcome).toMatchObject({ kind: 'observed' });
    expect(verdict!.figures.map(({ metric }) => metric)).toEqual(['cost', 'gain']);
    expect(verdict!.figures[0]!.expected).toBeCloseTo(6.2, 0);
    expect(verdict!.figures[0]!.against).toBeLessThan(verdict!.figures[0]!.expected);
    expect(verdict!.figures[1]!.against).toBeGreaterThan(verdict!.figures[1]!.expected);
  });

  test.each([
    ['better than all in one objective', [0.9, 1], 0.01],
    ['worse only by what the noise allows', [2.2, 4.8], 0.3],
    ['a tie with a complete trial', [2, 5], 0],
  ] as const)('goes on: %s', async (_, [cost, gain], noise) => {
    const plan = await planOf({ study: RACING });
    expect(racingVerdict(plan, levels(noise), replicatesOf([[cost, gain]]))).toBeNull();
  });

  test('a hard seed is no reason: what counts is how others fared on the same seed', async () => {
    const study = `${STUDY.replace('[1, 2, 3]', '[2, 1, 3]')}racing: {}\n`;
    const plan = await planOf({ study });
    // The first seed multiplies all costs by 10. A cost of 9 there is better than any other's 10 or more.
    const hard = [1, 1.2, 1.4, 1.6].map((cost, number) =>
      complete(
        number,
        [10, 1, 1.1].map((factor) => [cost * factor, 5] as const),
      ),
    );
    expect(racingVerdict(plan, hard, replicatesOf([[9, 5]]))).toBeNull();
    expect(racingVerdict(plan, hard, replicatesOf([[25, 4]]))).toMatchObject({ by: 0 });
  });

  test('an infeasible trial beats nothing', async () => {
    const study = `${RACING}constraints: [{metric: share, at_least: 0.9}]\n`;
    const plan = await planOf({ study });
    expect(racingVerdict(plan, levels(0), replicatesOf([[60, 0.4]]))?.rule).not.toBe('racing-front');
  });

  test('nothing is stopped before enough trials are complete', async () => {
    const plan = await planOf({ study: RACING });
    expect(racingVerdict(plan, levels(0.01).slice(0, 3), replicatesOf([[60, 0.4]]))).toBeNull();
    expect(racingVerdict(plan, levels(0.01), replicatesOf([[60, 0.4]]))).not.toBeNull();
  });

  test('a broken constraint stops a trial once it is known how noisy a breach is', async () => {
    const plan = await planOf({ study: `${RACING}constraints: [{metric: cost, at_most: 5}]\n` });
    const broken = [6, 7, 8].map((cost, index) => withLevels(4 + index, cost, 20, 0.01));
    // The best gain of all: only the constraint speaks against it.
    const candidate = replicatesOf([[9, 50]]);
    expect(racingVerdict(plan, [...levels(0.01), ...broken.slice(0, 2)], candidate)).toBeNull();
    expect(racingVerdict(plan, [...levels(0.01), ...broken], candidate)).toMatchObject({
      rule: 'racing-constraint',
      figures: [{ metric: 'cost', against: 5 }],
    });
    expect(racingVerdict(plan, [...levels(0.01), ...broken], replicatesOf([[4.9, 50]]))).toBeNull();
  });

  test('without noise nothing is stopped that all seeds would have put on the front', async () => {
    const plan = await planOf({ study: RACING });
    const point = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 4, maxLength: 12 }), point, (others, [cost, gain]) => {
        const trials = others.map(([c, g], number) => withLevels(number, c, g, 0));
        const candidate = withLevels(trials.length, cost, gain, 0);
        const replicates = candidate.outcome?.kind === 'observed' ? candidate.outcome.replicates : [];
        const onFront = paretoFront(plan, [...trials, candidate]).includes(candidate);
        const strictly = others.some(([c, g]) => c < cost && g > gain);
        const verdict = racingVerdict(plan, trials, replicates.slice(0, 1));
        expect(verdict !== null).toBe(strictly);
        if (onFront) expect(verdict).toBeNull();
      }),
    );
  });
});

describe('a study that races', () => {
  const simulator = analyticSimulator(0.01, 0.2);

  test('spares simulations, and leaves the front of the same trials as it is', async () => {
    const plan = await planOf({ study: RACING }, simulator);
    const full = await planOf({ study: RACING.replace('racing: {first_seeds: 1}\n', '') }, simulator);
    let spent = 0;
    const counted: Evaluate = (values, seeds) => {
      spent += seeds.length;
      return inlineEvaluator(plan, simulator)(values, seeds);
    };
    const raced = replay(await journalOf(plan, counted));
    const fixed = replay(await journalOf(full, inlineEvaluator(full, simulator)));
    expect(raced.trials.map(({ values }) => values)).toEqual(fixed.trials.map(({ values }) => values));
    const stopped = raced.trials.filter(({ outcome }) => outcome?.kind === 'stopped');
    expect(stopped.length).toBeGreaterThan(8);
    expect(spent).toBe(
      raced.trials.reduce(
        (sum, { outcome }) => sum + (outcome as { readonly replicates: readonly Replicate[] }).replicates.length,
        0,
      ),
    );
    expect(paretoFront(plan, raced.trials).map(({ number }) => number)).toEqual(
      paretoFront(full, fixed.trials).map(({ number }) => number),
    );
    for (const { origin } of stopped) expect(origin).toBe('sampler');
  });

  test('the journal depends neither on the order in which simulations end nor on where a run was cut', async () => {
    const plan = await planOf({ study: RACING.replace('batch: 2', 'batch: 5') }, simulator);
    const whole = await journalOf(plan, inlineEvaluator(plan, simulator));
    expect(whole.some((entry) => entry.kind === 'trial-finished' && entry.outcome.kind === 'stopped')).toBe(true);
    let call = 0;
    const jittered = inlineEvaluator(plan, simulator, () => (call++ % 3 === 0 ? 4 : 0));
    expect(journalText(await journalOf(plan, jittered))).toBe(journalText(whole));
    for (let cut = 1; cut < whole.length; cut += 3) {
      const resumed = await journalOf(plan, inlineEvaluator(plan, simulator), whole.slice(0, cut));
      expect(journalText(resumed), `cut after ${cut} entries`).toBe(journalText(whole));
    }
  });

  test('a model that hears of stopped trials proposes the same after a cut, whatever the timing', async () => {
    const study = RACING.replace('trials: 40', 'trials: 12').replace('sampler: sobol', 'sampler: gp');
    const single = `${study.replace('  - {metric: gain, direction: maximize}\n', '').replace('racing: {first_seeds: 1}', 'racing: {risk: 0.2, after: 3}')}`;
    const plan = await planOf({ study: single }, simulator);
    const whole = await journalOf(plan, inlineEvaluator(plan, simulator));
    const stop = whole.findIndex((entry) => entry.kind === 'trial-finished' && entry.outcome.kind === 'stopped');
    expect(stop).toBeGreaterThan(0);
    expect(whole.slice(stop).some(({ kind }) => kind === 'trial-proposed')).toBe(true);
    const jittered = inlineEvaluator(plan, simulator, () => 2);
    expect(journalText(await journalOf(plan, jittered, whole.slice(0, stop + 1)))).toBe(journalText(whole));
  });

  test('a changed decision is found, whichever way it was changed', async () => {
    const plan = await planOf({ study: RACING }, simulator);
    const evaluate = inlineEvaluator(plan, simulator);
    const entries = await journalOf(plan, evaluate);
    const verify = (tampered: readonly JournalEntry[]) =>
      verifyJournal(
        { plan, sampler: createSampler('sobol'), evaluate, started: started(plan) },
        tampered,
        () => undefined,
      );
    expect(await verify(entries)).toBeNull();
    const at = entries.findIndex((entry) => entry.kind === 'trial-finished' && entry.outcome.kind === 'stopped');
    const entry = entries[at] as Extract<JournalEntry, { kind: 'trial-finished' }>;
    if (entry.outcome.kind !== 'stopped') throw new Error('not stopped');
    const { outcome } = entry;
    const rival = { ...outcome, verdict: { ...outcome.verdict, by: (outcome.verdict.by ?? 0) + 1 } };
    const chance = { ...outcome, verdict: { ...outcome.verdict, chance: outcome.verdict.chance / 2 } };
    const kept = { kind: 'observed', replicates: outcome.replicates } as const;
    const cases = [
      [rival, 'outcome.verdict.by'],
      [chance, 'outcome.verdict.chance'],
      [kept, 'outcome.kind'],
    ] as const;
    for (const [changed, key] of cases) {
      expect(await verify(entries.with(at, { ...entry, outcome: changed }))).toMatchObject({ line: at + 1, key });
    }
  });

  test('baseline and points to try first get every seed, however bad they are', async () => {
    const bad = Array.from({ length: 6 }, (_, i) => `{x: 0.${i + 1}, y: 0.99}`).join(', ');
    const plan = await planOf({ study: `${RACING}first: [${bad}]\n` }, simulator);
    const { trials } = replay(await journalOf(plan, inlineEvaluator(plan, simulator)));
    for (const { outcome } of trials.filter(({ origin }) => origin !== 'sampler')) {
      expect(outcome).toMatchObject({ kind: 'observed', replicates: [{}, {}, {}] });
    }
  });
});

describe('what the sampler is told of a stopped trial', () => {
  const stopped = (number: number, rows: readonly (readonly [number, number])[]): Trial => ({
    ...complete(number, rows),
    outcome: {
      kind: 'stopped',
      replicates: replicatesOf(rows),
      verdict: { rule: 'racing-front', by: 0, chance: 0, figures: [] },
    },
  });

  test('the mean expected over all seeds, not the one of the seeds it had', async () => {
    const plan = await planOf({ study: RACING });
    const own = withLevels(9, 6, 4, 0);
    const rows = own.outcome?.kind === 'observed' ? own.outcome.replicates.map(({ metrics }) => metrics) : [];
    const seen = rows.slice(0, 2).map(({ cost, gain }) => [cost!, gain!] as const);
    const told = toObservations(plan, [...levels(0), stopped(9, seen)]).at(-1)!;
    const whole = toObservations(plan, [...levels(0), own]).at(-1)!;
    expect(told.losses![0]).toBeCloseTo(whole.losses![0]!, 9);
    expect(told.losses![1]).toBeCloseTo(whole.losses![1]!, 9);
  });

  test('a variance that grows with the seeds it lacks', async () => {
    const plan = await planOf({ study: RACING });
    const one = toObservations(plan, [...levels(0.05), stopped(9, [[6, 4]])]).at(-1)!;
    const two = toObservations(plan, [
      ...levels(0.05),
      stopped(9, [
        [6, 4],
        [7.8, 5.2],
      ]),
    ]).at(-1)!;
    expect(one.lossVariances[0]!).toBeGreaterThan(1.5 * two.lossVariances[0]!);
    expect(two.lossVariances[0]!).toBeGreaterThan(0);
  });
});

describe('the study key', () => {
  test('is in the one line that describes a plan, and absent plans say nothing', async () => {
    expect(describePlan(await planOf({ study: RACING }))).toMatch(
      /, racing over seeds \(first 1, risk 0.01, after 4 complete trials\)$/,
    );
    expect(await planOf()).not.toHaveProperty('racing');
  });

  test.each([
    [
      'racing: {first_seeds: 3}',
      '[1, 2, 3]',
      /^study\.yaml:13:\d+ racing\.first_seeds: must be < 3, the number of seeds, got 3; /,
    ],
    ['racing: {risk: 1}', '[1, 2, 3]', /^study\.yaml:13:\d+ racing\.risk: must be ≤ 0\.5, got 1/],
    ['racing: {risk: 0}', '[1, 2, 3]', /^study\.yaml:13:\d+ racing\.risk: must be > 0, got 0/],
    ['racing: {after: 1}', '[1, 2, 3]', /^study\.yaml:13:\d+ racing\.after: must be ≥ 3, got 1/],
    ['racing: {}', '[1]', /^study\.yaml:13:\d+ racing: needs at least 2 seeds to save any, got 1; add seeds/],
  ] as const)('%s with seeds %s gives file, line, key and rule', async (line, seeds, expected) => {
    const error = await planOf({ study: `${STUDY.replace('[1, 2, 3]', seeds)}${line}\n` }).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(describeInputError(error as InputError)).toMatch(expected);
  });
});
