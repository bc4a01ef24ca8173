import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeProblem, InputError } from '../../../src/base/errors.ts';
import { JournalFile, readJournal } from '../../../src/study/io/journal-file.ts';
import { readPlanFile } from '../../../src/study/io/plan-file.ts';
import { createRunFolder } from '../../../src/study/io/run-folder.ts';
import { readRecorded, startedEntry } from '../../../src/study/io/study-session.ts';
import { makeFolder } from '../../../src/study/io/text-file.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { JOURNALS } from '../../support/recorded-run.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const OLD = join(JOURNALS, 'kvsched');
let whole: Buffer;
let plan: Buffer;

/** The run of a fixture as it is recorded today. */
beforeAll(async () => {
  const old = await readRecorded(OLD);
  createRunFolder(at('run'), old.sources, old.plan, startedEntry(old.plan));
  const journal = new JournalFile(at('run'));
  for (const entry of old.entries.slice(1)) journal.append(entry);
  journal.close();
  whole = readFileSync(at('run', 'journal.jsonl'));
  plan = readFileSync(at('run', 'plan.json'));
});

function refusal(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeProblem(error).replaceAll(`${folder}/`, '');
    throw error;
  }
  return 'nothing refused';
}

function readingWith(journal: Buffer | string): string {
  writeFileSync(at('run', 'journal.jsonl'), journal);
  return refusal(() => readJournal(at('run')));
}

const flipped = (bytes: Buffer, bit: number): Buffer => {
  const changed = Buffer.from(bytes);
  changed[bit >> 3]! ^= 1 << (bit & 7);
  return changed;
};

describe('a journal', () => {
  test('reads back as the entries that were appended', async () => {
    writeFileSync(at('run', 'journal.jsonl'), whole);
    const { entries, torn } = readJournal(at('run'));
    const old = (await readRecorded(OLD)).entries;
    expect(entries.slice(1)).toEqual(old.slice(1));
    expect([entries.length, torn]).toEqual([old.length, false]);
    expect(await readRecorded(at('run'))).toMatchObject({ torn: false });
  });

  test('with any bit flipped is refused by line', () => {
    const lineOf = (bit: number) => whole.subarray(0, bit >> 3).filter((byte) => byte === 0x0a).length + 1;
    fc.assert(
      fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
        expect(readingWith(flipped(whole, bit))).toMatch(new RegExp(`^run/journal\\.jsonl:${lineOf(bit)}\\b`));
      }),
      { numRuns: 120 },
    );
  });

  const lines = (): string[] => whole.toString().trimEnd().split('\n');
  test.each<[string, number, () => string[]]>([
    ['a line removed', 4, () => lines().toSpliced(3, 1)],
    ['a line doubled', 5, () => lines().toSpliced(3, 0, lines()[3]!)],
    ['two lines swapped', 4, () => lines().with(3, lines()[4]!).with(4, lines()[3]!)],
    ['its first line removed', 1, () => lines().slice(1)],
    ['its first line doubled', 2, () => lines().toSpliced(0, 0, lines()[0]!)],
    ['a line without its checksum', 6, () => lines().with(5, lines()[5]!.replace(/,"sum":"\w+"/, ''))],
    [
      'the format of its first line set back',
      1,
      () => lines().with(0, lines()[0]!.replace('"format":2', '"format":1')),
    ],
    [
      'a line of another journal',
      7,
      () => lines().with(6, readFileSync(join(OLD, 'journal.jsonl'), 'utf8').split('\n')[6]!),
    ],
  ])('with %s is refused by line', (_, line, changed) => {
    expect(readingWith(`${changed().join('\n')}\n`)).toMatch(new RegExp(`^run/journal\\.jsonl:${line}\\b`));
  });

  test('cut after any byte of its last lines reads as the complete lines before', () => {
    const last = whole.lastIndexOf(0x0a, whole.length - 2);
    const start = whole.lastIndexOf(0x0a, last - 1) + 1;
    const cuts = new Set([start, start + 1, last, last + 1, last + 2, whole.length - 1]);
    for (let cut = start; cut < whole.length; cut += 97) cuts.add(cut);
    for (const cut of cuts) {
      writeFileSync(at('run', 'journal.jsonl'), whole.subarray(0, cut));
      const { entries, torn } = readJournal(at('run'));
      expect([entries.length, torn]).toEqual([
        lines().length - (cut > last ? 1 : 2),
        cut !== start && cut !== last + 1,
      ]);
    }
  });

  test('that is empty is refused, as is one without a complete line where trials are asked for', async () => {
    expect(readingWith('')).toMatch(/^run\/journal\.jsonl:1: is empty/);
    rmSync(at('run', 'journal.jsonl'));
    await expect(readRecorded(at('run'))).rejects.toThrow('no trial was recorded here yet');
    writeFileSync(at('run', 'journal.jsonl'), whole.subarray(0, 20));
    await expect(readRecorded(at('run'))).rejects.toThrow('no trial was recorded here yet');
  });

  test('of another plan is refused', async () => {
    writeFileSync(at('run', 'journal.jsonl'), readFileSync(join(OLD, 'journal.jsonl')));
    await expect(readRecorded(at('run'))).rejects.toThrow('the journal belongs to another plan');
  });

  test('goes on in the format it was begun in', () => {
    cpSync(OLD, at('old'), { recursive: true });
    const before = readFileSync(at('old', 'journal.jsonl'), 'utf8').trimEnd().split('\n');
    writeFileSync(at('old', 'journal.jsonl'), `${before.slice(0, -1).join('\n')}\n{"kind":"tri`);
    const journal = new JournalFile(at('old'));
    expect(journal.content.torn).toBe(true);
    journal.append(JSON.parse(before.at(-1)!));
    journal.close();
    expect(readFileSync(at('old', 'journal.jsonl'), 'utf8')).toBe(`${before.join('\n')}\n`);
  });

  test('is not written through a symbolic link, nor into a file that has gone', () => {
    writeFileSync(at('target'), whole);
    rmSync(at('run', 'journal.jsonl'));
    symlinkSync(at('target'), at('run', 'journal.jsonl'));
    expect(refusal(() => new JournalFile(at('run')))).toMatch(/^run\/journal\.jsonl: .*symbolic links/);
    rmSync(at('run', 'journal.jsonl'));
    writeFileSync(at('run', 'journal.jsonl'), whole.subarray(0, whole.indexOf(0x0a) + 1));
    const journal = new JournalFile(at('run'));
    rmSync(at('run', 'journal.jsonl'));
    expect(refusal(() => journal.append(JSON.parse(lines()[1]!)))).toMatch(/was removed or replaced/);
    journal.close();
    expect(readFileSync(at('target'))).toEqual(whole);
  });

  test('that is a folder is refused', () => {
    rmSync(at('run', 'journal.jsonl'), { force: true });
    mkdirSync(at('run', 'journal.jsonl'));
    expect(refusal(() => readJournal(at('run')))).toBe('run/journal.jsonl: is a folder, a file is needed');
    rmSync(at('run', 'journal.jsonl'), { recursive: true });
  });
});

describe('a plan', () => {
  test('with any bit flipped is refused', () => {
    fc.assert(
      fc.property(fc.nat(plan.length * 8 - 1), (bit) => {
        writeFileSync(at('run', 'plan.json'), flipped(plan, bit));
        expect(refusal(() => readPlanFile(at('run')))).toMatch(/^run\/plan\.json\b/);
      }),
      { numRuns: 80 },
    );
    writeFileSync(at('run', 'plan.json'), plan);
  });

  test.each([
    ['a list', '[]'],
    ['a number for its documents', '{"format": 1, "hash": "", "documents": 5}'],
    ['nothing', ''],
  ])('that holds %s is refused', (_, text) => {
    mkdirSync(at('bad'), { recursive: true });
    writeFileSync(at('bad', 'plan.json'), text);
    expect(refusal(() => readPlanFile(at('bad')))).toMatch(/^bad\/plan\.json/);
  });
});

describe('a new run', () => {
  test.each(['report.html', 'trials.csv', 'timings.jsonl', 'plan.json'])('does not overwrite %s', async (name) => {
    const { sources, plan: resolved } = await readRecorded(OLD);
    mkdirSync(at('mine'), { recursive: true });
    appendFileSync(at('mine', name), 'mine');
    expect(refusal(() => createRunFolder(at('mine'), sources, resolved, startedEntry(resolved)))).toMatch(
      new RegExp(`^mine/${name}: is in the way`),
    );
    expect(readFileSync(at('mine', name), 'utf8')).toBe('mine');
    rmSync(at('mine'), { recursive: true });
  });

  test('starts where one was killed before its first line', async () => {
    const { sources, plan: resolved } = await readRecorded(OLD);
    const start = () => createRunFolder(at('early'), sources, resolved, startedEntry(resolved));
    start();
    expect(refusal(start)).toMatch(/^early: already holds a run/);
    rmSync(at('early', 'journal.jsonl'));
    expect(start()).toEqual(startedEntry(resolved));
  });
});

test.skipIf(process.platform !== 'linux')('a folder below /proc is refused, at once', () => {
  expect(refusal(() => makeFolder('/proc/paretune/runs'))).toMatch(/^\/proc\/paretune\/runs: cannot be written \(E/);
});
