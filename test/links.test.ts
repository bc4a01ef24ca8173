import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = new URL('../', import.meta.url).pathname;
const FOLDERS = ['docs', 'src', 'studies', 'strategies', 'reports', 'test'];

const pages = [
  ...readdirSync(ROOT).map((name) => join(ROOT, name)),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(ROOT, folder, name)),
  ),
].filter((path) => path.endsWith('.md'));

/** Without code, in which brackets mean something else. */
function proseOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/```[\s\S]*?```/g, '')
    .replace(/`[^`\n]*`/g, 'code');
}

/** Anchors of a page, as the hosts of repositories make them from its heads. */
function anchorsOf(path: string): ReadonlySet<string> {
  const heads = readFileSync(path, 'utf8')
    .replace(/```[\s\S]*?```/g, '')
    .matchAll(/^#+ +(.*)$/gm);
  return new Set([...heads].map(([, head]) => anchorOf(head!)));
}

function anchorOf(head: string): string {
  return head
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

it('every link between pages leads to a file and a head that are there', () => {
  expect(pages.length).toBeGreaterThan(50);
  const broken = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].flatMap(([, link]) => {
      if (/^[a-z]+:/.test(link!)) return [];
      const [file, anchor] = link!.split('#') as [string, string | undefined];
      const target = file === '' ? page : join(dirname(page), decodeURIComponent(file));
      if (!existsSync(target)) return [`${relative(ROOT, page)}: ${link}`];
      if (anchor === undefined || !target.endsWith('.md') || anchorsOf(target).has(anchor)) return [];
      return [`${relative(ROOT, page)}: ${link}: no such head`];
    }),
  );
  expect(broken).toEqual([]);
});

it('pages outside are reached by https', () => {
  const plain = pages.flatMap((page) =>
    [...proseOf(page).matchAll(/\]\((http:[^)\s]+)\)/g)].map(([, link]) => `${relative(ROOT, page)}: ${link}`),
  );
  expect(plain).toEqual([]);
});

it('every picture of the pages is shown by one, with words for those who do not see it, and is small', () => {
  const folder = join(ROOT, 'docs/images');
  const shown = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/!\[([^\]]{20,})\]\(([^)\s]+)\)/g)].map(([, , file]) =>
      join(dirname(page), file!),
    ),
  );
  const names = readdirSync(folder);
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !shown.includes(join(folder, name)))).toEqual([]);
  expect(names.filter((name) => statSync(join(folder, name)).size > 150_000)).toEqual([]);
});
