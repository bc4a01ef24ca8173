import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentHash } from '../../base/json.ts';
import type { OutsideRequest } from './evaluator.ts';
import type { CommandRun } from './run-command.ts';

/** Logs kept of one run; further failures tell their reason alone. */
const MOST_LOGS = 200;

export interface FailedRun {
  readonly request: OutsideRequest;
  readonly words: readonly string[];
  readonly run: CommandRun;
  readonly message: string;
}

/** Writes what a failed command said. @returns the file's name in the folder's parent, `logs/…` */
export function keepLog(folder: string, { request, words, run, message }: FailedRun): string {
  mkdirSync(folder, { recursive: true });
  const taken = readdirSync(folder).length;
  if (taken >= MOST_LOGS) return `none, ${MOST_LOGS} are kept`;
  const { values, seed } = request;
  const name = `${contentHash(values).slice(0, 8)}-seed-${seed}-${taken + 1}.log`;
  const parts = [
    message,
    `values ${JSON.stringify(values)}`,
    `seed ${seed}`,
    `command ${JSON.stringify(words)}`,
    `exit code ${run.code ?? 'none'}`,
    `--- standard output\n${run.stdout.text()}`,
    `--- standard error\n${run.stderr.text()}`,
  ];
  writeFileSync(join(folder, name), `${parts.join('\n')}\n`);
  return `logs/${name}`;
}
