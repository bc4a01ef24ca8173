import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paretune, temporaryFolder } from './support/command-line.ts';
import { runBlocks, shellBlocks, writeProgram } from './support/page-commands.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Shell blocks of the tour, in order. */
const tour = shellBlocks(README, 'tour');

const folder = temporaryFolder();

beforeAll(async () => {
  for (const name of ['strategies', 'search-spaces', 'studies', 'package.json'])
    symlinkSync(join(ROOT, name), join(folder, name));
  writeProgram(join(folder, 'bin', 'npx'), (program) => `shift\nexec ${program} "$@"`);
  const { code } = await paretune(['run', 'studies/quickstart.yaml', '--out', 'runs/quickstart', '--quiet'], folder);
  expect(code).toBe(0);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README', () => {
  test('has a tour', () => expect(tour.length).toBeGreaterThan(4));

  test.each(tour.map((block, index) => [index + 1, block] as const))(
    'block %i of the tour runs',
    async (_, block) => {
      const { stdout } = await runBlocks([block], folder);
      expect(stdout.length).toBeGreaterThan(20);
    },
    120_000,
  );

  test('the study it shows is the quickstart', () => {
    const shown = /```yaml\n([\s\S]*?)```/.exec(README)![1]!.replace(/ +#.*$/gm, '');
    const quickstart = readFileSync(join(ROOT, 'studies/quickstart.yaml'), 'utf8');
    for (const line of shown.trim().split('\n')) expect(quickstart).toContain(line.trim());
  });

  test('files and pictures it names exist', () => {
    const names = [...README.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!);
    expect(names.length).toBeGreaterThan(2);
    expect(names.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });
});

describe('docs/reports.md', () => {
  const page = readFileSync(join(ROOT, 'docs/reports.md'), 'utf8');

  test('the example of going on and comparing runs, and prints what the page shows', async () => {
    const [block] = shellBlocks(page, 'extends');
    writeProgram(join(folder, 'bin', 'paretune'));
    const { stdout } = await runBlocks([block!], folder);
    const shown = /<!-- shows -->\n```text\n([\s\S]*?)```/.exec(page)![1]!;
    expect(shown.length).toBeGreaterThan(200);
    expect(stdout).toContain(shown);
  }, 240_000);
});
