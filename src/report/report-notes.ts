import { isInside } from '../optimizer/space/search-space.ts';
import { constraintChecks } from '../study/constraint-check.ts';
import type { StudyState } from '../study/journal.ts';
import { meanMetrics } from '../study/objective.ts';
import { describeSpare } from '../study/plan/spare-budget.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { driftWarnings } from '../study/stationarity.ts';
import type { Trial } from '../study/trial.ts';
import { warmStartNotes } from '../study/warm-start.ts';

/** Sentences on what happened: failures, baseline, seeds, end. */
export function stateNotes(plan: StudyPlan, state: StudyState, frontSize: number, baseline: Trial | null): string[] {
  const failed = state.trials.filter(({ outcome }) => outcome?.kind === 'failed').length;
  const infeasible = state.trials.filter(({ outcome }) => outcome?.kind === 'infeasible').length;
  const lines: string[] = [];
  if (frontSize === 0 && state.trials.length > 0)
    lines.push(`No trial satisfies every constraint. ${leastViolation(plan, state.trials)}`);
  if (failed > 0) lines.push(`${failed} trial${failed === 1 ? '' : 's'} failed; see the status column.`);
  if (infeasible > 0)
    lines.push(`${infeasible} trial${infeasible === 1 ? '' : 's'} could not be simulated (impossible configuration).`);
  if (baseline !== null && !isInside(plan.space, normalizeWeights(plan.space, baseline.values))) {
    lines.push(
      'The baseline lies outside the search space (for example with a feature switched off); it is compared with, not learned from.',
    );
  }
  if (plan.extends !== undefined)
    lines.push(`Goes on from ${plan.extends.run}: ${plan.extends.points.length} of its vectors came first.`);
  lines.push(...warmStartNotes(plan).map((note) => `${note}.`));
  if (plan.seeds.length < 2) lines.push('One seed only: no interval can be given, and differences may be luck.');
  if (state.ended !== null && state.ended !== 'budget used') lines.push(sentence(`ended: ${state.ended}`));
  if (plan.spare !== undefined && plan.spare.furtherSeeds.length > 0) lines.push(sentence(describeSpare(plan.spare)));
  if (state.ended === null) lines.push('The study has not ended yet; this is a snapshot.');
  return lines;
}

/** Measured points whose window was not stationary: the baseline and the front, where the study has a window. */
export function driftNotes(plan: StudyPlan, baseline: Trial | null, front: readonly Trial[]): string[] {
  if (plan.measurement === undefined && plan.regimes?.workloads.every((one) => one.measurement === undefined) !== false)
    return [];
  const joined = new Set(plan.regimes === undefined ? [] : ['ttft_p99_drift']);
  return [...new Set([...(baseline === null ? [] : [baseline]), ...front])].flatMap(({ number, outcome }) => {
    if (outcome?.kind !== 'observed') return [];
    const own = Object.entries(meanMetrics(outcome.replicates)).filter(([name]) => !joined.has(name));
    return driftWarnings(Object.fromEntries(own)).map((warning) => `Trial ${number} is ${warning}.`);
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function leastViolation(plan: StudyPlan, trials: readonly Trial[]): string {
  let best = '';
  let bestValue = Number.POSITIVE_INFINITY;
  for (const trial of trials) {
    if (trial.outcome?.kind !== 'observed') continue;
    const violation = constraintChecks(plan, trial.outcome).reduce(
      (sum, { constraint, margin }) => sum + Math.max(0, -margin) / Math.abs(constraint.bound || 1),
      0,
    );
    if (violation < bestValue) {
      bestValue = violation;
      best = `Trial ${trial.number} comes nearest (relative violation ${violation.toPrecision(3)}).`;
    }
  }
  return best;
}
