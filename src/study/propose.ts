import { finitePoints } from '../optimizer/feasible/finite-points.ts';
import type { Evidence, Sampler } from '../optimizer/sampler/sampler.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
import { isInside, pointKey } from '../optimizer/space/search-space.ts';
import type { JournalEntry, StudyState } from './journal.ts';
import { earlierObservations, toObservations } from './observations.ts';
import { trialBudget } from './plan/budget-spec.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { normalizeWeights } from './plan/template.ts';
import type { Trial, TrialOrigin } from './trial.ts';

export interface Proposal {
  readonly origin: TrialOrigin;
  readonly values: ParameterValues;
}

/**
 * The next batch: a pure function of the plan and the finished trials. The first batch holds the baseline and the
 * points to try first, filled up with the sampler's. Empty when the budget or the space is used up.
 * @param most - how many are wanted
 */
export function proposeBatch(
  plan: StudyPlan,
  state: StudyState,
  sampler: Sampler,
  most = plan.batch,
): readonly Proposal[] {
  const { length } = state.trials;
  const room = plan.trials - length;
  const fixed = length === 0 ? fixedProposals(plan).slice(0, room) : [];
  const count = Math.min(room - fixed.length, Math.max(0, most - fixed.length));
  if (count <= 0) return fixed;
  const pending = fixed
    .map(({ values }) => normalizeWeights(plan.space, values))
    .filter((values) => isInside(plan.space, values));
  const points = sampler(evidenceOf(plan, state.trials, pending), { count, seed: plan.seed });
  return [...fixed, ...points.map((values): Proposal => ({ origin: 'sampler', values }))];
}

/** The baseline, the points of the run that is extended, and those to try first, each vector once. */
export function fixedProposals(plan: StudyPlan): readonly Proposal[] {
  const baseline: Proposal[] = plan.baseline === null ? [] : [{ origin: 'baseline', values: plan.baseline }];
  const carried = (plan.extends?.points ?? []).map((values): Proposal => ({ origin: 'carried', values }));
  const all = [...baseline, ...carried, ...plan.first.map((values): Proposal => ({ origin: 'first', values }))];
  const keys = all.map(({ values }) => pointKey(normalizeWeights(plan.space, values)));
  return all.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

/** A baseline outside the space (a feature switched off, say) is measured but not shown to the sampler. */
export function evidenceOf(plan: StudyPlan, trials: readonly Trial[], pending: readonly ParameterValues[]): Evidence {
  const inside = trials
    .map((trial) => ({ ...trial, values: normalizeWeights(plan.space, trial.values) }))
    .filter(({ values }) => isInside(plan.space, values));
  return {
    space: plan.space,
    objectiveCount: plan.objectives.length,
    constraintCount: plan.constraints.length,
    observations: toObservations(plan, inside),
    pending: [...inside.filter(({ outcome }) => outcome === null).map(({ values }) => values), ...pending],
    budget: trialBudget(plan),
    ...(plan.priors.length > 0 ? { priors: plan.priors } : {}),
    ...(plan.earlier.length > 0 ? { earlier: earlierObservations(plan) } : {}),
  };
}

export function proposedEntry(proposal: Proposal, trial: number, seen: number): JournalEntry {
  return { kind: 'trial-proposed', trial, origin: proposal.origin, seen, values: proposal.values };
}

/** The sampler a study asks for; `auto` takes the grid of a finite space that the budget covers, else `gp`. */
export function samplerName(plan: StudyPlan): string {
  if (plan.sampler !== 'auto') return plan.sampler;
  const size = finitePoints(plan.space)?.length ?? Number.POSITIVE_INFINITY;
  return size <= (trialBudget(plan) ?? 0) ? 'grid' : 'gp';
}
