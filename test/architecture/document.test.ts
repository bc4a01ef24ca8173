import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const TEXT = readFileSync(`${ROOT}ARCHITECTURE.md`, 'utf8');

/** What stands in backticks and looks like a path, and the targets of links. */
const paths = [
  ...[...TEXT.matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map((match) => match[1]!),
  ...[...TEXT.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1]!),
];

test('every path that ARCHITECTURE.md names exists', () => {
  expect(paths.length).toBeGreaterThan(100);
  expect(paths.filter((path) => !existsSync(`${ROOT}${path}`))).toEqual([]);
});

test('its map shows every room', () => {
  const rooms = readdirSync(`${ROOT}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.name.endsWith('.ts'))
    .map(({ parentPath }) => parentPath.slice(ROOT.length))
    .filter((room) => room !== 'src');
  expect([...new Set(rooms)].filter((room) => !paths.includes(room))).toEqual([]);
});

test('every file that the README of a room names exists', () => {
  const readmes = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('README.md'),
  );
  const missing = readmes.flatMap((readme) => {
    const text = readFileSync(`${ROOT}src/${readme}`, 'utf8');
    const names = [...text.matchAll(/`([\w./-]+\.(?:ts|md))`/g)].map((match) => match[1]!);
    const known = [`${ROOT}src/${dirname(readme)}`, `${ROOT}src`, ROOT];
    return names
      .filter((name) => !known.some((folder) => existsSync(join(folder, name))))
      .map((name) => `${readme}: ${name}`);
  });
  expect(readmes.length).toBeGreaterThan(40);
  expect(missing).toEqual([]);
});

test('its laws are numbered, and each names a test', () => {
  const section = TEXT.split('## Laws')[1]!.split('\n## ')[0]!;
  const laws = section.split(/\n(?=\d+\. )/).slice(1);
  expect(laws.map((law) => Number.parseInt(law, 10))).toEqual(laws.map((_, index) => index + 1));
  expect(laws.filter((law) => !/`test\/|the same/.test(law))).toEqual([]);
});
