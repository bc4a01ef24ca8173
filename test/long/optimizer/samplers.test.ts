import { describe, expect, it } from 'vitest';
import { quantile } from '../../../src/numeric/statistics.ts';
import { createSampler } from '../../../src/optimizer/sampler/registry.ts';
import type { SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { PROBLEMS, type Problem } from '../../bench/optimizers/problems.ts';
import { figureAt, runProblem } from '../../bench/optimizers/run-problem.ts';

const SEEDS = [0, 1, 2, 3, 4];

async function median(problem: Problem, sampler: string, budget: number): Promise<number> {
  const figures: number[] = [];
  for (const seed of SEEDS) {
    const run = await runProblem(problem, { name: sampler, propose: createSampler(sampler) }, seed, budget, () => 0);
    figures.push(figureAt(problem, run, budget));
  }
  return quantile(
    figures.map((figure) => (Number.isFinite(figure) ? figure : 9)),
    0.5,
  );
}

const sphere20: Problem = {
  name: 'sphere20',
  space: {
    parameters: Array.from({ length: 20 }, (_, i) => ({ name: `x${i}`, kind: 'real', low: 0, high: 1, log: false })),
  } satisfies SearchSpace,
  objectiveCount: 1,
  constraintCount: 0,
  noise: 0,
  target: { kind: 'regret', optimum: 0 },
  listed: false,
  evaluate: (values) => ({
    losses: [Object.values(values).reduce<number>((sum, x) => sum + (Number(x) - 0.4) ** 2, 0)],
    slacks: [],
  }),
};

describe('Gaussian-process sampler over five seeds', () => {
  for (const name of ['branin2', 'gramacy2_con', 'mixed_ackley5']) {
    it(`has a regret at least ten times below random and Sobol on ${name}`, async () => {
      const problem = PROBLEMS.find((candidate) => candidate.name === name)!;
      const gp = await median(problem, 'gp', 40);
      expect(gp).toBeLessThan((await median(problem, 'random', 40)) - (name === 'mixed_ackley5' ? 0.3 : 1));
      expect(gp).toBeLessThan((await median(problem, 'sobol', 40)) - (name === 'mixed_ackley5' ? 0.3 : 1));
    }, 300_000);
  }

  for (const name of ['branincurrin', 'zdt2_5']) {
    it(`misses at most a third of the hypervolume that Sobol misses on ${name}`, async () => {
      const problem = PROBLEMS.find((candidate) => candidate.name === name)!;
      expect(1 - (await median(problem, 'gp', 30))).toBeLessThan((1 - (await median(problem, 'sobol', 30))) / 3);
    }, 300_000);
  }

  it('works in twenty dimensions', async () => {
    expect(await median(sphere20, 'gp', 60)).toBeLessThan((await median(sphere20, 'sobol', 60)) - 0.3);
  }, 300_000);
});
