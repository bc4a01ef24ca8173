import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runStudy } from '../../../src/library/run-study.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import { documentSources } from '../../../src/study/io/document-sources.ts';
import { readStarted } from '../../../src/study/io/plan-file.ts';
import { openRecorded, planOf } from '../../../src/study/io/study-session.ts';
import { recordedOutcomes } from '../../../src/study/recorded-outcomes.ts';
import { isTimeUp } from '../../../src/study/time-budget.ts';
import { type Difference, verifyJournal } from '../../../src/study/verify.ts';

const folder = mkdtempSync(join(tmpdir(), 'time-budget-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const documents = (budget: Record<string, number>) => ({
  study: { name: 'timed', objectives: [{ metric: 'loss' }], seeds: [1], batch: 1, budget, sampler: 'sobol' },
  strategy: {
    name: 'timed',
    simulator: 'command',
    config: {
      command: ['/bin/sh', '-c', 'sleep 0.2; echo "{\\"loss\\": $0}"', '${x}'],
      metrics: { loss: { unit: '1', better: 'lower' } },
    },
    parameters: [{ name: 'x', type: 'real', low: 1, high: 9 }],
  },
});

async function differenceIn(out: string): Promise<Difference | null> {
  const { plan, entries } = await openRecorded(out);
  const sampler = createSampler('sobol');
  const run = { plan, sampler, evaluate: recordedOutcomes(plan, entries), started: readStarted(out) };
  return await verifyJournal(run, entries, () => undefined);
}

test('a batch is begun only where its mean cost so far fits into what is left', () => {
  const plan = { minutes: 10, batch: 2 };
  const minute = 60_000;
  expect(isTimeUp(plan, 0, 11 * minute)).toBe(false);
  expect(isTimeUp(plan, 4, 6.6 * minute)).toBe(false);
  expect(isTimeUp(plan, 4, 6.7 * minute)).toBe(true);
  expect(isTimeUp({ batch: 2 }, 4, 1e12)).toBe(false);
});

test('a study of minutes ends when they are used, and its record can be verified', async () => {
  const out = join(folder, 'run');
  const { entries } = await runStudy(documents({ minutes: 0.03 }), { out });
  expect(entries.at(-1)).toEqual({
    kind: 'study-ended',
    reason: 'time used: 0.03 minutes leave no room for another batch',
  });
  const trials = entries.filter(({ kind }) => kind === 'trial-finished').length;
  expect(trials).toBeGreaterThan(0);
  expect(trials).toBeLessThan(10);
  expect(await differenceIn(out)).toBeNull();
  expect(readFileSync(join(out, 'timings.jsonl'), 'utf8').trim().split('\n')).toHaveLength(trials);
});

test('a study that used its trials before its minutes says so, and its record can be verified', async () => {
  const out = join(folder, 'trials');
  const { entries } = await runStudy(documents({ trials: 2, minutes: 5 }), { out });
  expect(entries.at(-1)).toEqual({ kind: 'study-ended', reason: 'budget used' });
  expect(await differenceIn(out)).toBeNull();
});

test('a budget names trials, minutes, or both', async () => {
  expect(() => documentSources(documents({}))).toThrow('is required but missing');
  expect(await planOf(documentSources(documents({ trials: 4, minutes: 2 })))).toMatchObject({ trials: 4, minutes: 2 });
});
