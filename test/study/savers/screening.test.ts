import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { stream } from '../../../src/base/random.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { Simulator } from '../../../src/simulators/simulator.ts';
import { paretoFront } from '../../../src/study/front.ts';
import { type JournalEntry, replay } from '../../../src/study/journal.ts';
import { toObservations } from '../../../src/study/observations.ts';
import { screeningVerdict } from '../../../src/study/savers/screening.ts';
import type { Evaluate, Replicate, Trial } from '../../../src/study/trial.ts';
import { verifyJournal } from '../../../src/study/verify.ts';
import { inlineEvaluator, planOf, STUDY } from '../../support/plan-builder.ts';
import { journalOf, journalText, started } from '../../support/study-journal.ts';

const KEY = 'screening: {fraction: 0.2}\n';
const SCREENING = `${STUDY.replace('trials: 9', 'trials: 40')}${KEY}`;

const replicate = (seed: number, cost: number, gain: number): Replicate => ({
  seed,
  metrics: { cost, gain, share: 0.5 },
});

/** Costs grow with the horizon by the power 1.5, so a short run shows a third of them; `scatter` blurs that. */
function pair(number: number, cost: number, gain: number, scatter: number): Trial {
  const rng = stream(number, 'scatter');
  const short = replicate(1, (cost / 3) ** 0.7 * Math.exp(scatter * rng.normal()), gain * 2);
  return {
    number,
    origin: 'sampler',
    seen: 0,
    values: { x: number / 20, y: 0 },
    validation: null,
    outcome: { kind: 'observed', replicates: [1, 2, 3].map((seed) => replicate(seed, cost, gain)), short: [short] },
  };
}

const pairs = (scatter: number, count = 10): Trial[] =>
  Array.from({ length: count }, (_, i) => pair(i, 1 + i, 10 + 2 * ((i * 7) % 10), scatter));

const shortOf = (cost: number, gain: number): Replicate[] => [replicate(1, (cost / 3) ** 0.7, gain * 2)];

describe('screeningVerdict', () => {
  test('stops what short and expected results both call worse in everything', async () => {
    const plan = await planOf({ study: SCREENING });
    const verdict = screeningVerdict(plan, pairs(0.02), shortOf(11, 11));
    expect(verdict).toMatchObject({ rule: 'screening' });
    expect(verdict!.chance).toBeLessThanOrEqual(0.01);
    for (const { correlation } of verdict!.figures) expect(correlation).toBeGreaterThan(0.9);
    expect(verdict!.figures[0]!.expected).toBeCloseTo(11, 0);
    expect(verdict!.figures[1]!.expected).toBeCloseTo(11, 6);
  });

  test.each([
    ['too few pairs', pairs(0.02, 7), 11, 11],
    ['better in one objective', pairs(0.02), 0.5, 11],
    ['short runs that order vectors otherwise', pairs(3), 11, 11],
    ['a vector so unlike the others that the line says little', pairs(0.4), 11, 27.9],
  ] as const)('goes on: %s', async (_, trials, cost, gain) => {
    const plan = await planOf({ study: SCREENING });
    expect(screeningVerdict(plan, trials, shortOf(cost, gain))).toBeNull();
  });

  test('an infeasible trial beats nothing, and a trial without a short run teaches nothing', async () => {
    const constrained = await planOf({ study: `${SCREENING}constraints: [{metric: share, at_least: 0.9}]\n` });
    expect(screeningVerdict(constrained, pairs(0.02), shortOf(11, 11))).toBeNull();
    const plan = await planOf({ study: SCREENING });
    const bare = pairs(0.02).map((trial): Trial => {
      if (trial.outcome?.kind !== 'observed') return trial;
      return { ...trial, outcome: { kind: 'observed', replicates: trial.outcome.replicates } };
    });
    expect(screeningVerdict(plan, bare, shortOf(11, 11))).toBeNull();
  });
});

/** Two conflicting costs that a short horizon understates, with noise that shrinks as the horizon grows. */
function horizonSimulator(noise: number): Simulator {
  return {
    name: 'horizon',
    description: 'closed form with a fidelity',
    prepare: ({ config }) => {
      const { x, y } = config as { x: number; y: number };
      return {
        metrics: [
          { name: 'cost', unit: 'ms', better: 'lower', description: '1 + (x − 0.2)² + y²' },
          { name: 'gain', unit: '1', better: 'higher', description: '3 − (x − 0.8)² − y²' },
        ],
        run: ({ seed, fidelity }) => {
          const blur = (noise * stream(seed, 'blur', `${x} ${y} ${fidelity}`).normal()) / Math.sqrt(fidelity);
          return {
            kind: 'measured',
            metrics: {
              cost: (1 + (x - 0.2) ** 2 + y * y + blur) * fidelity ** 0.5,
              gain: (3 - (x - 0.8) ** 2 - y * y + blur) * fidelity ** 0.1,
            },
          };
        },
      };
    },
  };
}

const isStop = (entry: JournalEntry): boolean => entry.kind === 'trial-finished' && entry.outcome.kind === 'stopped';

describe('a study that screens', () => {
  const simulator = horizonSimulator(0.002);

  test('stops hopeless vectors after the short run, and leaves the front of the same trials as it is', async () => {
    const plan = await planOf({ study: SCREENING }, simulator);
    const full = await planOf({ study: SCREENING.replace(KEY, '') }, simulator);
    const fidelities: number[] = [];
    const watched: Evaluate = (values, seeds, options = {}) => {
      fidelities.push(...seeds.map(() => options.fidelity ?? 1));
      return inlineEvaluator(plan, simulator)(values, seeds, options);
    };
    const { trials } = replay(await journalOf(plan, watched));
    const fixed = replay(await journalOf(full, inlineEvaluator(full, simulator)));
    const stopped = trials.filter(({ outcome }) => outcome?.kind === 'stopped');
    expect(stopped.length).toBeGreaterThan(8);
    for (const { outcome } of stopped) expect(outcome).toMatchObject({ replicates: [], short: [{ seed: 1 }] });
    expect(fidelities.filter((share) => share === 0.2)).toHaveLength(40);
    expect(fidelities.filter((share) => share === 1)).toHaveLength(3 * (40 - stopped.length));
    expect(paretoFront(plan, trials).map(({ number }) => number)).toEqual(
      paretoFront(full, fixed.trials).map(({ number }) => number),
    );
  });

  test('with racing as well, the journal depends neither on timing nor on where a run was cut', async () => {
    const study = `${SCREENING}racing: {}\n`.replace('batch: 2', 'batch: 4');
    const noisy = horizonSimulator(0.01);
    const plan = await planOf({ study }, noisy);
    const whole = await journalOf(plan, inlineEvaluator(plan, noisy));
    const rules = whole.flatMap((entry) =>
      entry.kind === 'trial-finished' && entry.outcome.kind === 'stopped' ? [entry.outcome.verdict.rule] : [],
    );
    expect(new Set(rules)).toEqual(new Set(['racing-front', 'screening']));
    let call = 0;
    const jittered = inlineEvaluator(plan, noisy, () => (call++ % 3 === 0 ? 3 : 0));
    expect(journalText(await journalOf(plan, jittered))).toBe(journalText(whole));
    for (let cut = 1; cut < whole.length; cut += 7) {
      const resumed = await journalOf(plan, inlineEvaluator(plan, noisy), whole.slice(0, cut));
      expect(journalText(resumed), `cut after ${cut} entries`).toBe(journalText(whole));
    }
  });

  test('a changed short result and a changed decision are found', async () => {
    const plan = await planOf({ study: SCREENING }, simulator);
    const evaluate = inlineEvaluator(plan, simulator);
    const entries = await journalOf(plan, evaluate);
    const verify = (tampered: readonly JournalEntry[]) =>
      verifyJournal(
        { plan, sampler: createSampler('sobol'), evaluate, started: started(plan) },
        tampered,
        () => undefined,
      );
    expect(await verify(entries)).toBeNull();
    const at = entries.findIndex(isStop);
    const entry = entries[at] as Extract<JournalEntry, { kind: 'trial-finished' }>;
    if (entry.outcome.kind !== 'stopped') throw new Error('not stopped');
    const { outcome } = entry;
    const other = { ...outcome, short: [replicate(1, 0.5, 0.5)] };
    expect(await verify(entries.with(at, { ...entry, outcome: other }))).toMatchObject({ line: at + 1 });
    const figures = outcome.verdict.figures.map((figure) => ({ ...figure, correlation: 0.99 }));
    const rule = { ...outcome, verdict: { ...outcome.verdict, figures } };
    expect(await verify(entries.with(at, { ...entry, outcome: rule }))).toMatchObject({
      line: at + 1,
      key: 'outcome.verdict.figures.0.correlation',
    });
  });
});

test('the sampler is told the expected long result of a screened trial, not the short one', async () => {
  const plan = await planOf({ study: SCREENING });
  const screened: Trial = {
    ...pair(10, 11, 11, 0),
    outcome: {
      kind: 'stopped',
      replicates: [],
      short: shortOf(11, 11),
      verdict: { rule: 'screening', by: 0, chance: 0, figures: [] },
    },
  };
  const told = (scatter: number) => toObservations(plan, [...pairs(scatter), screened]).at(-1)!;
  expect(told(0).losses![0]).toBeCloseTo(11, 6);
  expect(told(0).losses![1]).toBeCloseTo(-11, 6);
  expect(told(0.2).lossVariances[0]!).toBeGreaterThan(4 * told(0.02).lossVariances[0]!);
});

describe('settings', () => {
  const settings = (line: string, workload: string | null = null) =>
    planOf({ study: `${STUDY}${line}\n`, workload }).then(({ screening }) => screening);

  test('a number of requests becomes a share that backends round to it', async () => {
    for (const [requests, total] of [
      [1, 7],
      [800, 4000],
      [333, 1000],
      [999, 1000],
    ] as const) {
      const { fraction } = (await settings(`screening: {requests: ${requests}}`, `num_requests: ${total}`))!;
      expect(Math.ceil(total * fraction)).toBe(requests);
      expect(Math.round(total * fraction)).toBe(requests);
    }
  });

  test('absent, nothing of it is in the plan', async () => {
    expect(await planOf()).not.toHaveProperty('screening');
  });

  test.each([
    ['screening: {}', null, /^study\.yaml:13:\d+ screening: needs either `requests` or `fraction`; say how short/],
    ['screening: {fraction: 0.2, requests: 5}', null, /screening: needs either `requests` or `fraction`/],
    ['screening: {fraction: 1}', null, /^study\.yaml:13:\d+ screening\.fraction: must be < 1, got 1/],
    [
      'screening: {fractoin: 0.2}',
      null,
      /^study\.yaml:13:\d+ screening\.fractoin: unknown key "fractoin"; did you mean "fraction"\?/,
    ],
    [
      'screening: {fraction: 0.2, seeds: 4}',
      null,
      /^study\.yaml:13:\d+ screening\.seeds: must be ≤ 3, the number of seeds, got 4/,
    ],
    [
      'screening: {requests: 10}',
      null,
      /^study\.yaml:13:\d+ screening\.requests: cannot be read as a share: the workload has no `num_requests`; say `fraction: 0\.2` instead/,
    ],
    [
      'screening: {requests: 10}',
      'num_requests: 10',
      /^study\.yaml:13:\d+ screening\.requests: must be < 10, the requests of the workload, got 10/,
    ],
  ] as const)('%s gives file, line, key and rule', async (line, workload, expected) => {
    const error = await settings(line, workload).then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InputError);
    expect(describeInputError(error as InputError)).toMatch(expected);
  });

  test('a backend that ignores horizons is refused', async () => {
    const simulator: Simulator = { ...horizonSimulator(0), name: 'whole', shortHorizons: false };
    await expect(planOf({ study: SCREENING }, simulator)).rejects.toThrow(/simulator "whole" has no short horizons/);
  });
});
