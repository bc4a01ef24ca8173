import { holmAdjust } from '../../numeric/paired-tests.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import { metricValues } from '../objective.ts';
import type { Replicate, ReplicateOutcome } from '../trial.ts';
import type { ExperimentPlan } from './experiment-plan.ts';
import { type ClaimResult, judgeClaim, rawP, unjudged, type Verdict } from './judge-claim.ts';

export interface ArmResult {
  readonly name: string;
  readonly replicates: readonly Replicate[];
  /** Why the arm could not be measured; null when it was. */
  readonly failure: string | null;
}

export interface ExperimentResult {
  readonly arms: readonly ArmResult[];
  readonly claims: readonly ClaimResult[];
  readonly verdict: ExperimentVerdict;
}

/**
 * The main claims decide; without one, all claims. All confirmed or all refuted give that verdict, some confirmed
 * `partially`, none confirmed and some open `undecided`.
 */
export type ExperimentVerdict = Verdict | 'partially';

/** Runs every arm on every seed (the same seeds for all) and judges the claims. */
export async function runExperiment(
  plan: ExperimentPlan,
  simulate: (arm: number, seed: number) => Promise<ReplicateOutcome>,
): Promise<ExperimentResult> {
  const { seeds } = plan.spec;
  const outcomes = await Promise.all(
    plan.armNames.map((_, arm) => Promise.all(seeds.map((seed) => simulate(arm, seed)))),
  );
  const arms = plan.armNames.map((name, arm) => armResult(name, seeds, outcomes[arm]!));
  const claims = judgeAll(plan, arms);
  return { arms, claims, verdict: overall(plan, claims) };
}

function armResult(name: string, seeds: readonly number[], outcomes: readonly ReplicateOutcome[]): ArmResult {
  const broken = outcomes.find(({ kind }) => kind !== 'measured');
  const failure =
    broken === undefined || broken.kind === 'measured'
      ? null
      : broken.kind === 'failed'
        ? broken.message
        : broken.reason;
  const replicates = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'measured' ? [{ seed: seeds[index]!, metrics: outcome.metrics }] : [],
  );
  return { name, replicates, failure };
}

/** Holm's correction runs over all comparisons of the experiment. */
function judgeAll(plan: ExperimentPlan, arms: readonly ArmResult[]): readonly ClaimResult[] {
  const values = (arm: string, metric: string): readonly number[] =>
    metricValues(arms.find(({ name }) => name === arm)!.replicates, metric);
  const better = (metric: string): MetricSpec['better'] => plan.metrics.find(({ name }) => name === metric)!.better;
  const measured = (name: string): boolean => arms.find((arm) => arm.name === name)!.failure === null;
  const judged = plan.spec.claims.map((claim) => {
    const needed = [
      claim.arm,
      ...('against' in claim ? [claim.against] : []),
      ...(claim.kind === 'super-additive' ? claim.parts : []),
    ];
    return { claim, missing: needed.find((name) => !measured(name)) };
  });
  const raw = judged.map(({ claim, missing }) =>
    missing === undefined ? rawP(claim, values, better(claim.metric)) : null,
  );
  const compared = raw.flatMap((p, index) => (p === null ? [] : [index]));
  const adjusted = holmAdjust(compared.map((index) => raw[index]!));
  return judged.map(({ claim, missing }, index): ClaimResult => {
    if (missing === undefined) {
      return judgeClaim(claim, values, better(claim.metric), (p) => adjusted[compared.indexOf(index)] ?? p);
    }
    const { failure } = arms.find(({ name }) => name === missing)!;
    return unjudged(claim.id, 'refuted', `arm "${missing}" could not be measured (${failure})`);
  });
}

function overall(plan: ExperimentPlan, claims: readonly ClaimResult[]): ExperimentVerdict {
  const main = plan.spec.claims.filter(({ role }) => role === 'main').map(({ id }) => id);
  const deciding = main.length === 0 ? claims : claims.filter(({ id }) => main.includes(id));
  const verdicts = deciding.map(({ verdict }) => verdict);
  if (verdicts.every((verdict) => verdict === verdicts[0])) return verdicts[0]!;
  return verdicts.includes('confirmed') ? 'partially' : 'undecided';
}
