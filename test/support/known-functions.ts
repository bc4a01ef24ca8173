import { stream } from '../../src/base/random.ts';
import { createSampler } from '../../src/optimizer/sampler/registry.ts';
import type { Evidence, Observation } from '../../src/optimizer/sampler/sampler.ts';
import {
  estimateIndices,
  type GroupIndices,
  type IndexEstimates,
  sobolDesign,
} from '../../src/optimizer/sensitivity/sobol-indices.ts';
import { decode, encode } from '../../src/optimizer/space/encode.ts';
import type { SearchSpace } from '../../src/optimizer/space/parameter.ts';

/** A function of the unit cube with one coordinate for each parameter. */
export interface KnownFunction {
  readonly space: SearchSpace;
  readonly at: (u: ArrayLike<number>) => number;
  /** Deviation of the noise in what is told. */
  readonly noise: number;
}

const reals = (count: number): SearchSpace => ({
  parameters: Array.from({ length: count }, (_, j) => ({
    name: `x${j + 1}`,
    kind: 'real',
    low: 0,
    high: 1,
    log: false,
  })),
});

const gFunction =
  (weights: readonly number[]) =>
  (u: ArrayLike<number>): number =>
    weights.reduce((product, a, j) => (product * (Math.abs(4 * u[j]! - 2) + a)) / (1 + a), 1);

function ishigami(u: ArrayLike<number>): number {
  const [a, b, c] = Array.from(u, (value) => Math.PI * (2 * value - 1)) as [number, number, number];
  return Math.sin(a) + 7 * Math.sin(b) ** 2 + 0.1 * c ** 4 * Math.sin(a);
}

const additive = (u: ArrayLike<number>): number => 4 * u[0]! + 2 * u[1]! + u[2]! ** 2;

const CHOICE_SLOPES = [0, 1, 3];

export const KNOWN_FUNCTIONS = {
  ishigami: { space: reals(3), at: ishigami, noise: 0 },
  'ishigami-noisy': { space: reals(3), at: ishigami, noise: 1 },
  g4: { space: reals(4), at: gFunction([0, 1, 4.5, 9]), noise: 0 },
  g6: { space: reals(6), at: gFunction([0, 0.5, 3, 9, 99, 99]), noise: 0 },
  additive: { space: reals(4), at: additive, noise: 0 },
  'additive-noisy': { space: reals(4), at: additive, noise: 0.5 },
  friedman: {
    space: reals(5),
    at: (u) => 10 * Math.sin(Math.PI * u[0]! * u[1]!) + 20 * (u[2]! - 0.5) ** 2 + 10 * u[3]! + 5 * u[4]!,
    noise: 1,
  },
  /** A latency that grows without bound near saturation. */
  queue: { space: reals(3), at: (u) => 1 / (1.02 - 0.6 * u[0]! - 0.35 * u[1]!) + 0.5 * u[2]!, noise: 0 },
  mixed: {
    space: {
      parameters: [
        { name: 'kind', kind: 'categorical', choices: ['a', 'b', 'c'] },
        { name: 'count', kind: 'integer', low: 1, high: 8, log: false },
        { name: 'x', kind: 'real', low: 0, high: 1, log: false },
      ],
    },
    at: (u) => CHOICE_SLOPES[Math.min(2, Math.floor(3 * u[0]!))]! * u[2]! + Math.abs(u[1]! - 0.3),
    noise: 0,
  },
} satisfies Readonly<Record<string, KnownFunction>>;

/** What a study knows after so many evaluations of a sampler's points. */
export function evidenceOf(
  { space, at, noise }: KnownFunction,
  { count, seed, sampler = 'sobol' }: { readonly count: number; readonly seed: number; readonly sampler?: string },
): Evidence {
  const rng = stream(seed, 'noise');
  const propose = createSampler(sampler);
  const observations: Observation[] = [];
  const evidence: Evidence = {
    space,
    objectiveCount: 1,
    constraintCount: 0,
    observations,
    pending: [],
    budget: count,
  };
  while (observations.length < count) {
    const [values] = propose(evidence, { seed, count: 1 });
    const loss = at(encode(space, values!)) + noise * rng.normal();
    observations.push({ values: values!, losses: [loss], lossVariances: [null], slacks: [], slackVariances: [] });
  }
  return evidence;
}

const TRUTH_ROWS = 2 ** 14;

/** Indices of the function without noise, to about 0.002. */
export function trueIndices({ space, at }: KnownFunction): IndexEstimates {
  const groups = space.parameters.map((_, j) => [j]);
  const design = sobolDesign(groups.length, groups, TRUTH_ROWS, stream(1, 'truth'));
  const values = (points: readonly Float64Array[]): Float64Array =>
    Float64Array.from(points, (u) => at(encode(space, decode(space, u))));
  return estimateIndices({ a: values(design.a), b: values(design.b), mixed: design.mixed.map(values) });
}

const TRUTH_ERROR = 0.002;

export interface Coverage {
  readonly held: number;
  readonly count: number;
  /** Mean width. */
  readonly width: number;
  readonly missed: readonly string[];
}

/** Which of the intervals hold the true indices. */
export function coverageOf(truth: IndexEstimates, found: readonly GroupIndices[]): Coverage {
  const all = found.flatMap(({ first, total }, j) => [
    { name: `first ${j + 1}`, interval: first, value: truth.first[j]! },
    { name: `total ${j + 1}`, interval: total, value: truth.total[j]! },
  ]);
  const missed = all.filter(
    ({ interval, value }) => interval.low > value + TRUTH_ERROR || interval.high < value - TRUTH_ERROR,
  );
  return {
    held: all.length - missed.length,
    count: all.length,
    width: all.reduce((sum, { interval }) => sum + (interval.high - interval.low) / all.length, 0),
    missed: missed.map(({ name, interval: { low, high }, value }) =>
      [name, value.toFixed(2), `[${low.toFixed(2)}, ${high.toFixed(2)}]`].join(' '),
    ),
  };
}
