import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FORMATS, schemaDocument } from '../../src/cli/study/schema-table.ts';
import { schemaRows } from '../../src/document/schema-page.ts';
import * as words from '../../src/study/plan/study-words.ts';
import { referencePages } from './pages.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

it('the pages of the reference say what the program reads (else `npm run reference`)', async () => {
  for (const [name, text] of Object.entries(await referencePages())) {
    expect(readFileSync(`${ROOT}docs/reference/${name}`, 'utf8'), name).toBe(text);
  }
});

it.each([
  ['study', words.STUDY_WORDS],
  ['experiment', words.EXPERIMENT_WORDS],
  ['strategy', words.STRATEGY_WORDS],
  ['space', words.SPACE_WORDS],
])('%s: words explain keys that there are, and every key at the top', async (name, told) => {
  const rows = schemaRows(await schemaDocument(name));
  const paths = new Set(rows.map(({ path }) => path));
  // A part that is the same as another is shown once.
  const twins = rows.filter(({ value }) => value.startsWith('as `')).map(({ path }) => `${path}.`);
  const shown = Object.keys(told).filter((path) => !twins.some((twin) => path.startsWith(twin)));
  expect(shown.filter((path) => !paths.has(path))).toEqual([]);
  const top = rows.filter(({ path }) => !/[.[]/.test(path));
  expect(top.filter(({ description }) => description === '').map(({ path }) => path)).toEqual([]);
});

it('every format has its section', async () => {
  const { 'files.md': page } = await referencePages();
  for (const name of Object.keys(FORMATS)) expect(page).toMatch(new RegExp(`\\n## ${name}\\n[\\s\\S]*?\\n\\| \``));
});
