import { ModelMemory } from '../optimizer/gp/model-choice.ts';
import { paretoFront, shortList } from '../study/front.ts';
import type { StudyState } from '../study/journal.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { samplerName } from '../study/propose.ts';
import type { Trial } from '../study/trial.ts';
import { advice } from './advice.ts';
import { comparisons } from './comparisons.ts';
import { pointChecks, reportBound } from './constraint-tables.ts';
import { objectiveCorrelations } from './correlations.ts';
import { decide, equalOutcomes } from './decision.ts';
import { decisionNotes } from './decision-notes.ts';
import { deployments } from './deployments.ts';
import { studyFacts } from './facts.ts';
import { hypervolumeHistory } from './hypervolume-history.ts';
import { regimeTables } from './regimes.ts';
import { driftNotes, stateNotes } from './report-notes.ts';
import { reportTrials } from './report-trials.ts';
import { analyseSensitivity } from './sensitivity.ts';
import type { Decision, StudyReport } from './study-report.ts';
import { surrogateQualities } from './surrogate-table.ts';
import { surrogateViews } from './surrogate-views.ts';

const SHORT_LIST_LENGTH = 5;

/**
 * Everything that a report says, computed from the plan and the replayed journal alone.
 * @param extent - `figures` leaves out what needs models or files: sensitivity, surrogate, deployments
 */
export function buildReport(
  plan: StudyPlan,
  state: StudyState,
  tool: string,
  extent: 'whole' | 'figures' = 'whole',
): StudyReport {
  const figures = reportFigures(plan, state, tool);
  const report = extent === 'figures' ? figures : { ...figures, ...modelled(plan, state.trials, figures) };
  return { ...report, advice: advice(plan, report) };
}

/** What needs models of the outcomes, or the files of a deployment. */
function modelled(plan: StudyPlan, trials: readonly Trial[], report: StudyReport) {
  const { recommended, alternatives } = report.decision;
  const sensitivity = analyseSensitivity(plan, trials, report);
  const ranked = sensitivity.map(({ rows }) =>
    [...rows].sort((a, b) => b.total.value - a.total.value).map(({ parameter }) => parameter),
  );
  const through = recommended ?? report.shortList[0];
  const shown = recommended === null ? [] : [recommended, ...alternatives];
  const memory = new ModelMemory();
  return {
    sensitivity,
    surrogates: surrogateQualities(plan, trials, sensitivity, memory),
    surrogate:
      sensitivity.length === 0 || through === undefined
        ? null
        : surrogateViews(plan, trials, { through: trials[through]!, ranked }, memory),
    deployments: deployments(
      plan,
      shown.map((number) => trials[number]!),
      report.tool,
    ),
  };
}

function reportFigures(plan: StudyPlan, state: StudyState, tool: string): StudyReport {
  const finished = state.trials.filter(({ outcome }) => outcome !== null);
  const front = paretoFront(plan, state.trials);
  const outcomes = equalOutcomes(plan, front, state.trials);
  const listed = shortList(plan, front, SHORT_LIST_LENGTH);
  const baseline = state.trials.find(({ origin }) => origin === 'baseline') ?? null;
  const { parameters, metrics, trials } = reportTrials(plan, state.trials, front);
  const decision = decide(plan, front, baseline);
  const { compared, checked } = pointsToShow(state.trials, { decision, listed, front, baseline });
  const checks = pointChecks(plan, checked);
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
    hypervolume: hypervolumeHistory(plan, finished, front, baseline),
    comparisons:
      baseline === null || decision.baseline !== 'feasible'
        ? []
        : compared.flatMap((trial) => comparisons(plan, baseline, trial)),
    correlations: objectiveCorrelations(plan, state.trials),
    sensitivity: [],
    facts: studyFacts(plan, finished.length),
    surrogates: [],
    surrogate: null,
    deployments: [],
    advice: [],
    ...whereAsked(plan, state.trials, decision.baseline),
    notes: [
      ...stateNotes(plan, state, front.length, baseline),
      ...decisionNotes(plan, decision, checks),
      ...driftNotes(plan, baseline, front),
    ],
  };
}

/** What not every study has. */
function whereAsked(
  plan: StudyPlan,
  trials: readonly Trial[],
  baseline: Parameters<typeof regimeTables>[2],
): Pick<StudyReport, 'calibration' | 'regimes'> {
  return {
    ...(plan.calibration === undefined ? {} : { calibration: plan.calibration }),
    ...(plan.regimes === undefined ? {} : { regimes: regimeTables(plan, trials, baseline) }),
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
