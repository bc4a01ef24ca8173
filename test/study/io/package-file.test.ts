import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { documentKind } from '../../../src/study/io/load-study.ts';
import { documentFile } from '../../../src/study/io/package-file.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Listed {
  readonly studies: readonly { readonly name: string; readonly backend: string | null }[];
  readonly experiments: readonly { readonly name: string }[];
  readonly strategies: readonly { readonly name: string }[];
  readonly searchSpaces: readonly { readonly name: string }[];
}

describe('names of shipped documents', () => {
  test('that `list` prints lead to documents of their kind, wherever the user is', async () => {
    const { stdout, stderr } = await paretune(['list', '--json'], folder);
    expect(stderr).toBe('');
    const { studies, experiments, strategies, searchSpaces } = dataOf(stdout) as Listed;
    const kinds = [
      [studies, 'study'],
      [experiments, 'experiment'],
      [strategies, 'strategy'],
      [searchSpaces, 'space'],
    ] as const;
    for (const [documents, kind] of kinds) {
      expect(documents.length, kind).toBeGreaterThan(10);
      for (const { name } of documents) expect(documentKind(readYamlFile(documentFile(name))), name).toBe(kind);
    }
  });

  test('stand by backend: each of the five has a study and a strategy', async () => {
    const { stdout } = await paretune(['list'], folder);
    const section = (title: string): string => new RegExp(`^${title}\\n((?: .*\\n)*)`, 'm').exec(stdout)![1]!;
    for (const backend of ['cluster', 'kvsched', 'cloud-edge', 'gpu-jobs', 'pd-slo']) {
      for (const title of ['studies', 'strategies']) {
        expect(section(title)).toMatch(new RegExp(`^ {2}${backend}\\n {4}\\S`, 'm'));
      }
    }
    expect(section('studies')).toMatch(/^ {2}kvsched\n {4}kvsched {2}/m);
  });

  test('are checked, and their mistakes named, as files of the user are', async () => {
    const { code, stdout } = await paretune(['check', 'quickstart'], folder);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^quickstart: valid study: quickstart: 30 trials/)]);
    expect((await paretune(['check', 'quickstar'], folder)).stderr).toBe(
      'paretune: quickstar: file not found; check the path\n',
    );
  });

  test('give way to a file of the user, but not to a folder', () => {
    const own = join(folder, 'own.yaml');
    writeFileSync(own, 'name: own\n');
    expect(documentFile(own)).toBe(own);
    expect(documentFile('studies')).toBe('studies');
    expect(documentFile('regimes')).toMatch(/studies\/regimes\.yaml$/);
  });
});
