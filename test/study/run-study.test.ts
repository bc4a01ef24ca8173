import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../src/document/yaml.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { entryText, type JournalEntry, replay } from '../../src/study/journal.ts';
import type { PlanSources } from '../../src/study/plan/plan-sources.ts';
import { resolvePlan, type StudyPlan } from '../../src/study/plan/study-plan.ts';
import { verifyJournal } from '../../src/study/verify.ts';
import { analyticSimulator } from '../support/analytic-simulator.ts';
import { inlineEvaluator, planOf, STUDY, sourcesOf } from '../support/plan-builder.ts';
import { journalOf, journalText, started } from '../support/study-journal.ts';

describe('runStudy', () => {
  test('proposes the budget, finishes every trial and says why it ended', async () => {
    const plan = await planOf();
    const entries = await journalOf(plan, inlineEvaluator(plan));
    const state = replay(entries);
    expect(state.trials).toHaveLength(9);
    expect(state.trials.every(({ outcome }) => outcome?.kind === 'observed')).toBe(true);
    expect(state.trials[0]).toMatchObject({ origin: 'baseline', values: { x: 0.5, y: 0.5 } });
    expect(state.ended).toBe('budget used');
  });

  test('the journal does not depend on the order in which evaluations end', async () => {
    const plan = await planOf();
    const reference = journalText(await journalOf(plan, inlineEvaluator(plan)));
    let call = 0;
    const jittered = inlineEvaluator(plan, analyticSimulator(), () => (call++ % 2 === 0 ? 6 : 0));
    expect(journalText(await journalOf(plan, jittered))).toBe(reference);
  });

  test('a run cut after any entry and resumed ends in the same journal', async () => {
    const plan = await planOf({ study: `${STUDY}validation: {seeds: [11, 12], points: 2}\n` });
    const whole = await journalOf(plan, inlineEvaluator(plan));
    for (let cut = 1; cut < whole.length; cut++) {
      const resumed = await journalOf(plan, inlineEvaluator(plan), whole.slice(0, cut));
      expect(journalText(resumed), `cut after ${cut} entries`).toBe(journalText(whole));
    }
  });

  test('points to try first follow the baseline, and later proposals wait for both', async () => {
    const plan = await planOf({ study: `${STUDY}first: [{x: 0.1, y: 0.2}]\n` });
    const { trials } = replay(await journalOf(plan, inlineEvaluator(plan)));
    expect(trials[1]).toMatchObject({ origin: 'first', values: { x: 0.1, y: 0.2 } });
    expect(trials[2]).toMatchObject({ origin: 'sampler', seen: 2 });
  });

  test('validation measures the baseline and the short list on fresh seeds only', async () => {
    const plan = await planOf({ study: `${STUDY}validation: {seeds: [11, 12], points: 2}\n` });
    const { trials } = replay(await journalOf(plan, inlineEvaluator(plan)));
    const validated = trials.filter(({ validation }) => validation !== null);
    expect(validated).toHaveLength(3);
    expect(validated[0]!.origin).toBe('baseline');
    for (const { validation } of validated) {
      expect(validation).toMatchObject({ kind: 'observed', replicates: [{ seed: 11 }, { seed: 12 }] });
    }
  });

  test('an impossible configuration is an outcome, and the study goes on', async () => {
    const simulator = analyticSimulator();
    const plan = await planOf(
      {
        strategy:
          'name: toy\nsimulator: analytic\nconfig: {x: "${x}", y: "${y}", wall: 0.6}\nbaseline: {x: 0.5, y: 0.5}\n',
      },
      simulator,
    );
    const { trials } = replay(await journalOf(plan, inlineEvaluator(plan, simulator)));
    const kinds = trials.map(({ outcome }) => outcome!.kind);
    expect(kinds).toContain('infeasible');
    expect(kinds).toContain('observed');
    for (const { values, outcome } of trials)
      expect(outcome!.kind === 'infeasible').toBe((values['x'] as number) > 0.6);
  });
});

describe('budget', () => {
  test('the stopping rule ends a search that gains nothing, and says why', async () => {
    const study = STUDY.replace('trials: 9', 'trials: 200').replace('sampler: sobol', 'sampler: random');
    const plan = await planOf({ study: `${study}stop: {patience: 6, tolerance: 0.05}\n` });
    const state = replay(await journalOf(plan, inlineEvaluator(plan)));
    expect(state.trials.length).toBeLessThan(200);
    expect(state.ended).toMatch(/^the last 6 evaluations brought .* less than 5 %/);
  });

  test('earlier points inform the sampler and cost no budget', async () => {
    const points = [0.1, 0.3, 0.5, 0.7, 0.9].flatMap((x) =>
      [0, 0.2, 0.4].map((y) => ({
        values: { x, y },
        metrics: { cost: (x - 0.2) ** 2 + y * y, gain: 1 - (x - 0.8) ** 2 - y * y },
      })),
    );
    const study = STUDY.replace('sampler: sobol', 'sampler: gp');
    const earlier = parseYaml(JSON.stringify(points), 'earlier.json');
    const resolve = (sources: PlanSources) => resolvePlan(sources, async () => analyticSimulator());
    const warm = await resolve({ ...sourcesOf({ study }), earlier });
    const cold = await resolve(sourcesOf({ study }));
    expect(warm.hash).not.toBe(cold.hash);
    const distance = async (plan: StudyPlan): Promise<number> => {
      const { trials } = replay(await journalOf(plan, inlineEvaluator(plan)));
      expect(trials).toHaveLength(9);
      const proposed = trials.filter(({ origin }) => origin === 'sampler');
      return proposed.reduce((sum, { values }) => sum + (values['y'] as number), 0) / proposed.length;
    };
    expect(await distance(warm)).toBeLessThan(await distance(cold));
  });
});

describe('verifyJournal', () => {
  test('an untouched journal is identical', async () => {
    const plan = await planOf();
    const entries = await journalOf(plan, inlineEvaluator(plan));
    expect(
      await verifyJournal(
        { plan, sampler: createSampler('sobol'), evaluate: inlineEvaluator(plan), started: started(plan) },
        entries,
        () => undefined,
      ),
    ).toBeNull();
  });

  test('a changed digit anywhere is found, with its line', async () => {
    const plan = await planOf();
    const entries = await journalOf(plan, inlineEvaluator(plan));
    const lines = entries.map(entryText);
    const spots = lines.flatMap((line, index) =>
      [...line.matchAll(/\d/g)].map((match) => [index, match.index] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(spots.length - 1), fc.integer({ min: 1, max: 9 }), async (pick, shift) => {
        const [index, offset] = spots[pick]!;
        const line = lines[index]!;
        const changed = `${line.slice(0, offset)}${(Number(line[offset]) + shift) % 10}${line.slice(offset + 1)}`;
        const tampered = entries.with(index, JSON.parse(changed) as JournalEntry);
        if (JSON.stringify(tampered[index]) === line) return;
        const found = await verifyJournal(
          { plan, sampler: createSampler('sobol'), evaluate: inlineEvaluator(plan), started: started(plan) },
          tampered,
          () => undefined,
        );
        expect(found?.line).toBe(index + 1);
      }),
      { numRuns: 40 },
    );
  });
});
