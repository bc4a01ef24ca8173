import type { Json } from '../../base/json.ts';
import { merge } from '../../document/merge.ts';
import type { PlanSources } from './plan-sources.ts';
import type { StudySpec } from './study-spec.ts';

/** The workload of a study with its overrides; null where it names none. */
export function resolveWorkload(sources: PlanSources, spec: StudySpec): Json {
  const base = sources.workload?.value ?? (typeof spec.workload === 'object' ? (spec.workload as Json) : null);
  if (spec.workload_overrides === undefined) return base;
  return merge(base ?? {}, spec.workload_overrides);
}
