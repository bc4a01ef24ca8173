import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { appendLedger } from '../../src/report/write-experiment.ts';

const folder = mkdtempSync(join(tmpdir(), 'paretune-ledger-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const row = (experiment: string, verdict: string): string => JSON.stringify({ experiment, verdict });
const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n');

test('rows are only ever added, and a repeated result of an experiment is one row', () => {
  const file = join(folder, 'deep', 'ledger.jsonl');
  const verdicts = ['confirmed', 'confirmed', 'refuted', 'confirmed'];
  let before = '';
  for (const verdict of verdicts) {
    appendLedger(file, row('a', verdict), 'a');
    appendLedger(file, row('b', 'refuted'), 'b');
    const after = readFileSync(file, 'utf8');
    expect(after.startsWith(before)).toBe(true);
    before = after;
  }
  expect(lines(file)).toEqual([
    row('a', 'confirmed'),
    row('b', 'refuted'),
    row('a', 'refuted'),
    row('a', 'confirmed'),
    '',
  ]);
});

test('a row torn by a kill at any byte costs that row alone', () => {
  const file = join(folder, 'torn.jsonl');
  const first = `${row('a', 'confirmed')}\n`;
  const second = `${row('b', 'refuted')}\n`;
  for (let kept = first.length; kept <= first.length + second.length; kept++) {
    writeFileSync(file, first + second);
    truncateSync(file, kept);
    appendLedger(file, row('c', 'partially'), 'c');
    const all = lines(file);
    expect(all[0]).toBe(row('a', 'confirmed'));
    expect(all.at(-2)).toBe(row('c', 'partially'));
    expect(readFileSync(file, 'utf8').startsWith((first + second).slice(0, kept))).toBe(true);
  }
});
