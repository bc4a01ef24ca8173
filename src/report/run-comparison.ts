import { InputError, inputErrors } from '../base/errors.ts';
import type { Interval, PairedChange } from '../numeric/statistics.ts';
import { pairedChange, pairedDifference } from '../numeric/statistics.ts';
import type { ParameterValue } from '../optimizer/space/parameter.ts';
import { mean, metricValues } from '../study/objective.ts';
import { type PairedPoint, unpairable } from '../study/pairable.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { measuredReplicates, type Replicate, type Trial } from '../study/trial.ts';
import { checkRows } from './constraint-tables.ts';
import { reportTrials } from './report-trials.ts';
import type { CheckRow } from './study-report.ts';

/** Two points of two runs, paired by seed: equal seeds meet equal requests. */
export interface RunComparison {
  readonly a: ComparedSide;
  readonly b: ComparedSide;
  /** Fresh seeds first. */
  readonly stages: readonly ComparedStage[];
  /** Parameters that the points do not share, or give other values. */
  readonly parameters: readonly ComparedParameter[];
  /** Metrics that cannot be paired, each with its reason. */
  readonly leftOut: readonly string[];
}

export interface ComparedSide {
  readonly run: string;
  readonly study: string;
  readonly strategy: string;
  readonly planHash: string;
  readonly trial: number;
  readonly point: string;
}

export interface ComparedStage {
  /** `fresh`: neither point was chosen on these seeds. */
  readonly kind: 'fresh' | 'tuning';
  readonly seeds: readonly number[];
  readonly rows: readonly ComparedRow[];
  /** Constraints of each study at its own point, on these seeds. */
  readonly constraints: { readonly a: readonly CheckRow[]; readonly b: readonly CheckRow[] };
}

export interface ComparedRow {
  readonly metric: string;
  readonly unit: string;
  readonly role: 'objective' | 'constraint';
  readonly better: 'lower' | 'higher';
  readonly a: number;
  readonly b: number;
  /** B − A in the metric's unit, with its 95 % Student-t interval; no bounds with one seed. */
  readonly difference: Interval;
  /** What B is against A; see `pairedChange`. */
  readonly change: PairedChange;
  readonly verdict:
    | 'A is better'
    | 'B is better'
    | 'no clear difference'
    | 'equal on every seed'
    | 'one seed: may be luck';
}

export interface ComparedParameter {
  readonly name: string;
  readonly a: ParameterValue | null;
  readonly b: ParameterValue | null;
}

/** @throws InputError with every reason why the two cannot be paired */
export function compareRuns(a: PairedPoint, b: PairedPoint): RunComparison {
  const problems = unpairable(a, b);
  if (problems.length > 0) throw inputErrors(problems.map((one) => new InputError(one)));
  const { targets, leftOut } = pairedTargets(a, b);
  if (targets.length === 0) throw inputErrors(leftOut.map((one) => new InputError(one)));
  return {
    a: sideOf(a),
    b: sideOf(b),
    stages: pairedStages(a.trial, b.trial).map((stage) => comparedStage({ a, b }, stage, targets)),
    parameters: differingParameters(a, b),
    leftOut,
  };
}

function sideOf({ run, name, plan, trial }: PairedPoint): ComparedSide {
  return { run, study: plan.name, strategy: plan.template.name, planHash: plan.hash, trial: trial.number, point: name };
}

type Target = Pick<ComparedRow, 'metric' | 'unit' | 'role' | 'better'>;

/** Objectives and constraints of both studies that both points have; each other one with its reason. */
function pairedTargets(a: PairedPoint, b: PairedPoint): { targets: readonly Target[]; leftOut: readonly string[] } {
  const targets: Target[] = [];
  const leftOut: string[] = [];
  for (const metric of new Set([...namedMetrics(a.plan), ...namedMetrics(b.plan)])) {
    const missing = [a, b].filter(({ plan }) => !plan.metrics.some(({ name }) => name === metric));
    const ways = new Set([a, b].flatMap(({ plan }) => directionOf(plan, metric) ?? []));
    if (missing.length > 0) leftOut.push(`${metric} is not measured in ${missing.map(({ run }) => run).join(', ')}`);
    else if (ways.size > 1) leftOut.push(`${metric} is minimized in one study and maximized in the other`);
    else targets.push(targetOf(a, b, metric));
  }
  return { targets, leftOut };
}

function namedMetrics({ objectives, constraints }: StudyPlan): readonly string[] {
  return [...objectives, ...constraints].map(({ metric }) => metric);
}

function directionOf({ objectives }: StudyPlan, metric: string): 'minimize' | 'maximize' | undefined {
  return objectives.find((one) => one.metric === metric)?.direction;
}

function targetOf(a: PairedPoint, b: PairedPoint, metric: string): Target {
  const { unit, better } = a.plan.metrics.find(({ name }) => name === metric)!;
  const direction = directionOf(a.plan, metric) ?? directionOf(b.plan, metric);
  if (direction === undefined) return { metric, unit, role: 'constraint', better };
  return { metric, unit, role: 'objective', better: direction === 'minimize' ? 'lower' : 'higher' };
}

interface PairedReplicates {
  readonly kind: ComparedStage['kind'];
  readonly a: readonly Replicate[];
  readonly b: readonly Replicate[];
}

/** Seeds that both points were measured on: those fresh to both, then all others. */
function pairedStages(a: Trial, b: Trial): readonly PairedReplicates[] {
  const freshA = seedsOf(a.validation);
  const freshB = seedsOf(b.validation);
  const pairs = measuredReplicates(a).flatMap((own) => {
    const other = measuredReplicates(b).find(({ seed }) => seed === own.seed);
    if (other === undefined) return [];
    const kind = freshA.has(own.seed) && freshB.has(own.seed) ? ('fresh' as const) : ('tuning' as const);
    return [{ kind, own, other }];
  });
  return (['fresh', 'tuning'] as const).flatMap((kind) => {
    const those = pairs.filter((pair) => pair.kind === kind);
    return those.length === 0 ? [] : [{ kind, a: those.map(({ own }) => own), b: those.map(({ other }) => other) }];
  });
}

function seedsOf(outcome: Trial['validation']): ReadonlySet<number> {
  return new Set(outcome?.kind === 'observed' ? outcome.replicates.map(({ seed }) => seed) : []);
}

function comparedStage(
  { a, b }: { readonly a: PairedPoint; readonly b: PairedPoint },
  { kind, ...paired }: PairedReplicates,
  targets: readonly Target[],
): ComparedStage {
  return {
    kind,
    seeds: paired.a.map(({ seed }) => seed),
    rows: targets.map((target) => comparedRow(target, paired)),
    constraints: {
      a: checkRows(a.plan, { kind: 'observed', replicates: paired.a }),
      b: checkRows(b.plan, { kind: 'observed', replicates: paired.b }),
    },
  };
}

function comparedRow(target: Target, paired: Omit<PairedReplicates, 'kind'>): ComparedRow {
  const a = metricValues(paired.a, target.metric);
  const b = metricValues(paired.b, target.metric);
  const change = pairedChange(a, b);
  return {
    ...target,
    a: mean(a),
    b: mean(b),
    difference: pairedDifference(a, b),
    change,
    verdict: a.every((value, index) => value === b[index]) ? 'equal on every seed' : verdictOf(target.better, change),
  };
}

function verdictOf(better: 'lower' | 'higher', { low, high }: Interval): ComparedRow['verdict'] {
  if (low === null || high === null) return 'one seed: may be luck';
  if (low <= 0 && high >= 0) return 'no clear difference';
  return high < 0 === (better === 'lower') ? 'B is better' : 'A is better';
}

function differingParameters(a: PairedPoint, b: PairedPoint): readonly ComparedParameter[] {
  const [own, other] = [a, b].map(({ plan, trial }) => reportTrials(plan, [trial], []).trials[0]!.parameters);
  const names = [...new Set([...Object.keys(own!), ...Object.keys(other!)])];
  return names
    .map((name) => ({ name, a: own![name] ?? null, b: other![name] ?? null }))
    .filter((row) => JSON.stringify(row.a) !== JSON.stringify(row.b));
}
