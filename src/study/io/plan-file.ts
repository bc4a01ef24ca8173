import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { type Json, textHash } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { parseWith } from '../../document/schema.ts';
import { parseYaml } from '../../document/yaml.ts';
import type { JournalEntry } from '../journal.ts';
import type { PlanSource, PlanSources } from '../plan/plan-sources.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { planFileSchema, type StoredPlan } from '../record-schema.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { policyFromRun, recordedPolicy } from './load-policy.ts';
import { readBytes } from './text-file.ts';
import { traceSource } from './trace-data.ts';

export const PLAN_FILE = 'plan.json';
const PLAN_FORMAT = 2;
const CHANGED = 'the plan was changed after the run; restore it';

/** The journal's first entry, kept here too: who wrote the run, and with what. */
export type StudyStarted = Extract<JournalEntry, { kind: 'study-started' }>;

interface StoredDocument {
  readonly file: string;
  readonly sha256: string;
  readonly text: string;
}

/** Writes every document of the study, word for word, with a readable summary of what they resolve to. */
export function writePlanFile(folder: string, sources: PlanSources, plan: StudyPlan, started: StudyStarted): void {
  const stored = (source: { file: string; text: string } | null): StoredDocument | null =>
    source === null ? null : { file: source.file, sha256: textHash(source.text), text: source.text };
  const { hash, template: _template, workload: _workload, metrics: _metrics, ...resolved } = plan;
  const document = {
    format: PLAN_FORMAT,
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
      ...(sources.calibration == null ? {} : { calibration: stored(sources.calibration) }),
      ...(sources.extension == null ? {} : { extension: stored(sources.extension) }),
      policies: sources.policies.map((policy) => ({
        ...stored(policy),
        from_run: policyFromRun(policy.file, folder),
        ...(policy.imports === undefined ? {} : { imports: policy.imports.map(stored) }),
      })),
    },
  };
  writeFileAtomically(join(folder, PLAN_FILE), sealed(JSON.stringify(document, null, 2)));
}

/** First journal entry as it was when the run began. @throws InputError when the plan is damaged */
export function readStarted(folder: string): StudyStarted {
  return readStored(join(folder, PLAN_FILE)).started;
}

/**
 * Reads the documents of a recorded study. Policy modules are texts here: nothing is loaded, nor compared with today's files.
 * @throws InputError when the folder holds none or anything of it was changed
 */
export function readPlanFile(folder: string): PlanSources {
  const file = join(folder, PLAN_FILE);
  if (!existsSync(file)) {
    throw new InputError('no study was recorded here: plan.json not found', {
      position: { file: folder },
      suggestion: 'give the folder that `paretune run --out` wrote',
    });
  }
  const { documents } = readStored(file);
  const restore = (role: string, stored: StoredDocument | null | undefined): PlanSource | null =>
    stored == null ? null : restored(file, role, stored);
  return {
    study: restored(file, 'study', documents.study),
    strategy: restored(file, 'strategy', documents.strategy),
    space: restore('space', documents.space),
    workload: restore('workload', documents.workload),
    ...(documents.workloads === undefined
      ? {}
      : { workloads: documents.workloads.map((one) => restore('workloads', one)) }),
    earlier: restore('earlier', documents.earlier),
    ...(documents.calibration == null ? {} : { calibration: restore('calibration', documents.calibration) }),
    ...(documents.extension == null ? {} : { extension: restore('extension', documents.extension) }),
    policies: documents.policies.map((stored) => ({
      ...recordedPolicy(stored, folder),
      text: unchanged(file, 'policies', stored).text,
      ...(stored.imports === undefined
        ? {}
        : { imports: stored.imports.map((one) => unchanged(file, 'policies', one)) }),
    })),
  };
}

/** Since format 2 the last key is a checksum of all that stands before it, to the byte. */
const SEAL = /^(.*),\n {2}"sha256": "([0-9a-f]{64})"\n\}\n$/s;

function sealed(text: string): string {
  const head = text.replace(/\n\}$/, '');
  return `${head},\n  "sha256": "${textHash(head)}"\n}\n`;
}

function readStored(file: string): StoredPlan {
  const bytes = readBytes(file);
  const text = bytes.toString('utf8');
  const [, head, sum] = SEAL.exec(text) ?? [];
  const isSealed = head !== undefined && isUtf8(bytes) && textHash(head) === sum;
  try {
    const stored = parseWith(planFileSchema, parsePlan(text));
    if (stored.format === 1 && sum === undefined && stored.started.format === 1) return stored;
    if (stored.format === PLAN_FORMAT && isSealed) return stored;
    if (stored.format !== 1 && stored.format !== PLAN_FORMAT) {
      throw new InputError(`must be 1 or ${PLAN_FORMAT}, got ${shortText(stored.format)}`, { path: ['format'] });
    }
    throw new InputError('does not fit its checksum', { suggestion: CHANGED });
  } catch (error) {
    throw error instanceof InputError ? error.at({ position: { file } }) : error;
  }
}

function parsePlan(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function restored(planFile: string, role: string, stored: StoredDocument): PlanSource {
  const { text, file } = unchanged(planFile, role, stored);
  const source = traceSource(text, file) ?? parseYaml(text, file);
  return { ...source, value: source.value as Json };
}

function unchanged(planFile: string, role: string, stored: StoredDocument): StoredDocument {
  if (textHash(stored.text) === stored.sha256) return stored;
  throw new InputError('the recorded text does not match its hash', {
    position: { file: planFile },
    path: ['documents', role],
    suggestion: CHANGED,
  });
}
