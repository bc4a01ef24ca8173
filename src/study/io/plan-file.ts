import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { textHash } from '../../base/json.ts';
import { parseYaml } from '../../document/yaml.ts';
import type { JournalEntry } from '../journal.ts';
import type { PlanSource, PlanSources } from '../plan/plan-sources.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { policyFromRun, recordedPolicyName } from './load-policy.ts';
import { traceSource } from './trace-data.ts';

export const PLAN_FILE = 'plan.json';

/** The journal's first entry, kept here too: who wrote the run, and with what. */
export type StudyStarted = Extract<JournalEntry, { kind: 'study-started' }>;

interface StoredDocument {
  readonly file: string;
  readonly sha256: string;
  readonly text: string;
}

interface StoredPolicy extends StoredDocument {
  /** The file seen from the folder of the run. Absent in older records. */
  readonly from_run?: string | null;
}

/** Writes every document of the study, word for word, with a readable summary of what they resolve to. */
export function writePlanFile(folder: string, sources: PlanSources, plan: StudyPlan, started: StudyStarted): void {
  const stored = (source: { file: string; text: string } | null): StoredDocument | null =>
    source === null ? null : { file: source.file, sha256: textHash(source.text), text: source.text };
  const { hash, template: _template, workload: _workload, metrics: _metrics, ...resolved } = plan;
  const document = {
    format: 1,
    hash,
    started,
    resolved,
    documents: {
      study: stored(sources.study),
      strategy: stored(sources.strategy),
      space: stored(sources.space),
      workload: stored(sources.workload),
      ...(sources.workloads === undefined ? {} : { workloads: sources.workloads.map(stored) }),
      earlier: stored(sources.earlier ?? null),
      policies: sources.policies.map((policy) => ({ ...stored(policy), from_run: policyFromRun(policy.file, folder) })),
    },
  };
  writeFileAtomically(join(folder, PLAN_FILE), `${JSON.stringify(document, null, 2)}\n`);
}

/** First journal entry as it was when the run began. @throws InputError when the plan lacks it */
export function readStarted(folder: string): StudyStarted {
  const file = join(folder, PLAN_FILE);
  const started = parsePlan(file)['started'] as unknown as StudyStarted | undefined;
  if (started?.kind === 'study-started') return started;
  throw new InputError('must hold the first journal entry', { position: { file }, path: ['started'] });
}

/**
 * Reads the documents of a recorded study. Policy modules are texts here: nothing is loaded, nor compared with today's files.
 * @throws InputError when the folder holds none or a text was changed
 */
export function readPlanFile(folder: string): PlanSources {
  const file = join(folder, PLAN_FILE);
  if (!existsSync(file)) {
    throw new InputError('no study was recorded here: plan.json not found', {
      position: { file: folder },
      suggestion: 'give the folder that `paretune run --out` wrote',
    });
  }
  const document = parsePlan(file);
  const documents = (document['documents'] ?? {}) as unknown as Record<
    string,
    StoredDocument | null | StoredDocument[]
  >;
  const restore = (role: string): PlanSource | null => {
    const stored = documents[role] as StoredDocument | null | undefined;
    return stored === null || stored === undefined ? null : restored(file, role, stored);
  };
  const study = restore('study');
  const strategy = restore('strategy');
  if (study === null || strategy === null) {
    throw new InputError('holds no study and strategy documents', { position: { file }, path: ['documents'] });
  }
  return {
    study,
    strategy,
    space: restore('space'),
    workload: restore('workload'),
    ...(Array.isArray(documents['workloads'])
      ? {
          workloads: (documents['workloads'] as (StoredDocument | null)[]).map((one) =>
            one === null ? null : restored(file, 'workloads', one),
          ),
        }
      : {}),
    earlier: restore('earlier'),
    policies: ((documents['policies'] as StoredPolicy[] | undefined) ?? []).map((policy) => ({
      file: recordedPolicyName(policy, folder),
      text: policy.text,
    })),
  };
}

function parsePlan(file: string): JsonObject {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as JsonObject;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      position: { file },
    });
  }
}

function restored(planFile: string, role: string, stored: StoredDocument): PlanSource {
  if (textHash(stored.text) !== stored.sha256) {
    throw new InputError('the recorded text does not match its hash', {
      position: { file: planFile },
      path: ['documents', role],
      suggestion: 'the plan was changed after the run',
    });
  }
  const source = traceSource(stored.text, stored.file) ?? parseYaml(stored.text, stored.file);
  return { ...source, value: source.value as Json };
}
