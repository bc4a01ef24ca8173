import { pointKey } from '../optimizer/space/search-space.ts';
import { differ, otherConditions } from './conditions.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { instantiate } from './plan/template.ts';
import { type Evaluate, measuredReplicates, type Replicate, type Trial } from './trial.ts';

/** Simulations of a recorded run that are those of another study, by `pointKey` of their vector. */
export type KnownReplicates = ReadonlyMap<string, readonly Replicate[]>;

/** What a study takes over from the run that it extends. */
export interface CarriedOver {
  readonly known: KnownReplicates;
  /** Simulations that are taken over. */
  readonly replicates: number;
  /** Vectors that have at least one. */
  readonly vectors: number;
}

/**
 * Simulations of `trials` that `plan` would come to as well: of vectors that both fill into the same configuration, with
 * every metric of `plan`.
 * @param from - plan of the recorded run; `plan` has the same conditions, see `notCarried`
 */
export function carryOver(from: StudyPlan, trials: readonly Trial[], plan: StudyPlan): CarriedOver {
  const wanted = new Set([...plan.seeds, ...(plan.validation?.seeds ?? [])]);
  const known = new Map<string, readonly Replicate[]>();
  for (const trial of trials) {
    const { values } = trial;
    if (differ(configOf(from, values), configOf(plan, values))) continue;
    const usable = measuredReplicates(trial).filter(
      ({ seed, metrics }) => wanted.has(seed) && plan.metrics.every(({ name }) => Object.hasOwn(metrics, name)),
    );
    const key = pointKey(values);
    if (usable.length > 0) known.set(key, [...(known.get(key) ?? []), ...usable]);
  }
  const replicates = [...known.values()].reduce((sum, list) => sum + list.length, 0);
  return { known, replicates, vectors: known.size };
}

function configOf({ template, space }: StudyPlan, values: Trial['values']): unknown {
  try {
    return instantiate(template, space, values);
  } catch {
    return ['no configuration', values];
  }
}

/** Why nothing of a recorded run is what `plan` would come to. */
export function notCarried(from: StudyPlan, plan: StudyPlan): readonly string[] {
  const limits = differ(from.limits, plan.limits) ? ['other `limits` of an evaluation'] : [];
  return [...otherConditions(from, plan), ...limits];
}

/** Answers with what is known, each simulation once, and evaluates the rest. */
export function carryingEvaluate(carried: KnownReplicates, evaluate: Evaluate): Evaluate {
  const left = new Map(carried);
  const take = (key: string, seeds: readonly number[]): readonly Replicate[] => {
    const own = left.get(key) ?? [];
    const taken = seeds.flatMap((seed) => own.find((one) => one.seed === seed) ?? []);
    left.set(
      key,
      own.filter((one) => !taken.includes(one)),
    );
    return taken;
  };
  return async (values, seeds, options) => {
    const taken = take(pointKey(values), seeds);
    const missing = seeds.filter((seed) => !taken.some((one) => one.seed === seed));
    const rest =
      missing.length === 0 ? { kind: 'observed' as const, replicates: [] } : await evaluate(values, missing, options);
    if (rest.kind !== 'observed' || taken.length === 0) return rest;
    const all = [...taken, ...rest.replicates];
    return { kind: 'observed', replicates: seeds.map((seed) => all.find((one) => one.seed === seed)!) };
  };
}
