import type { Parameter, ParameterValues, SearchSpace } from '../../../src/optimizer/space/parameter.ts';
import { HARD } from './hard-problems.ts';

/** A test problem with a known answer; all objectives are minimised, a point is feasible iff every slack is ≤ 0. */
export interface Problem {
  readonly name: string;
  readonly space: SearchSpace;
  readonly objectiveCount: number;
  readonly constraintCount: number;
  /** Standard deviation of the Gaussian noise on every objective. */
  readonly noise: number;
  readonly target:
    | { readonly kind: 'regret'; readonly optimum: number }
    | { readonly kind: 'hypervolume'; readonly reference: readonly number[]; readonly maximum: number };
  /** Evaluations told as replicates: one effect for each replicate and objective, and noise on top. */
  readonly replicates?: { readonly count: number; readonly noise: number; readonly offset: number };
  /** Points asked for at once; 1 where it is left out. */
  readonly batch?: number;
  /** Whether RESULTS of other programs exist for it. */
  readonly listed: boolean;
  evaluate(values: ParameterValues): { readonly losses: readonly number[]; readonly slacks: readonly number[] };
}

type Numbers = readonly number[];

function reals(count: number, low: number, high: number): Parameter[] {
  return Array.from({ length: count }, (_, i) => real(`x${i + 1}`, low, high));
}

function real(name: string, low: number, high: number): Parameter {
  return { name, kind: 'real', low, high, log: false };
}

function integer(name: string, low: number, high: number): Parameter {
  return { name, kind: 'integer', low, high, log: false };
}

interface Definition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly target: Problem['target'];
  readonly constraintCount?: number;
  readonly noise?: number;
  readonly listed?: boolean;
  readonly f: (x: Numbers, values: ParameterValues) => Numbers;
  readonly c?: (x: Numbers) => Numbers;
}

function problem(definition: Definition): Problem {
  const { name, parameters, target, constraintCount = 0, noise = 0, listed = false, f, c } = definition;
  return {
    name,
    space: { parameters },
    objectiveCount: target.kind === 'regret' ? 1 : target.reference.length,
    constraintCount,
    noise,
    target,
    listed,
    evaluate: (values) => {
      const x = parameters.map((parameter) => Number(values[parameter.name]));
      return { losses: f(x, values), slacks: c?.(x) ?? [] };
    },
  };
}

const regret = (optimum: number): Problem['target'] => ({ kind: 'regret', optimum });
const volume = (reference: Numbers, maximum: number): Problem['target'] => ({
  kind: 'hypervolume',
  reference,
  maximum,
});

/** Branin & Hoo 1972. */
function branin(a: number, b: number): number {
  const bend = b - (5.1 / (4 * Math.PI ** 2)) * a * a + (5 / Math.PI) * a - 6;
  return bend * bend + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(a) + 10;
}

const HARTMANN_HEIGHT = [1, 1.2, 3, 3.2];
const HARTMANN6_WIDTH = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const HARTMANN6_CENTER = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];
const HARTMANN3_WIDTH = [
  [3, 10, 30],
  [0.1, 10, 35],
  [3, 10, 30],
  [0.1, 10, 35],
];
const HARTMANN3_CENTER = [
  [0.3689, 0.117, 0.2673],
  [0.4699, 0.4387, 0.747],
  [0.1091, 0.8732, 0.5547],
  [0.0381, 0.5743, 0.8828],
];

/** Hartmann 1972. */
function hartmann(x: Numbers, width: readonly Numbers[], center: readonly Numbers[]): number {
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    let exponent = 0;
    for (let j = 0; j < x.length; j++) exponent += width[i]![j]! * (x[j]! - center[i]![j]!) ** 2;
    sum -= HARTMANN_HEIGHT[i]! * Math.exp(-exponent);
  }
  return sum;
}

/** Ackley 1987. */
function ackley(x: Numbers): number {
  const squares = x.reduce((sum, v) => sum + v * v, 0) / x.length;
  const waves = x.reduce((sum, v) => sum + Math.cos(2 * Math.PI * v), 0) / x.length;
  return -20 * Math.exp(-0.2 * Math.sqrt(squares)) - Math.exp(waves) + 20 + Math.E;
}

const ACKLEY_LEVELS: readonly Readonly<Record<string, number>>[] = [
  { a: 3, b: -2, c: 0, d: -4, e: 1.5 },
  { p: -3.5, q: 2.5, r: -1, s: 4.5, t: 0 },
];

function mixedAckley(x: Numbers, values: ParameterValues): number {
  const levels = ACKLEY_LEVELS.map((level, k) => level[String(values[`c${k + 1}`])]!);
  return ackley([...x.slice(0, 3), ...levels]);
}

/** Pressure vessel design, thicknesses in steps of 1/16 inch (Sandgren 1990). */
function vesselCost([n1, n2, r, l]: Numbers): number {
  const a = 0.0625 * n1!;
  const b = 0.0625 * n2!;
  return 0.6224 * a * r! * l! + 1.7781 * b * r! * r! + 3.1661 * a * a * l! + 19.84 * a * a * r!;
}

function vesselSlacks([n1, n2, r, l]: Numbers): Numbers {
  return [
    -0.0625 * n1! + 0.0193 * r!,
    -0.0625 * n2! + 0.00954 * r!,
    -Math.PI * r! * r! * l! - (4 / 3) * Math.PI * r! ** 3 + 1_296_000,
  ];
}

function currin(a: number, b: number): number {
  const damp = b > 0 ? 1 - Math.exp(-1 / (2 * b)) : 1;
  return (damp * (2300 * a ** 3 + 1900 * a * a + 2092 * a + 60)) / (100 * a ** 3 + 500 * a * a + 4 * a + 20);
}

/** Zitzler, Deb & Thiele 2000. */
function zdtDistance(x: Numbers): number {
  return 1 + (9 * x.slice(1).reduce((sum, v) => sum + v, 0)) / (x.length - 1);
}

/** Deb, Thiele, Laumanns & Zitzler 2002. */
function dtlz2(x: Numbers, width: number): Numbers {
  const g = x.slice(width - 1).reduce((sum, v) => sum + (v - 0.5) ** 2, 0);
  return Array.from({ length: width }, (_, i) => {
    let value = 1 + g;
    for (let j = 0; j < width - 1 - i; j++) value *= Math.cos((x[j]! * Math.PI) / 2);
    return i > 0 ? value * Math.sin((x[width - 1 - i]! * Math.PI) / 2) : value;
  });
}

const SPHERE_SHARE: Readonly<Record<number, number>> = { 2: Math.PI / 4, 3: Math.PI / 6 };

function dtlz2Volume(width: number): number {
  return 1.1 ** width - SPHERE_SHARE[width]!;
}

const HARTMANN6_OPTIMUM = -3.322368011391339;

/** The problems measured for other programs. */
const LISTED: readonly Problem[] = [
  {
    name: 'branin2',
    parameters: [real('x1', -5, 10), real('x2', 0, 15)],
    target: regret(0.39788735772973816),
    f: ([a, b]: Numbers) => [branin(a!, b!)],
  },
  {
    name: 'hartmann6',
    parameters: reals(6, 0, 1),
    target: regret(HARTMANN6_OPTIMUM),
    f: (x: Numbers) => [hartmann(x, HARTMANN6_WIDTH, HARTMANN6_CENTER)],
  },
  { name: 'ackley5', parameters: reals(5, -5, 10), target: regret(0), f: (x: Numbers) => [ackley(x)] },
  {
    name: 'hartmann6_noisy',
    parameters: reals(6, 0, 1),
    target: regret(HARTMANN6_OPTIMUM),
    noise: 0.1,
    f: (x: Numbers) => [hartmann(x, HARTMANN6_WIDTH, HARTMANN6_CENTER)],
  },
  {
    name: 'mixed_ackley5',
    parameters: [
      ...reals(3, -5, 10),
      { name: 'c1', kind: 'categorical', choices: ['a', 'b', 'c', 'd', 'e'] } as const,
      { name: 'c2', kind: 'categorical', choices: ['p', 'q', 'r', 's', 't'] } as const,
    ],
    target: regret(0),
    f: (x: Numbers, values: ParameterValues) => [mixedAckley(x, values)],
  },
  {
    name: 'pressure4_con',
    parameters: [integer('n1', 1, 99), integer('n2', 1, 99), real('r', 10, 200), real('L', 10, 200)],
    target: regret(6059.714335),
    constraintCount: 3,
    f: (x: Numbers) => [vesselCost(x)],
    c: vesselSlacks,
  },
  {
    name: 'branincurrin',
    parameters: reals(2, 0, 1),
    target: volume([18, 6], 59.36011874867746),
    f: ([a, b]: Numbers) => [branin(15 * a! - 5, 15 * b!), currin(a!, b!)],
  },
  {
    name: 'zdt1_6',
    parameters: reals(6, 0, 1),
    target: volume([11, 11], 120 + 2 / 3),
    f: (x: Numbers) => {
      const g = zdtDistance(x);
      return [x[0]!, g * (1 - Math.sqrt(x[0]! / g))];
    },
  },
  {
    name: 'dtlz2_6_m2',
    parameters: reals(6, 0, 1),
    target: volume([1.1, 1.1], dtlz2Volume(2)),
    f: (x: Numbers) => dtlz2(x, 2),
  },
  {
    name: 'dtlz2_6_m3',
    parameters: reals(6, 0, 1),
    target: volume([1.1, 1.1, 1.1], dtlz2Volume(3)),
    f: (x: Numbers) => dtlz2(x, 3),
  },
  {
    name: 'constrex_con',
    parameters: [real('x1', 0.1, 10), real('x2', 0, 5)],
    target: volume([10, 10], (19 * 5) / 18 - 7 * Math.log(12 / 7) + 280 / 3 - Math.log(15)),
    constraintCount: 2,
    f: ([a, b]: Numbers) => [a!, (1 + b!) / a!],
    c: ([a, b]: Numbers) => [-(9 * a! + b! - 6), -(9 * a! - b! - 1)],
  },
].map((definition) => problem({ ...definition, listed: true }));

/** Further problems of the same kinds, to see that choices do not fit the listed ones only. */
const FURTHER: readonly Problem[] = [
  {
    name: 'rosenbrock4',
    parameters: reals(4, -2, 2),
    target: regret(0),
    f: (x: Numbers) => [x.slice(1).reduce((sum, v, i) => sum + 100 * (v - x[i]! * x[i]!) ** 2 + (1 - x[i]!) ** 2, 0)],
  },
  {
    name: 'hartmann3',
    parameters: reals(3, 0, 1),
    target: regret(-3.86278214782076),
    f: (x: Numbers) => [hartmann(x, HARTMANN3_WIDTH, HARTMANN3_CENTER)],
  },
  {
    name: 'levy4',
    parameters: reals(4, -10, 10),
    target: regret(0),
    f: (x: Numbers) => {
      const w = x.map((v) => 1 + (v - 1) / 4);
      const last = w[w.length - 1]!;
      let sum = Math.sin(Math.PI * w[0]!) ** 2 + (last - 1) ** 2 * (1 + Math.sin(2 * Math.PI * last) ** 2);
      for (const v of w.slice(0, -1)) sum += (v - 1) ** 2 * (1 + 10 * Math.sin(Math.PI * v + 1) ** 2);
      return [sum];
    },
  },
  {
    name: 'styblinski3',
    parameters: reals(3, -5, 5),
    target: regret(3 * -39.16616570377142),
    f: (x: Numbers) => [x.reduce((sum, v) => sum + (v ** 4 - 16 * v * v + 5 * v) / 2, 0)],
  },
  {
    name: 'branin2_noisy',
    parameters: [real('x1', -5, 10), real('x2', 0, 15)],
    target: regret(0.39788735772973816),
    noise: 2,
    f: ([a, b]: Numbers) => [branin(a!, b!)],
  },
  {
    name: 'gramacy2_con',
    parameters: reals(2, 0, 1),
    target: regret(0.5997880526),
    constraintCount: 2,
    f: ([a, b]: Numbers) => [a! + b!],
    c: ([a, b]: Numbers) => [
      1.5 - a! - 2 * b! - 0.5 * Math.sin(2 * Math.PI * (a! * a! - 2 * b!)),
      a! * a! + b! * b! - 1.5,
    ],
  },
  {
    name: 'zdt2_5',
    parameters: reals(5, 0, 1),
    target: volume([11, 11], 120 + 1 / 3),
    f: (x: Numbers) => {
      const g = zdtDistance(x);
      return [x[0]!, g * (1 - (x[0]! / g) ** 2)];
    },
  },
  {
    name: 'dtlz2_5_m3',
    parameters: reals(5, 0, 1),
    target: volume([1.1, 1.1, 1.1], dtlz2Volume(3)),
    f: (x: Numbers) => dtlz2(x, 3),
  },
  {
    name: 'c2dtlz2_4_con',
    parameters: reals(4, 0, 1),
    target: volume([1.1, 1.1], 0.3996406303723544),
    constraintCount: 1,
    f: (x: Numbers) => dtlz2(x, 2),
    c: (x: Numbers) => {
      const [a, b] = dtlz2(x, 2) as [number, number];
      const r2 = 0.04;
      const ends = Math.min((a - 1) ** 2 + b * b, (b - 1) ** 2 + a * a) - r2;
      const middle = 2 * ((a + b) / 2) ** 2 + (a - b) ** 2 / 2 - (a + b) * Math.SQRT2 + 1 - r2;
      return [Math.min(ends, middle)];
    },
  },
].map(problem);

export const PROBLEMS: readonly Problem[] = [...LISTED, ...FURTHER, ...HARD];
