import { describe, expect, test } from 'vitest';
import { pointKey } from '../../src/optimizer/space/search-space.ts';
import { buildReport } from '../../src/report/build-report.ts';
import { type ExtensionWish, extendedSources } from '../../src/study/io/extend-run.ts';
import { replay } from '../../src/study/journal.ts';
import { describePlan } from '../../src/study/plan/describe-plan.ts';
import { resolvePlan } from '../../src/study/plan/study-plan.ts';
import { analyticSimulator } from '../support/analytic-simulator.ts';
import { inlineEvaluator, planOf, STUDY, sourcesOf } from '../support/plan-builder.ts';
import { journalOf } from '../support/study-journal.ts';

/** Five points: x ≥ y on a grid of halves without (1, 0); the baseline (0.5, 0.5) is one of them. */
const SPACE = `
parameters:
  - {name: x, type: float, low: 0, high: 1, step: 0.5}
  - {name: y, type: float, low: 0, high: 1, step: 0.5}
parameter_constraints: [x >= y]
forbidden: [{x: 1, y: 0}]
`;

async function finished(study: string, space = SPACE) {
  const plan = await planOf({ study, space });
  const entries = await journalOf(plan, inlineEvaluator(plan));
  const state = replay(entries);
  return { plan, entries, state, report: buildReport(plan, state, 'test') };
}

describe('a study whose budget is larger than its space', () => {
  test.each(['grid', 'random', 'sobol', 'gp'])('%s measures every point once, ends and says so', async (sampler) => {
    const { plan, state, report } = await finished(STUDY.replace('sobol', sampler));
    expect(state.trials).toHaveLength(5);
    expect(new Set(state.trials.map(({ values }) => pointKey(values))).size).toBe(5);
    expect(state.ended).toBe('search space used up: all 5 points measured, 5 of 9 trials');
    expect(report.notes).toContain('Ended: search space used up: all 5 points measured, 5 of 9 trials.');
    expect(describePlan(plan)).toContain('the space has 5 points: it is used up before the budget of 9 trials');
  });

  test('may spend the rest on further seeds, those of the validation left out', async () => {
    const study = STUDY.replace('{trials: 9}', '{trials: 9, spare: further_seeds}');
    const { plan, state, report } = await finished(`${study}validation: {seeds: [4, 6]}\n`);
    // 9 trials × 3 seeds are 27 simulations: 5 for each of 5 points.
    expect(plan.seeds).toEqual([1, 2, 3, 7, 8]);
    expect(state.trials.map(({ outcome }) => outcome!.kind === 'observed' && outcome!.replicates.length)).toEqual(
      Array(5).fill(5),
    );
    expect(state.ended).toBe('budget used');
    expect(report.notes).toContain(
      'The space has 5 points: the rest of the budget of 9 trials goes into further seeds (7, 8).',
    );
  });

  describe('and goes on from a run that spent the rest on further seeds', () => {
    const study = STUDY.replace('{trials: 9}', '{trials: 9, spare: further_seeds}');
    const seedsOf = async (wish: ExtensionWish, changed: string | null = null): Promise<readonly number[]> => {
      const { plan, entries, state } = await finished(study);
      const recorded = { sources: sourcesOf({ study, space: SPACE }), plan, entries, state, torn: false };
      expect(plan.seeds).toEqual([1, 2, 3, 4, 5]);
      const file = changed === null ? null : sourcesOf({ study: changed, space: SPACE });
      const sources = extendedSources(recorded, 'runs/a', { wish, study: file, into: 'runs/b' });
      return (await resolvePlan(sources, async () => analyticSimulator())).seeds;
    };

    test('adds the seeds that are asked for, and no more', async () => {
      expect(await seedsOf({ furtherSeeds: [9] })).toEqual([1, 2, 3, 4, 5, 9]);
      expect(await seedsOf({ furtherSeeds: [5, 6] })).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test('adds what a larger budget has room for', async () => {
      // 12 trials × 3 seeds are 36 simulations: 7 for each of 5 points.
      expect(await seedsOf({ furtherSeeds: [], trials: 12 })).toEqual([1, 2, 3, 4, 5, 6, 7]);
      expect((await seedsOf({ furtherSeeds: [9], trials: 12 })).toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 9]);
    });

    test('keeps its further seeds where the study file was changed', async () => {
      const changed = study.replace('name: ', 'name: again-');
      expect((await seedsOf({ furtherSeeds: [9] }, changed)).toSorted()).toEqual([1, 2, 3, 4, 5, 9]);
    });
  });

  test('counts a baseline outside the space as one more vector', async () => {
    const study = `${STUDY.replace('{trials: 9}', '{trials: 6, spare: further_seeds}')}baseline: {x: 0.3, y: 0}\n`;
    const { plan, state } = await finished(study);
    expect([plan.spare, plan.seeds]).toEqual([undefined, [1, 2, 3]]);
    expect(state.trials).toHaveLength(6);
    const roomy = await planOf({ study: study.replace('trials: 6', 'trials: 12'), space: SPACE });
    expect([roomy.trials, roomy.seeds]).toEqual([6, [1, 2, 3, 4, 5, 6]]);
  });

  test('does not measure the baseline again where it is also to be tried first', async () => {
    const { state } = await finished(`${STUDY}first: [{x: 0.5, y: 0.5}, {x: 0, y: 0}, {x: 0, y: 0}]\n`);
    expect(state.trials.map(({ origin }) => origin)).toEqual(['baseline', 'first', 'sampler', 'sampler', 'sampler']);
  });

  test('a grid over reals ends with its last point', async () => {
    const space = 'parameters: {x: [0, 1], y: [0, 1]}\n';
    const { state } = await finished(STUDY.replace('sobol', 'grid').replace('trials: 9', 'trials: 8'), space);
    expect(state.ended).toBe('all points of the grid measured, 5 of 8 trials');
  });

  test('a space that no budget uses up says nothing', async () => {
    const { plan, report } = await finished(STUDY, 'parameters: {x: [0, 1], y: [0, 1]}\n');
    expect([plan.spare, report.notes]).toEqual([undefined, []]);
  });
});
