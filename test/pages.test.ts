import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/command-line.ts';
import { runBlocks, shellBlocks, writeProgram } from './support/page-commands.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const page = (name: string): string => readFileSync(join(ROOT, `docs/${name}.md`), 'utf8');

it.each(['my-model', 'my-policy', 'from-optuna', 'from-blis'])(
  'what docs/%s.md shows runs in an empty folder',
  async (name) => {
    const folder = temporaryFolder();
    writeProgram(join(folder, 'bin', 'paretune'));
    writeProgram(join(folder, 'blis'), (program) => `exec ${program} blis "$@"`);
    // As `npm install` would leave it.
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules/paretune'));
    const blocks = shellBlocks(page(name));
    expect(blocks.length).toBeGreaterThan(0);
    await runBlocks(blocks, folder);
    rmSync(folder, { recursive: true });
  },
  240_000,
);

it('docs/strategies.md has a row for every strategy, and no other', () => {
  const files = readdirSync(join(ROOT, 'strategies')).filter((file) => file.endsWith('.yaml'));
  const rows = [...page('strategies').matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, names]) =>
    [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!),
  );
  expect(rows.sort()).toEqual(files.map((file) => file.replace('.yaml', '')).sort());
});
