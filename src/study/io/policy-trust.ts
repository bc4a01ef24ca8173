import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import type { PolicySource } from '../plan/plan-sources.ts';
import { foldersFrom, policyFile } from './load-policy.ts';
import { readTextFile } from './text-file.ts';

/** Whose policy modules may run: those of the user's own files, or also what lies in the folder of a run. */
export type PolicyTrust = 'own' | 'any';

const WAY_OUT = 'commands that simulate, and `check`, take --trust-policies';

/**
 * Modules run with the rights of the user, so the folder of a run, which may come from anybody, may not bring them along.
 * @throws InputError that names the first module that lies in one, or was found only by its place beside a run
 */
export function requireTrusted(policies: readonly PolicySource[], trust: PolicyTrust): void {
  if (trust === 'any') return;
  for (const { file, imports = [], besideRun } of policies) {
    const entry = policyFile(file);
    const paths = [entry, ...imports.map((one) => join(dirname(entry), one.file))];
    const run = paths.flatMap((path) => runFolderOf(path) ?? [])[0];
    if (run !== undefined) {
      throw new InputError('lies in the folder of a run, from which nothing is executed', {
        position: { file },
        suggestion: `copy it to where your strategies are; who trusts the run: ${WAY_OUT}`,
      });
    }
    if (besideRun === true) {
      throw new InputError('was found only by its place beside the run, not from this working folder', {
        position: { file },
        suggestion: `go to the folder in which the study was started; who trusts the run: ${WAY_OUT}`,
      });
    }
  }
}

/** The folder of a run that a file lies in, links followed or not. */
function runFolderOf(file: string): string | undefined {
  const paths = [resolve(file), ...(existsSync(file) ? [realpathSync(file)] : [])];
  return paths.flatMap((path) => foldersFrom(dirname(path))).find(holdsPlan);
}

function holdsPlan(folder: string): boolean {
  const file = join(folder, 'plan.json');
  if (!existsSync(file)) return false;
  if (existsSync(join(folder, 'journal.jsonl'))) return true;
  try {
    const plan = JSON.parse(readTextFile(file)) as Json;
    return isJsonObject(plan) && 'documents' in plan && 'started' in plan;
  } catch {
    return false;
  }
}
