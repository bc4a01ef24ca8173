import { closeSync, existsSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../study/io/atomic-file.ts';
import { makeFolder, readTextFile } from '../study/io/text-file.ts';

/** Writes the report of one experiment; answers the file names. */
export function writeExperiment(folder: string, name: string, markdown: string, json: string): readonly string[] {
  makeFolder(folder);
  const files = [join(folder, `${name}.md`), join(folder, `${name}.json`)];
  writeFileAtomically(files[0]!, markdown);
  writeFileAtomically(files[1]!, json);
  return files;
}

/**
 * Appends a row to the ledger, unless the last row of the same experiment is the very same. Nothing that is there is
 * changed or removed: after a kill in mid-write the torn line stays, and the new row starts on a line of its own.
 */
export function appendLedger(file: string, row: string, experiment: string): void {
  makeFolder(dirname(file));
  const text = existsSync(file) ? readTextFile(file) : '';
  const last = text.split('\n').findLast((line) => experimentOf(line) === experiment);
  if (last === row) return;
  const descriptor = openSync(file, 'a');
  try {
    const bytes = Buffer.from(`${text === '' || text.endsWith('\n') ? '' : '\n'}${row}\n`);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(descriptor, bytes, offset);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function experimentOf(line: string): string | null {
  try {
    return String((JSON.parse(line) as { experiment?: unknown }).experiment);
  } catch {
    return null;
  }
}

/** Writes the page that lists the experiments of a folder. */
export function writeIndex(folder: string, markdown: string): string {
  makeFolder(folder);
  const file = join(folder, 'README.md');
  writeFileAtomically(file, markdown);
  return file;
}
