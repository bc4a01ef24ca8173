import { appendFileSync, existsSync } from 'node:fs';
import { canonicalText, type Json, type JsonObject } from '../../base/json.ts';
import type { SetupTask } from '../evaluator.ts';
import type { ReplicateOutcome } from '../trial.ts';
import { readTextFile } from './text-file.ts';

/** Outcomes of earlier sessions, each to be taken once, and where those of this session are kept. */
export interface FinishedEvaluations {
  take(task: SetupTask): ReplicateOutcome | undefined;
  keep(task: SetupTask, outcome: ReplicateOutcome): void;
}

/** Opens the file of finished evaluations; a last line that a crash had torn counts as not there. */
export function openFinished(file: string): FinishedEvaluations {
  const known = new Map<string, ReplicateOutcome[]>();
  const text = existsSync(file) ? readTextFile(file) : '';
  for (const line of text.split('\n')) {
    const row = parsed(line);
    if (row === null) continue;
    const key = canonicalText(row.task);
    known.set(key, [...(known.get(key) ?? []), row.outcome]);
  }
  if (text !== '' && !text.endsWith('\n')) appendFileSync(file, '\n');
  return {
    take: (task) => known.get(canonicalText(described(task)))?.shift(),
    keep: (task, outcome) => appendFileSync(file, `${JSON.stringify({ task: described(task), outcome })}\n`),
  };
}

function described({ setup, values, seed, fidelity = 1, rate }: SetupTask): JsonObject {
  return { setup, values: values as Json, seed, fidelity, ...(rate === undefined ? {} : { rate }) };
}

function parsed(line: string): { readonly task: JsonObject; readonly outcome: ReplicateOutcome } | null {
  try {
    return line === '' ? null : JSON.parse(line);
  } catch {
    return null;
  }
}
