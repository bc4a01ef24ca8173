import { finitePoints } from '../optimizer/feasible/finite-points.ts';
import type { Evidence, Sampler } from '../optimizer/sampler/sampler.ts';
import { UsedPoints } from '../optimizer/sampler/used-points.ts';
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

/** What a batch is proposed from. */
export interface Proposer {
  readonly plan: StudyPlan;
  readonly sampler: Sampler;
  /** Of the study, from one batch to the next: what they cost then does not grow with the trials. */
  readonly points: StudyPoints;
}

/** The points of a study that its sampler knows, taken up as they are proposed. */
export class StudyPoints {
  readonly #plan: StudyPlan;
  #used = new UsedPoints();
  #taken = 0;

  constructor(plan: StudyPlan) {
    this.#plan = plan;
  }

  /** @param trials - those of the call before, and any more */
  of(trials: readonly Trial[]): UsedPoints {
    if (trials.length < this.#taken) [this.#used, this.#taken] = [new UsedPoints(), 0];
    for (; this.#taken < trials.length; this.#taken++) {
      const values = shownPoint(this.#plan, trials[this.#taken]!.values);
      if (values !== null) this.#used.add(values);
    }
    return this.#used;
  }
}

/**
 * The next batch: a pure function of the plan and the finished trials. The first batch holds the baseline and the
 * points to try first, filled up with the sampler's. Empty when the budget or the space is used up.
 * @param most - how many are wanted
 */
export function proposeBatch(
  { plan, sampler, points }: Proposer,
  { trials }: Pick<StudyState, 'trials'>,
  most = plan.batch,
): readonly Proposal[] {
  const { length } = trials;
  const room = plan.trials - length;
  const fixed = length === 0 ? fixedProposals(plan).slice(0, room) : [];
  const count = Math.min(room - fixed.length, Math.max(0, most - fixed.length));
  if (count <= 0) return fixed;
  const pending = fixed.map(({ values }) => shownPoint(plan, values)).filter((values) => values !== null);
  const known = points.of(trials);
  const used = pending.length === 0 ? known : known.fork();
  for (const values of pending) used.add(values);
  const chosen = sampler(evidenceOf(plan, trials, pending), { count, seed: plan.seed, used });
  return [...fixed, ...chosen.map((values): Proposal => ({ origin: 'sampler', values }))];
}

/** The baseline, the points of the run that is extended, and those to try first, each vector once. */
export function fixedProposals(plan: StudyPlan): readonly Proposal[] {
  const baseline: Proposal[] = plan.baseline === null ? [] : [{ origin: 'baseline', values: plan.baseline }];
  const carried = (plan.extends?.points ?? []).map((values): Proposal => ({ origin: 'carried', values }));
  const all = [...baseline, ...carried, ...plan.first.map((values): Proposal => ({ origin: 'first', values }))];
  const keys = all.map(({ values }) => pointKey(normalizeWeights(plan.space, values)));
  return all.filter((_, index) => keys.indexOf(keys[index]!) === index);
}

/** As samplers write it; null for a baseline outside the space (a feature switched off, say): measured, but not shown to them. */
function shownPoint({ space }: StudyPlan, values: ParameterValues): ParameterValues | null {
  const normalized = normalizeWeights(space, values);
  return isInside(space, normalized) ? normalized : null;
}

/** Observations and pending points are listed for a sampler that asks for them: some need to know no more than the used points. */
export function evidenceOf(plan: StudyPlan, trials: readonly Trial[], pending: readonly ParameterValues[]): Evidence {
  let listed: Pick<Evidence, 'observations' | 'pending'> | undefined;
  const list = (): Pick<Evidence, 'observations' | 'pending'> => {
    const inside = trials.flatMap((trial) => {
      const values = shownPoint(plan, trial.values);
      return values === null ? [] : [{ ...trial, values }];
    });
    const open = inside.filter(({ outcome }) => outcome === null).map(({ values }) => values);
    return { observations: toObservations(plan, inside), pending: [...open, ...pending] };
  };
  return {
    space: plan.space,
    objectiveCount: plan.objectives.length,
    constraintCount: plan.constraints.length,
    get observations() {
      listed ??= list();
      return listed.observations;
    },
    get pending() {
      listed ??= list();
      return listed.pending;
    },
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
