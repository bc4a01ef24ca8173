import { isJsonObject, type Json } from '../../base/json.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import { isInside, pointKey } from '../../optimizer/space/search-space.ts';
import type { PlanSources } from './plan-sources.ts';
import { normalizeWeights } from './template.ts';

/** What a run goes on from, as a document of its plan. */
export interface ExtensionDocument {
  /** Folder of the run that is extended, seen from that of the new one. */
  readonly run: string;
  /** Hash of its plan. */
  readonly plan: string;
  /** In place of the study's budget. */
  readonly trials?: number;
  /** In place of the study's seeds. */
  readonly seeds?: readonly number[];
  /** Vectors that were measured there, in its order. */
  readonly points: readonly ParameterValues[];
}

/** The same, resolved: which of the vectors are proposed again, before any other. */
export interface Extension {
  readonly run: string;
  readonly plan: string;
  readonly points: readonly ParameterValues[];
  /** How many lie outside of the search space. */
  readonly outside: number;
}

function documentOf({ extension }: PlanSources): ExtensionDocument | null {
  return extension == null ? null : (extension.value as unknown as ExtensionDocument);
}

/** The study's document with the budget and the seeds of its extension. */
export function extendedStudy(sources: PlanSources): Json {
  const { value } = sources.study;
  const document = documentOf(sources);
  if (document === null || !isJsonObject(value)) return value;
  const { trials, seeds } = document;
  const budget = isJsonObject(value['budget']) ? value['budget'] : {};
  return {
    ...value,
    ...(trials === undefined ? {} : { budget: { ...budget, trials } }),
    ...(seeds === undefined ? {} : { seeds }),
  };
}

/** The seeds that the study itself names, without those that its extension adds; `seeds` are those of both. */
export function ownSeeds(sources: PlanSources, seeds: readonly number[]): number[] {
  const { value } = sources.study;
  const own = documentOf(sources)?.seeds !== undefined && isJsonObject(value) ? value['seeds'] : undefined;
  return [...(Array.isArray(own) ? (own as readonly number[]) : seeds)];
}

/** @returns nothing where the study extends no run */
export function resolveExtension(
  sources: PlanSources,
  space: SearchSpace,
  baseline: ParameterValues | null,
): { readonly extends?: Extension } {
  const document = documentOf(sources);
  if (document === null) return {};
  const isBaseline = (values: ParameterValues): boolean => baseline !== null && pointKey(values) === pointKey(baseline);
  const points = document.points.filter(
    (values) => isBaseline(values) || isInside(space, normalizeWeights(space, values)),
  );
  const { run, plan } = document;
  return { extends: { run, plan, points, outside: document.points.length - points.length } };
}
