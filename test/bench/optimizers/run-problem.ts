import { stream } from '../../../src/base/random.ts';
import { hypervolume } from '../../../src/optimizer/pareto/hypervolume.ts';
import type { Evidence, Observation } from '../../../src/optimizer/sampler/sampler.ts';
import type { ParameterValues } from '../../../src/optimizer/space/parameter.ts';
import { isInside } from '../../../src/optimizer/space/search-space.ts';
import type { Problem } from './problems.ts';

/** A sampler of ours, or another program: proposals may come later. */
export interface Proposer {
  propose(
    evidence: Evidence,
    options: { readonly count: number; readonly seed: number },
  ): readonly ParameterValues[] | Promise<readonly ParameterValues[]>;
}

export interface ProblemRun {
  readonly problem: string;
  readonly sampler: string;
  readonly seed: number;
  /** After each evaluation: best noise-free feasible loss (null: none yet), or hypervolume. */
  readonly trace: readonly (number | null)[];
  /** Seconds of each proposal. */
  readonly seconds: readonly number[];
}

/** Runs one sampler on one problem. `now` in milliseconds. */
export async function runProblem(
  problem: Problem,
  sampler: Proposer & { readonly name: string },
  seed: number,
  budget: number,
  now: () => number,
): Promise<ProblemRun> {
  const noise = stream(seed, 'noise', problem.name);
  const observations: Observation[] = [];
  const feasible: (readonly number[])[] = [];
  const trace: (number | null)[] = [];
  const seconds: number[] = [];
  for (let i = 0; i < budget; i++) {
    const start = now();
    const [values] = await sampler.propose(
      {
        space: problem.space,
        objectiveCount: problem.objectiveCount,
        constraintCount: problem.constraintCount,
        observations,
        pending: [],
        budget,
      },
      { count: 1, seed },
    );
    seconds.push((now() - start) / 1000);
    if (values === undefined || !isInside(problem.space, values))
      throw new RangeError(`${sampler.name} proposed a point outside ${problem.name}: ${JSON.stringify(values)}`);
    const { losses, slacks } = problem.evaluate(values);
    observations.push({
      values,
      losses: losses.map((loss) => loss + problem.noise * (problem.noise > 0 ? noise.normal() : 0)),
      lossVariances: losses.map(() => null),
      slacks,
      slackVariances: slacks.map(() => null),
    });
    if (slacks.every((slack) => slack <= 0)) feasible.push(losses);
    trace.push(score(problem, feasible));
  }
  return { problem: problem.name, sampler: sampler.name, seed, trace, seconds };
}

function score({ target }: Problem, feasible: readonly (readonly number[])[]): number | null {
  if (target.kind === 'hypervolume') return hypervolume(feasible, target.reference);
  return feasible.length === 0
    ? null
    : feasible.reduce((best, row) => Math.min(best, row[0]!), Number.POSITIVE_INFINITY);
}

/** log10 regret (lower is better) or share of the maximal hypervolume (higher is better) after `count` evaluations. */
export function figureAt({ target }: Problem, run: ProblemRun, count: number): number {
  const value = run.trace[Math.min(count, run.trace.length) - 1] ?? null;
  if (target.kind === 'hypervolume') return (value ?? 0) / target.maximum;
  return value === null ? Number.POSITIVE_INFINITY : Math.log10(Math.max(value - target.optimum, 1e-12));
}
