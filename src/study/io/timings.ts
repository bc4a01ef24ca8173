import { closeSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from '../../base/disk-error.ts';
import { openToAppend, writeAll } from './atomic-file.ts';
import { TIMINGS_FILE } from './run-folder.ts';
import { readTextFile } from './text-file.ts';

/** Wall times live apart from the journal, which must not depend on them. */
export function appendTiming(folder: string, timing: { readonly trial: number; readonly wall_ms: number }): void {
  const file = join(folder, TIMINGS_FILE);
  onDisk(file, 'written', () => {
    const descriptor = openToAppend(file);
    try {
      writeAll(descriptor, `${JSON.stringify(timing)}\n`);
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Wall time of earlier sessions, up to the last trial that each finished. */
export function timedMs(folder: string): number {
  const file = join(folder, TIMINGS_FILE);
  const text = existsSync(file) ? readTextFile(file) : '';
  return [...text.matchAll(/"wall_ms":(\d+)\}\n/g)].reduce((sum, [, ms]) => sum + Number(ms), 0);
}
