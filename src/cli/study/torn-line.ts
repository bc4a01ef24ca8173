import { join } from 'node:path';

/** Said where a journal ends in a line that a crash had torn. */
export function warnOfTornLine(folder: string, torn: boolean): void {
  if (!torn) return;
  process.stderr.write(
    `paretune: ${join(folder, 'journal.jsonl')}: the last line, which a crash had torn, is left out\n`,
  );
}
