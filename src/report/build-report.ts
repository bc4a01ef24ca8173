import { isInside } from '../optimizer/space/search-space.ts';
import { paretoFront, shortList } from '../study/front.ts';
import type { StudyState } from '../study/journal.ts';
import { mean, meanMetrics, metricValues } from '../study/objective.ts';
import { describeSpare } from '../study/plan/spare-budget.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { normalizeWeights } from '../study/plan/template.ts';
import { samplerName } from '../study/propose.ts';
import { driftWarnings } from '../study/stationarity.ts';
import type { Trial } from '../study/trial.ts';
import { comparisons } from './comparisons.ts';
import { pointChecks, reportBound } from './constraint-tables.ts';
import { objectiveCorrelations } from './correlations.ts';
import { decide, equalOutcomes } from './decision.ts';
import { decisionNotes } from './decision-notes.ts';
import { hypervolumeHistory } from './hypervolume-history.ts';
import { regimeTables } from './regimes.ts';
import { reportTrials } from './report-trials.ts';
import { hasSavers, savingsOf } from './savings.ts';
import { analyseSensitivity } from './sensitivity.ts';
import type { Decision, StudyReport } from './study-report.ts';
import { surrogateQualities } from './surrogate-table.ts';

const SHORT_LIST_LENGTH = 5;

/** Everything that a report says, computed from the plan and the replayed journal alone. */
export function buildReport(plan: StudyPlan, state: StudyState, tool: string): StudyReport {
  const front = paretoFront(plan, state.trials);
  const outcomes = equalOutcomes(plan, front, state.trials);
  const listed = shortList(plan, front, SHORT_LIST_LENGTH);
  const baseline = state.trials.find(({ origin }) => origin === 'baseline') ?? null;
  const { parameters, metrics, trials } = reportTrials(plan, state.trials, front);
  const decision = decide(plan, front, baseline);
  const { compared, checked } = pointsToShow(state.trials, { decision, listed, front, baseline });
  const checks = pointChecks(plan, checked);
  const sensitivity = analyseSensitivity(plan, state.trials, { parameters, metrics, trials });
  return {
    ...identity(plan, state, tool),
    parameters,
    metrics,
    trials,
    front: front.map(({ number }) => number),
    shortList: listed.map(({ number }) => number),
    baseline: baseline?.number ?? null,
    outcomes: outcomes.map((group) => group.map(({ number }) => number)),
    decision,
    checks,
    hypervolume: hypervolumeHistory(plan, state.trials, front, baseline),
    comparisons:
      baseline === null || decision.baseline !== 'feasible'
        ? []
        : compared.flatMap((trial) => comparisons(plan, baseline, trial)),
    correlations: objectiveCorrelations(plan, state.trials),
    sensitivity,
    surrogates: surrogateQualities(plan, state.trials, sensitivity),
    ...(plan.regimes === undefined ? {} : { regimes: regimeTables(plan, state.trials, decision.baseline) }),
    ...(hasSavers(plan) ? { savings: savingsOf(plan, state.trials) } : {}),
    notes: [
      ...notes(plan, state, front.length, baseline),
      ...decisionNotes(plan, decision, checks),
      ...driftNotes(plan, baseline, front),
    ],
  };
}

/** Trials that are compared with the baseline, and those whose constraints are shown. */
function pointsToShow(
  trials: readonly Trial[],
  {
    decision: { recommended, alternatives, best },
    listed,
    front,
    baseline,
  }: {
    readonly decision: Decision;
    readonly listed: readonly Trial[];
    readonly front: readonly Trial[];
    readonly baseline: Trial | null;
  },
): { readonly compared: readonly Trial[]; readonly checked: readonly Trial[] } {
  const numbered = (numbers: readonly number[]): Trial[] => numbers.map((number) => trials[number]!);
  const compared = distinctTrials([
    ...numbered(recommended === null ? [] : [recommended, ...alternatives]),
    ...listed,
    ...numbered(best.map(({ trial }) => trial)),
  ]);
  const validated = trials.filter(({ validation }) => validation !== null);
  const first = baseline === null ? [] : [baseline];
  return { compared, checked: distinctTrials([...first, ...compared, ...front, ...validated]) };
}

/** What the plan says of a study, whatever was measured. */
function identity(plan: StudyPlan, state: StudyState, tool: string) {
  return {
    schemaVersion: 2,
    name: plan.name,
    description: plan.description,
    planHash: plan.hash,
    tool,
    simulator: plan.simulator,
    strategy: { name: plan.template.name, mechanism: plan.template.mechanism, source: plan.template.source },
    sampler: samplerName(plan),
    seeds: plan.seeds,
    validationSeeds: plan.validation?.seeds ?? [],
    ended: state.ended,
    objectives: plan.objectives.map(({ metric }) => metric),
    constraints: plan.constraints.map(reportBound),
  } as const;
}

function distinctTrials(trials: readonly Trial[]): readonly Trial[] {
  return [...new Set(trials)];
}

function notes(plan: StudyPlan, state: StudyState, frontSize: number, baseline: Trial | null): string[] {
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
  if (plan.seeds.length < 2) lines.push('One seed only: no interval can be given, and differences may be luck.');
  if (state.ended !== null && state.ended !== 'budget used') lines.push(sentence(`ended: ${state.ended}`));
  if (plan.spare !== undefined && plan.spare.furtherSeeds.length > 0) lines.push(sentence(describeSpare(plan.spare)));
  if (state.ended === null) lines.push('The study has not ended yet; this is a snapshot.');
  return lines;
}

/** Measured points whose window was not stationary: the baseline and the front, where the study has a window. */
function driftNotes(plan: StudyPlan, baseline: Trial | null, front: readonly Trial[]): string[] {
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
    const { replicates } = trial.outcome;
    const violation = plan.constraints.reduce((sum, { metric, kind, bound }) => {
      const value = mean(metricValues(replicates, metric));
      return sum + Math.max(0, kind === 'at-most' ? value - bound : bound - value) / Math.abs(bound || 1);
    }, 0);
    if (violation < bestValue) {
      bestValue = violation;
      best = `Trial ${trial.number} comes nearest (relative violation ${violation.toPrecision(3)}).`;
    }
  }
  return best;
}
