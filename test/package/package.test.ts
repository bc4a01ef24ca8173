import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT, temporaryFolder } from '../support/command-line.ts';
import { MANIFEST, pack, packedFiles } from './packed.ts';

const files = packedFiles();
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const targets = Object.values(MANIFEST.exports).flatMap((target) =>
  typeof target === 'string' ? [target] : Object.values(target),
);

describe('the packed file', () => {
  test('holds the program, what it reads, and the texts that go with it; no tests, reports, maps or caches', () => {
    const tops = new Set(files.map((file) => file.split('/')[0]!));
    expect([...tops].sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist',
      'package.json',
      'search-spaces',
      'strategies',
      'studies',
    ]);
    const unwanted = /\.(map|cache|tsbuildinfo|test\.\w+|jsonl)$|(^|\/)(test|tests|fixtures|reports|node_modules)\//;
    expect(files.filter((file) => unwanted.test(file))).toEqual([]);
  });

  test('holds every target of its exports', () => {
    for (const target of targets) {
      const name = normalize(target);
      const found = files.filter((file) => (name.includes('*') ? file.startsWith(name.split('*')[0]!) : file === name));
      expect(found.length, target).toBeGreaterThan(0);
    }
  });

  test('holds a compiled file for every policy module', () => {
    const policies = files.filter((file) => /^strategies\/.*\.ts$/.test(file));
    expect(policies.length).toBeGreaterThan(5);
    for (const policy of policies) expect(files).toContain(`dist/${policy.replace(/\.ts$/, '.js')}`);
  });

  test('holds every file that its studies and strategies name', () => {
    const missing = files
      .filter((file) => /^(studies|strategies)\/.*\.yaml$/.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(ROOT, file), 'utf8').replace(/#.*$/gm, '');
        const named = [...text.matchAll(/[\w./-]+\.(?:yaml|ts)(?=[\s\]},"']|$)/g)];
        return named
          .map(([name]) => normalize(join(dirname(file), name)))
          .filter((name) => /^(studies|strategies|search-spaces)\//.test(name) && !files.includes(name));
      });
    expect(missing).toEqual([]);
  });

  test('declares types whose imports are in it, and points at no source that is not', () => {
    const declarations = files.filter((file) => file.endsWith('.d.ts'));
    expect(declarations).toContain('dist/src/index.d.ts');
    const compiled = files.filter((file) => /^dist\/.*\.(js|cjs)$/.test(file));
    for (const file of [...declarations, ...compiled]) {
      expect(readFileSync(join(ROOT, file), 'utf8').includes('\n//# sourceMappingURL='), file).toBe(false);
    }
  });
});

describe('publint and arethetypeswrong find nothing wrong with', () => {
  const tarball = pack(folder);

  test.each([
    ['the package', 'publint', ['run', '--strict', tarball]],
    ['its types', 'attw', [tarball, '--profile', 'esm-only']],
  ])(
    '%s',
    (_, tool, args) => {
      const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, { encoding: 'utf8' });
      expect(status, `${stdout}${stderr}`).toBe(0);
    },
    120_000,
  );
});
