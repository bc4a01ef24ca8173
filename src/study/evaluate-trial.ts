import type { StudyPlan } from './plan/study-plan.ts';
import { completeTrials } from './savers/complete-trials.ts';
import { racingVerdict } from './savers/racing.ts';
import { screeningVerdict } from './savers/screening.ts';
import { type Evaluate, type Replicate, seenBy, type Trial, type TrialOutcome } from './trial.ts';

/**
 * Measures a trial on all seeds, or as far as the study's budget savers let it: first on the short horizon, then seed by
 * seed. Decisions read only trials that had finished when this one was proposed: they depend neither on workers nor on
 * the rest of the batch, and a resumed run makes them again. The baseline and the points to try first always get everything.
 * @param trials - of the study, at least all that had finished when it was proposed
 */
export async function evaluateTrial(
  plan: StudyPlan,
  trials: readonly Trial[],
  trial: Trial,
  evaluate: Evaluate,
): Promise<TrialOutcome> {
  const before = seenBy(trial, trials);
  if (plan.screening === undefined) return await evaluateSeeds(plan, before, trial, evaluate);
  const { seeds, fraction } = plan.screening;
  const options = { fidelity: fraction, trial: trial.number };
  const first = await evaluate(trial.values, plan.seeds.slice(0, seeds), options);
  if (first.kind === 'infeasible') return first;
  if (first.kind === 'failed') return await evaluateSeeds(plan, before, trial, evaluate);
  const short = first.replicates;
  const verdict = trial.origin === 'sampler' ? screeningVerdict(plan, before, short) : null;
  if (verdict !== null) return { kind: 'stopped', replicates: [], short, verdict };
  const outcome = await evaluateSeeds(plan, before, trial, evaluate);
  return outcome.kind === 'observed' || outcome.kind === 'stopped' ? { ...outcome, short } : outcome;
}

async function evaluateSeeds(
  plan: StudyPlan,
  before: readonly Trial[],
  trial: Trial,
  evaluate: Evaluate,
): Promise<TrialOutcome> {
  const options = { trial: trial.number };
  if (plan.racing === undefined || trial.origin !== 'sampler') return await evaluate(trial.values, plan.seeds, options);
  const complete = completeTrials(before);
  const replicates: Replicate[] = [];
  while (true) {
    const done = replicates.length;
    const next = done === 0 ? plan.racing.firstSeeds : done + 1;
    const outcome = await evaluate(trial.values, plan.seeds.slice(done, next), options);
    if (outcome.kind !== 'observed') return outcome;
    replicates.push(...outcome.replicates);
    if (next >= plan.seeds.length) return { kind: 'observed', replicates };
    const verdict = racingVerdict(plan, complete, replicates);
    if (verdict !== null) return { kind: 'stopped', replicates, verdict };
  }
}
