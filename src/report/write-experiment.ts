import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../study/io/atomic-file.ts';

/** Writes the report of one experiment; answers the file names. */
export function writeExperiment(folder: string, name: string, markdown: string, json: string): readonly string[] {
  mkdirSync(folder, { recursive: true });
  const files = [join(folder, `${name}.md`), join(folder, `${name}.json`)];
  writeFileAtomically(files[0]!, markdown);
  writeFileAtomically(files[1]!, json);
  return files;
}

/** Appends a row to the ledger, unless its last row for these inputs says the same. Rows are never removed. */
export function appendLedger(file: string, row: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const rows = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  if (!rows.includes(row)) appendFileSync(file, `${row}\n`);
}
