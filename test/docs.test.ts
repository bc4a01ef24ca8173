import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROGRAM, paretune, temporaryFolder } from './support/command-line.ts';

const ROOT = new URL('../', import.meta.url).pathname;
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const run = promisify(execFile);

/** Shell blocks of the tour, in order. */
const tour = [...README.matchAll(/<!-- tour -->\n```sh\n([\s\S]*?)```/g)].map((match) => match[1]!);

const folder = temporaryFolder();

beforeAll(async () => {
  for (const name of ['strategies', 'search-spaces', 'studies', 'package.json'])
    symlinkSync(join(ROOT, name), join(folder, name));
  const program = [process.execPath, ...PROGRAM].map((part) => `'${part}'`).join(' ');
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'npx'), `#!/bin/sh\nshift\nexec ${program} "$@"\n`, { mode: 0o755 });
  const { code } = await paretune(['run', 'studies/quickstart.yaml', '--out', 'runs/quickstart', '--quiet'], folder);
  expect(code).toBe(0);
}, 240_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('README', () => {
  test('has a tour', () => expect(tour.length).toBeGreaterThan(4));

  test.each(tour.map((block, index) => [index + 1, block] as const))(
    'block %i of the tour runs',
    async (_, block) => {
      const path = `${join(folder, 'bin')}:${process.env['PATH']}`;
      const { stdout } = await run('sh', ['-ec', block], {
        cwd: folder,
        env: { ...process.env, PATH: path, NO_COLOR: '1' },
        maxBuffer: 1 << 26,
      });
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
