import { describe, expect, test } from 'vitest';
import { hasSavers, replicateCount, savingsOf, stoppedReason } from '../../src/report/savings.ts';
import type { StoppedOutcome, Trial } from '../../src/study/trial.ts';
import { planOf, STUDY } from '../support/plan-builder.ts';
import { observed, replicatesOf, stopped } from '../support/trials.ts';

const RACING = `${STUDY}racing: {first_seeds: 1}\n`;
const SCREENING = `${STUDY}screening: {fraction: 0.25}\n`;
const whole = (number: number): Trial => observed(number, { cost: [1, 2, 3] });
const failed: Trial = { ...whole(5), outcome: { kind: 'failed', message: 'no' } };

describe('savings', () => {
  test('a study has savers when it races or screens', async () => {
    expect(hasSavers(await planOf())).toBe(false);
    expect(hasSavers(await planOf({ study: RACING }))).toBe(true);
    expect(hasSavers(await planOf({ study: SCREENING }))).toBe(true);
  });

  test('of racing are the seeds that stopped trials lack', async () => {
    const trials = [whole(0), stopped(1, { cost: [1] }), whole(2), failed, { ...whole(6), outcome: null }];
    expect(savingsOf(await planOf({ study: RACING }), trials)).toEqual({
      stopped: 1,
      simulations: 7,
      withoutSavers: 9,
      saved: 1 - 7 / 9,
    });
  });

  test('short runs of screening cost their share of a run', async () => {
    const short = { cost: [1] };
    const both: Trial = {
      ...whole(0),
      outcome: { kind: 'observed', replicates: replicatesOf({ cost: [1, 2, 3] }), short: replicatesOf(short) },
    };
    const trials = [both, stopped(1, {}, short), stopped(2, {}, short), whole(3)];
    expect(savingsOf(await planOf({ study: SCREENING }), trials)).toEqual({
      stopped: 2,
      simulations: 6,
      withoutSavers: 12,
      shortRuns: 3,
      shortFraction: 0.25,
      saved: 1 - 6.75 / 12,
    });
  });

  test('before anything was measured are none', async () => {
    expect(savingsOf(await planOf({ study: RACING }), [failed])).toMatchObject({ withoutSavers: 0, saved: 0 });
  });

  test('a trial counts the simulations it had', () => {
    expect(replicateCount(whole(0))).toBe(3);
    expect(replicateCount(stopped(0, { cost: [1, 2] }))).toBe(2);
    expect(replicateCount(failed)).toBe(0);
    expect(replicateCount({ ...failed, outcome: null })).toBe(0);
  });
});

describe('why a trial was stopped', () => {
  const figures = [
    { metric: 'cost', expected: 12, deviation: 0.5, against: 8 },
    { metric: 'gain', expected: 1, deviation: 0.25, against: 2 },
  ];

  test('names stage, rival, figures and chance', async () => {
    const outcome: StoppedOutcome = {
      kind: 'stopped',
      replicates: replicatesOf({ cost: [1, 2] }),
      verdict: { rule: 'racing-front', by: 4, chance: 0.004, figures },
    };
    expect(stoppedReason(await planOf({ study: RACING }), outcome)).toBe(
      'stopped after 2 of 3 seeds: trial 4 is better in everything, cost 12 ± 0.5000 against 8, gain 1 ± 0.2500 against 2 (chance of error 0.004000)',
    );
  });

  test('or the bound and the short run', async () => {
    const outcome: StoppedOutcome = {
      kind: 'stopped',
      replicates: [],
      verdict: { rule: 'racing-constraint', chance: 0.5, figures: figures.slice(0, 1) },
    };
    expect(stoppedReason(await planOf({ study: SCREENING }), outcome)).toBe(
      'stopped after the short run: breaks a constraint, cost 12 ± 0.5000 against 8 (chance of error 0.5000)',
    );
  });
});
