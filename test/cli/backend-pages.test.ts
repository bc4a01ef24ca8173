import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { temporaryFolder } from '../support/command-line.ts';
import { runBlocks, shellBlocks, writeProgram } from '../support/page-commands.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const folder = temporaryFolder();

beforeAll(() => {
  writeProgram(join(folder, 'bin', 'paretune'));
  symlinkSync(join(ROOT, 'studies'), join(folder, 'studies'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['kvsched', 'cloud-edge', 'gpu-jobs'])(
  'what docs/%s.md shows runs',
  async (page) => {
    const blocks = shellBlocks(readFileSync(join(ROOT, `docs/${page}.md`), 'utf8'));
    expect(blocks.length).toBeGreaterThan(0);
    const { stdout } = await runBlocks(blocks, folder);
    expect(stdout.length).toBeGreaterThan(200);
  },
  240_000,
);
