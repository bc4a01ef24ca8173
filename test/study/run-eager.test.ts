import { describe, expect, test } from 'vitest';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { entryText, type JournalEntry, replay } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { proposeBatch, StudyPoints } from '../../src/study/propose.ts';
import type { Evaluate } from '../../src/study/trial.ts';
import { type Difference, verifyJournal } from '../../src/study/verify.ts';
import { inlineEvaluator, planOf, STUDY } from '../support/plan-builder.ts';
import { journalOf, started } from '../support/study-journal.ts';

const EAGER = `${STUDY.replace('batch: 2', 'batch: 3').replace('trials: 9', 'trials: 14')}schedule: eager\n`;

/** Evaluations end in an order of their own: `ms` says how late. */
function late(plan: StudyPlan, ms: (call: number) => number): Evaluate & { readonly most: () => number } {
  let call = 0;
  let running = 0;
  let most = 0;
  const inline = inlineEvaluator(plan);
  const evaluate: Evaluate = async (...task) => {
    running++;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, ms(call++)));
    running--;
    return await inline(...task);
  };
  return Object.assign(evaluate, { most: () => most });
}

const uneven = (call: number): number => [9, 1, 5, 2, 14, 1, 3][call % 7]!;

async function verified(plan: StudyPlan, entries: readonly JournalEntry[]): Promise<Difference | null> {
  const run = { plan, sampler: createSampler('sobol'), evaluate: inlineEvaluator(plan), started: started(plan) };
  return await verifyJournal(run, entries, () => undefined);
}

describe('an eager study', () => {
  test('keeps as many trials in flight as its batch, and finishes them as they end', async () => {
    const plan = await planOf({ study: EAGER });
    const evaluate = late(plan, uneven);
    const entries = await journalOf(plan, evaluate);
    const order = entries.flatMap((entry) => (entry.kind === 'trial-finished' ? [entry.trial] : []));
    expect(evaluate.most()).toBe(3);
    expect(order).not.toEqual(order.toSorted((a, b) => a - b));
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 14 }, (_, index) => index));
    expect(replay(entries).ended).toBe('budget used');
  });

  test('says of each proposal what it had seen, and proposes from that alone', async () => {
    const plan = await planOf({ study: EAGER });
    const entries = await journalOf(plan, late(plan, uneven));
    for (const [line, entry] of entries.entries()) {
      if (entry.kind !== 'trial-proposed' || entry.trial < 3) continue;
      const before = replay(entries.slice(0, line));
      const inFlight = before.trials.filter(({ outcome }) => outcome === null).map(({ number }) => number);
      const known = before.trials.slice(0, entry.seen + entry.pending!.length);
      expect(known.filter(({ number }) => !entry.pending!.includes(number))).toHaveLength(entry.seen);
      expect(inFlight).toEqual(expect.arrayContaining([...entry.pending!]));
      const group = { ...before, trials: before.trials.slice(0, entry.seen + entry.pending!.length) };
      const room = plan.batch - entry.pending!.length;
      const proposer = { plan, sampler: createSampler('sobol'), points: new StudyPoints(plan) };
      const proposed = proposeBatch(proposer, group, room);
      expect(proposed[entry.trial - group.trials.length]!.values).toEqual(entry.values);
    }
  });

  test('can be gone through again, to the last digit, whatever ended first', async () => {
    const plan = await planOf({ study: `${EAGER}validation: {seeds: [11], points: 2}\n` });
    for (const ms of [uneven, () => 0, (call: number) => 12 - (call % 12)]) {
      const entries = await journalOf(plan, late(plan, ms));
      expect(await verified(plan, entries)).toBeNull();
      expect(await verified(plan, entries.slice(0, 17))).toBeNull();
    }
    const entries = await journalOf(plan, late(plan, uneven));
    const changed = entries.map((entry) =>
      entry.kind === 'trial-proposed' && entry.trial === 9 ? { ...entry, seen: entry.seen - 1 } : entry,
    );
    expect(await verified(plan, changed)).toMatchObject({ key: 'seen' });
    const forged = entries.map((entry) =>
      entry.kind === 'trial-proposed' && entry.trial === 9 ? { ...entry, values: { x: 0.5, y: 0.25 } } : entry,
    );
    expect(await verified(plan, forged)).toMatchObject({ line: entries.findIndex(isNinth) + 1 });
  });

  test('goes on after any cut without losing what was in flight, and its journal can be verified', async () => {
    const plan = await planOf({ study: EAGER });
    const whole = await journalOf(plan, late(plan, uneven));
    for (let cut = 1; cut < whole.length; cut++) {
      const resumed = await journalOf(plan, late(plan, uneven), whole.slice(0, cut));
      expect(resumed.slice(0, cut).map(entryText)).toEqual(whole.slice(0, cut).map(entryText));
      expect(
        replay(resumed).trials.filter(({ outcome }) => outcome !== null),
        `cut after ${cut}`,
      ).toHaveLength(14);
      expect(await verified(plan, resumed), `cut after ${cut}`).toBeNull();
    }
  });

  test('of a finite space ends when it is used up', async () => {
    const space =
      'parameters:\n  - {name: x, type: categorical, choices: [0.25, 0.5]}\n  - {name: y, type: categorical, choices: [0.5, 1]}\n';
    const plan = await planOf({ study: EAGER.replace('sobol', 'grid'), space });
    const entries = await journalOf(plan, late(plan, uneven));
    expect(replay(entries).trials).toHaveLength(4);
    expect(replay(entries).ended).toMatch(/used up|all points/);
  });
});

const isNinth = (entry: JournalEntry): boolean => entry.kind === 'trial-proposed' && entry.trial === 9;
