import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/** A run that the server shows, under a name that its address is made of. */
export interface ServedRun {
  readonly id: string;
  readonly folder: string;
}

/** The runs in a folder, or the one that the folder itself is. They are looked up anew each time: new ones appear. */
export function servedRuns(root: string): readonly ServedRun[] {
  if (isRun(root)) return [{ id: basename(resolve(root)), folder: root }];
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isRun(join(root, entry.name)))
    .map(({ name }) => ({ id: name, folder: join(root, name) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function isRun(folder: string): boolean {
  return existsSync(join(folder, 'plan.json'));
}
