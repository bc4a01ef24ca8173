import { stream } from '../../../src/base/random.ts';
import { hypervolume } from '../../../src/optimizer/pareto/hypervolume.ts';
import { replicateMoments } from '../../../src/optimizer/replicates.ts';
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
  const told: Told[] = [];
  const open: ParameterValues[] = [];
  const feasible: (readonly number[])[] = [];
  const trace: (number | null)[] = [];
  const seconds: number[] = [];
  const measure = measurement(problem, seed);
  for (let i = 0; i < budget; i++) {
    if (open.length === 0) {
      const start = now();
      const { space, objectiveCount, constraintCount, batch = 1 } = problem;
      const observations = observationsOf(problem, told);
      const shape = { space, objectiveCount, constraintCount, observations, pending: [], budget };
      open.push(...(await sampler.propose(shape, { count: batch, seed })));
      for (let k = 0; k < open.length; k++) seconds.push((now() - start) / 1000 / open.length);
    }
    const values = open.shift();
    if (values === undefined || !isInside(problem.space, values))
      throw new RangeError(`${sampler.name} proposed a point outside ${problem.name}: ${JSON.stringify(values)}`);
    const { losses, slacks } = problem.evaluate(values);
    told.push({ values, rows: measure(losses), slacks });
    if (slacks.every((slack) => slack <= 0)) feasible.push(losses);
    trace.push(score(problem, feasible));
  }
  return { problem: problem.name, sampler: sampler.name, seed, trace, seconds };
}

interface Told {
  readonly values: ParameterValues;
  /** Replicates × objectives. */
  readonly rows: readonly (readonly number[])[];
  readonly slacks: readonly number[];
}

/** Losses as they are → what is told of them: one row, or one for each replicate. */
function measurement({ name, noise, replicates, objectiveCount }: Problem, seed: number) {
  const rng = stream(seed, 'noise', name);
  const { count, offset, noise: deviation } = replicates ?? { count: 1, offset: 0, noise };
  const normal = (scale: number): number => (scale > 0 ? scale * rng.normal() : 0);
  const offsets = Array.from({ length: count }, () => Array.from({ length: objectiveCount }, () => normal(offset)));
  return (losses: readonly number[]): number[][] =>
    offsets.map((row) => losses.map((loss, j) => loss + row[j]! + normal(deviation)));
}

function observationsOf({ objectiveCount }: Problem, told: readonly Told[]): Observation[] {
  const columns = Array.from({ length: objectiveCount }, (_, j) =>
    replicateMoments(told.map(({ rows }) => rows.map((row) => row[j]!))),
  );
  return told.map(
    ({ values, slacks }, i): Observation => ({
      values,
      losses: columns.map((column) => column[i]!.mean),
      lossVariances: columns.map((column) => column[i]!.variance),
      slacks,
      slackVariances: slacks.map(() => null),
    }),
  );
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
