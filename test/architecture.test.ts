import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = new URL('../src/', import.meta.url).pathname;

/** Folder → folders it may import from (itself is always allowed). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  numeric: ['base'],
  document: ['base'],
  optimizer: ['base', 'numeric', 'document'],
  simulators: ['base', 'numeric', 'document'],
  study: ['base', 'numeric', 'document', 'optimizer', 'simulators'],
  report: ['base', 'numeric', 'optimizer', 'study'],
  companions: ['base', 'numeric', 'document', 'simulators', 'study', 'report'],
  cli: ['base', 'numeric', 'document', 'optimizer', 'simulators', 'study', 'report', 'companions'],
  library: ['base', 'document', 'optimizer', 'simulators', 'study', 'report'],
  'policy.ts': ['base', 'simulators'],
  'index.ts': ['base', 'optimizer', 'simulators', 'study', 'report', 'library'],
};

/** Files that may touch files, processes, clocks or threads. */
const EFFECTS_ALLOWED = [/^cli\//, /^companions\//, /^study\/io\//, /^report\/write-/, /^report\/chart\/render\.ts$/];
const EFFECT =
  /\bfrom 'node:(?:fs|os|child_process|worker_threads|http|https|net|process|path|url|module)(?:\/promises)?'|\bfrom 'piscina'|\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bMath\.random\(|\bprocess\.(?:env|argv|exit|exitCode|stdout|stderr|stdin|cwd|hrtime|pid|kill|on|once|memoryUsage)\b|\bconsole\./;

const SHARED_SIMULATOR_FOLDERS = ['kernel', 'workload'];

interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files: readonly SourceFile[] = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(ROOT, name), 'utf8');
    const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1]!);
    return { name, text, imports: specifiers.map((specifier) => normalize(join(dirname(name), specifier))) };
  });

const folderOf = (name: string): string => name.split('/')[0]!;
const backendOf = (name: string): string | undefined => {
  const [folder, backend, ...rest] = name.split('/');
  return folder === 'simulators' && rest.length > 0 ? backend : undefined;
};

describe('architecture', () => {
  test('every source file lies in a known folder', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.filter(({ name }) => !(folderOf(name) in MAY_IMPORT)).map(({ name }) => name)).toEqual([]);
  });

  test('folders import only from the folders below them', () => {
    const wrong = files.flatMap(({ name, imports }) =>
      imports
        .filter(
          (target) => folderOf(target) !== folderOf(name) && !MAY_IMPORT[folderOf(name)]!.includes(folderOf(target)),
        )
        .map((target) => `${name} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('backends never import each other', () => {
    const wrong = files.flatMap(({ name, imports }) => {
      const own = backendOf(name);
      if (own === undefined) return [];
      return imports
        .filter((target) => {
          const other = backendOf(target);
          return other !== undefined && other !== own && !SHARED_SIMULATOR_FOLDERS.includes(other);
        })
        .map((target) => `${name} → ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('files, clocks, processes and chance are touched only at the edge', () => {
    const wrong = files
      .filter(({ name }) => folderOf(name) !== 'base' && !EFFECTS_ALLOWED.some((allowed) => allowed.test(name)))
      .filter(({ text }) => EFFECT.test(withoutComments(text)))
      .map(({ name }) => name);
    expect(wrong).toEqual([]);
  });

  test('imports name a file with its extension, and there are no barrels', () => {
    const bare = files.flatMap(({ name, imports }) =>
      imports.filter((target) => !/\.(?:ts|js)$/.test(target)).map((target) => `${name} → ${target}`),
    );
    expect(bare).toEqual([]);
    expect(files.filter(({ name }) => /\/index\.ts$/.test(name)).map(({ name }) => name)).toEqual([]);
  });

  test('there are no import cycles', () => {
    expect(findCycle(files)).toBeNull();
  });

  test('every imported file exists', () => {
    const names = new Set(files.map(({ name }) => name));
    const missing = files.flatMap(({ name, imports }) =>
      imports.filter((target) => !names.has(target)).map((target) => `${name} → ${target}`),
    );
    expect(missing).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function findCycle(sources: readonly SourceFile[]): string[] | null {
  const byName = new Map(sources.map((source) => [source.name, source]));
  const finished = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | null => {
    if (finished.has(name)) return null;
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    path.push(name);
    const source = byName.get(name);
    for (const target of source?.imports ?? []) {
      const cycle = visit(target);
      if (cycle !== null) return cycle;
    }
    path.pop();
    finished.add(name);
    return null;
  };
  for (const { name } of sources) {
    const cycle = visit(name);
    if (cycle !== null) return cycle;
  }
  return null;
}
