import { nameList } from '../base/short-text.ts';
import { otherConditions } from './conditions.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { measuredReplicates, reasonOf, type Trial } from './trial.ts';

/** A measured point, and what it is called in messages. */
export interface PairedPoint {
  /** Folder, or another name of the run. */
  readonly run: string;
  /** `trial 7 (knee)`. */
  readonly name: string;
  readonly plan: StudyPlan;
  readonly trial: Trial;
}

/** Why two points cannot be paired seed by seed: empty where equal seeds met equal conditions. */
export function unpairable(a: PairedPoint, b: PairedPoint): readonly string[] {
  const unmeasured = [a, b].flatMap(({ run, name, trial }) => {
    if (trial.outcome?.kind === 'observed') return [];
    return [`${name} of ${run} was not measured: ${reasonOf(trial.outcome) ?? 'it has not finished'}`];
  });
  const apart = otherConditions(a.plan, b.plan);
  if (unmeasured.length > 0 || apart.length > 0) return [...unmeasured, ...apart];
  const [own, other] = [a, b].map(({ trial }) => measuredReplicates(trial).map(({ seed }) => seed)) as [
    number[],
    number[],
  ];
  if (own.some((seed) => other.includes(seed))) return [];
  return [`no seed in common: ${a.run} was measured on ${listed(own)}, ${b.run} on ${listed(other)}`];
}

function listed(seeds: readonly number[]): string {
  return nameList(seeds.map(String));
}
