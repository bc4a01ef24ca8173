import { resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { parseYaml, placed } from '../../document/yaml.ts';
import type { PlanSource, PlanSources } from '../plan/plan-sources.ts';
import { parseStrategyFile } from '../plan/strategy-file.ts';
import { parseStudyFile } from '../plan/study-spec.ts';
import { readPolicy } from './load-study.ts';
import { traceSource } from './trace-data.ts';

/** A document as YAML text, or as the value that such a text has. */
export type StudyDocument = string | JsonObject;

/** A study in memory: what its files would hold. Policy modules stay files, relative to the working folder. */
export interface StudyDocuments {
  /** Its keys `strategy`, `space` and `workload` may be left out where the documents are given here. */
  readonly study: StudyDocument;
  readonly strategy: StudyDocument;
  readonly space?: StudyDocument;
  readonly workload?: StudyDocument;
}

/** Keys of a study that name other files. */
const OTHER_FILES = ['space', 'workload'] as const;

/** @throws InputError placed in the document where the mistake is */
export function documentSources(documents: StudyDocuments): PlanSources {
  const study = sourceOf('study', withNames(documents));
  const spec = placed(study, 0, () => parseStudyFile(study.value));
  for (const key of OTHER_FILES) {
    if (typeof spec[key] !== 'string' || documents[key] !== undefined) continue;
    throw new InputError('names a file, but the study is not one', {
      path: [key],
      position: study.locate([key]),
      suggestion: 'give the document beside it',
    });
  }
  const elsewhere =
    (['warm_start', 'calibration'] as const).find((key) => spec[key] !== undefined) ??
    (spec.workloads?.some(namesFile) ? 'workloads' : null);
  if (elsewhere !== null) {
    throw new InputError('names files, but the study is not one', {
      path: [elsewhere],
      position: study.locate([elsewhere]),
      suggestion: 'write the study into a file',
    });
  }
  const strategy = sourceOf('strategy', documents.strategy);
  const { template } = placed(strategy, 0, () => parseStrategyFile(strategy.value));
  return {
    study,
    strategy,
    space: documents.space === undefined ? null : sourceOf('space', documents.space),
    workload: documents.workload === undefined ? null : sourceOf('workload', documents.workload),
    earlier: null,
    policies: template.policies.map((name, index) => readPolicy(strategy, index, resolve('.'), name)),
  };
}

function namesFile({ workload }: { readonly workload?: unknown }): boolean {
  return typeof workload === 'string';
}

/** A study given as a value need not name what lies beside it. */
function withNames({ study, space, workload }: StudyDocuments): StudyDocument {
  if (typeof study === 'string') return study;
  return {
    strategy: 'strategy',
    ...(space === undefined ? {} : { space: 'space' }),
    ...(workload === undefined ? {} : { workload: 'workload' }),
    ...study,
  };
}

function sourceOf(name: string, document: StudyDocument): PlanSource {
  const read = typeof document === 'string' ? null : traceSource(JSON.stringify(document), name);
  const source = read ?? parseYaml(typeof document === 'string' ? document : JSON.stringify(document, null, 2), name);
  if (isJsonObject(source.value as Json)) return source;
  throw new InputError('must be a map', { position: { file: name } });
}
