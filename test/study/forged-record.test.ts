import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import { readJournal } from '../../src/study/io/journal-file.ts';
import { entryText, type JournalEntry } from '../../src/study/journal.ts';
import type { StudyPlan } from '../../src/study/plan/study-plan.ts';
import { verifyJournal } from '../../src/study/verify.ts';
import { verifyOutcomes } from '../../src/study/verify-outcomes.ts';
import { temporaryFolder } from '../support/command-line.ts';
import { inlineEvaluator, planOf, STUDY } from '../support/plan-builder.ts';
import { chainedText, journalOf } from '../support/study-journal.ts';

const folder = temporaryFolder();
let plan: StudyPlan;
let entries: readonly JournalEntry[];

beforeAll(async () => {
  plan = await planOf({ study: `${STUDY}validation: {seeds: [11, 12], points: 2}\n` });
  const made = await journalOf(plan, inlineEvaluator(plan));
  entries = made.map((entry) => (entry.kind === 'study-started' ? { ...entry, format: 2 } : entry));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Entries as whoever writes them with all checksums made anew leaves them, read back. */
function recorded(forged: readonly JournalEntry[]): readonly JournalEntry[] {
  writeFileSync(join(folder, 'journal.jsonl'), chainedText(forged));
  return readJournal(folder).entries;
}

const verified = async (forged: readonly JournalEntry[]): Promise<number | undefined> => {
  const run = { plan, sampler: createSampler(plan.sampler), evaluate: inlineEvaluator(plan), started: entries[0]! };
  return (await verifyJournal(run, recorded(forged), () => undefined))?.line;
};

/** The entry of a line with its text changed. */
function changed(line: number, from: RegExp, to: string | ((found: string) => string)): readonly JournalEntry[] {
  const text = entryText(entries[line - 1]!).replace(from, (found) => (typeof to === 'string' ? to : to(found)));
  expect(text).not.toBe(entryText(entries[line - 1]!));
  return entries.with(line - 1, JSON.parse(text) as JournalEntry);
}

const lineOf = (kind: JournalEntry['kind'], nth = 0): number =>
  entries.flatMap((entry, index) => (entry.kind === kind ? [index + 1] : []))[nth]!;

/** The nearest other double. */
function nudged(text: string): string {
  const bits = new BigInt64Array(Float64Array.of(Number(text)).buffer);
  bits[0]! += 1n;
  return String(new Float64Array(bits.buffer)[0]);
}

test('a journal as it was recorded verifies', async () => {
  expect(await verified(entries)).toBeUndefined();
  expect(readFileSync(join(folder, 'journal.jsonl'), 'utf8')).toContain('"sum":"');
});

test.each<[string, () => readonly [number, readonly JournalEntry[]]]>([
  [
    'the last bit of an outcome',
    () => [lineOf('trial-finished', 4), changed(lineOf('trial-finished', 4), /(?<="cost":)[\d.e-]+/, nudged)],
  ],
  [
    'an outcome made infeasible',
    () => [
      lineOf('trial-finished'),
      changed(lineOf('trial-finished'), /"outcome":.*/, '"outcome":{"kind":"infeasible","reason":"no"}}'),
    ],
  ],
  [
    'a seed of an outcome',
    () => [lineOf('trial-finished'), changed(lineOf('trial-finished'), /"seed":1\b/, '"seed":9')],
  ],
  [
    'the last bit of a proposal',
    () => [lineOf('trial-proposed', 3), changed(lineOf('trial-proposed', 3), /(?<="x":)[\d.e-]+/, nudged)],
  ],
  [
    'an outcome on fresh seeds',
    () => [lineOf('trial-validated'), changed(lineOf('trial-validated'), /(?<="gain":)[\d.e-]+/, nudged)],
  ],
  [
    'the reason of the end',
    () => [lineOf('study-ended'), changed(lineOf('study-ended'), /budget used/, 'all is well')],
  ],
  [
    'an end before the budget is used',
    () => [lineOf('trial-validated'), [...entries.slice(0, lineOf('trial-validated') - 1), entries.at(-1)!]],
  ],
])('%s, changed with all checksums made anew, is found by recomputation', async (_, forged) => {
  const [line, journal] = forged();
  expect(await verified(journal)).toBe(line);
});

test('verification of outcomes alone finds a changed outcome too', async () => {
  const line = lineOf('trial-finished', 2);
  const journal = recorded(changed(line, /(?<="cost":)[\d.e-]+/, nudged));
  expect(await verifyOutcomes(plan, inlineEvaluator(plan), journal, () => undefined)).toMatchObject({ line });
});
