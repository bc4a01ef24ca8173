import type { Parameter, ParameterValues } from '../../../src/optimizer/space/parameter.ts';
import type { Problem } from './problems.ts';

type Numbers = readonly number[];
type Definition = Omit<Problem, 'space' | 'noise' | 'listed' | 'objectiveCount' | 'evaluate' | 'constraintCount'> & {
  readonly parameters: readonly Parameter[];
  readonly constraintCount?: number;
  readonly f: (x: Numbers, values: ParameterValues) => Numbers;
  readonly c?: (x: Numbers) => Numbers;
};

function real(name: string, low: number, high: number): Parameter {
  return { name, kind: 'real', low, high, log: false };
}

function integer(name: string, low: number, high: number): Parameter {
  return { name, kind: 'integer', low, high, log: false };
}

function cube(count: number): Parameter[] {
  return Array.from({ length: count }, (_, i) => real(`x${i + 1}`, 0, 1));
}

function problem({ parameters, f, c, constraintCount = 0, target, ...rest }: Definition): Problem {
  return {
    ...rest,
    target,
    space: { parameters },
    objectiveCount: target.kind === 'regret' ? 1 : target.reference.length,
    constraintCount,
    noise: 0,
    listed: false,
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

/** Sum of what is missing to zero. */
function violation(slacks: Numbers): number {
  return slacks.reduce((sum, slack) => sum + Math.max(0, -slack), 0);
}

/** Four-bar truss (Tanabe & Ishibuchi 2020, RE2-4-1). */
function truss([a, b, c, d]: Numbers): Numbers {
  const s = Math.SQRT2;
  return [200 * (2 * a! + s * b! + Math.sqrt(c!) + d!), 0.01 * (2 / a! + (2 * s) / b! - (2 * s) / c! + 2 / d!)];
}

/** Pressure vessel (RE2-4-3). */
function vessel([n1, n2, r, l]: Numbers): Numbers {
  const a = 0.0625 * n1!;
  const b = 0.0625 * n2!;
  const cost = 0.6224 * a * r! * l! + 1.7781 * b * r! * r! + 3.1661 * a * a * l! + 19.84 * a * a * r!;
  return [
    cost,
    violation([a - 0.0193 * r!, b - 0.00954 * r!, Math.PI * r! * r! * l! + (4 / 3) * Math.PI * r! ** 3 - 1_296_000]),
  ];
}

/** Two-bar truss (RE3-3-1). */
function twoBars([a, b, c]: Numbers): Numbers {
  const f1 = a! * Math.sqrt(16 + c! * c!) + b! * Math.sqrt(1 + c! * c!);
  const f2 = (20 * Math.sqrt(16 + c! * c!)) / (a! * c!);
  return [f1, f2, violation([0.1 - f1, 1e5 - f2, 1e5 - (80 * Math.sqrt(1 + c! * c!)) / (c! * b!)])];
}

/** Rocket injector (RE3-4-7). */
function injector([a, h, o, p]: readonly [number, number, number, number]): Numbers {
  return [
    0.692 +
      0.477 * a -
      0.687 * h -
      0.08 * o -
      0.065 * p -
      0.167 * a * a -
      0.0129 * h * a +
      0.0796 * h * h -
      0.0634 * o * a -
      0.0257 * o * h +
      0.0877 * o * o -
      0.0521 * p * a +
      0.00156 * p * h +
      0.00198 * p * o +
      0.0184 * p * p,
    0.153 -
      0.322 * a +
      0.396 * h +
      0.424 * o +
      0.0226 * p +
      0.175 * a * a +
      0.0185 * h * a -
      0.0701 * h * h -
      0.251 * o * a +
      0.179 * o * h +
      0.015 * o * o +
      0.0134 * p * a +
      0.0296 * p * h +
      0.0752 * p * o +
      0.0192 * p * p,
    0.37 -
      0.205 * a +
      0.0307 * h +
      0.108 * o +
      1.019 * p -
      0.135 * a * a +
      0.0141 * h * a +
      0.0998 * h * h +
      0.208 * o * a -
      0.0301 * o * h -
      0.226 * o * o +
      0.353 * p * a -
      0.0497 * p * o -
      0.423 * p * p +
      0.202 * h * a * a -
      0.281 * o * a * a -
      0.342 * h * h * a -
      0.245 * h * h * o +
      0.281 * o * o * h -
      0.184 * p * p * a -
      0.281 * h * a * o,
  ];
}

type Table<T> = Readonly<Record<string, T>>;
const MIX_CENTER: Table<Numbers> = {
  a: [0.2, 0.7, 0.5],
  b: [0.8, 0.3, 0.6],
  c: [0.45, 0.15, 0.9],
  d: [0.6, 0.85, 0.1],
};
const MIX_WIDTH: Table<Numbers> = { p: [6, 1, 3], q: [1, 5, 2], r: [3, 3, 8] };
const MIX_OFFSET: Table<number> = { u: 0.3, v: 0, w: 0.55, y: 0.2, z: 0.45 };
const MIX_SLOPE: Table<number> = { u: 1, v: -0.6, w: 0.3, y: -1, z: 0.7 };
const MIX_PAIR: Table<Table<number>> = {
  a: { p: 0.5, q: 0.35, r: 0.6 },
  b: { p: 0.4, q: 0.7, r: 0.05 },
  c: { p: 0.25, q: 0.55, r: 0.45 },
  d: { p: 0.65, q: 0.15, r: 0.3 },
};

/** Three interacting categories and three numbers. */
function mixed(x: Numbers, values: ParameterValues): number {
  const [c1, c2, c3] = [String(values['c1']), String(values['c2']), String(values['c3'])];
  const d = MIX_CENTER[c1]!.map((center, j) => x[j]! - center);
  const bowl = d.reduce((sum, v, j) => sum + MIX_WIDTH[c2]![j]! * v * v, 0);
  const ripple = 0.25 * (1 - Math.cos(4 * Math.PI * (d[0]! + 0.5 * d[1]!)));
  return bowl + MIX_PAIR[c1]![c2]! + MIX_OFFSET[c3]! + ripple + 0.4 * MIX_SLOPE[c3]! * (x[2]! - 0.5);
}

const SHARES = [0.34, 0.04, 0.26, 0, 0.22, 0.14];

function weights(values: ParameterValues): number {
  const w = values['w'] as Numbers;
  const squares = w.reduce((sum, v, i) => sum + (v - SHARES[i]!) ** 2, 0);
  return (
    1 -
    Math.exp(-18 * squares) -
    1.2 * (w[0]! * w[2]! - SHARES[0]! * SHARES[2]!) +
    2 * w[1]! * w[4]! +
    1.5 * w[3]! * w[5]! +
    0.15 * Math.sin(14 * (w[0]! - w[4]!))
  );
}

function bowls([a, b, c, d]: Numbers): Numbers {
  return [
    a! * a! + 0.5 * (b! - 0.3) ** 2 + 0.3 * (c! - 0.6) ** 2 + 0.1 * d!,
    (a! - 1) ** 2 + 0.5 * (b! - 0.7) ** 2 + 0.3 * (c! - 0.6) ** 2 + 0.4 * (d! - 0.25) ** 2,
  ];
}

/** Stationary birth-death queue with c servers and e more above a threshold t, room for K, service rate μ. */
function queue([c, e, t, room, mu]: Numbers): { readonly losses: Numbers; readonly slack: number } {
  const arrivals = 6;
  const most = c! + room!;
  const logs = [0];
  for (let n = 1; n <= most; n++)
    logs.push(logs[n - 1]! + Math.log(arrivals) - Math.log(mu! * Math.min(n, c! + (n > t! ? e! : 0))));
  const peak = Math.max(...logs);
  const raw = logs.map((log) => Math.exp(log - peak));
  const total = raw.reduce((sum, v) => sum + v, 0);
  const share = raw.map((v) => v / total);
  const blocked = share[most]!;
  const length = share.reduce((sum, v, n) => sum + v * n, 0);
  const extra = share.reduce((sum, v, n) => sum + (n > t! ? v : 0), 0);
  let below = 0;
  let p99 = 0;
  for (const v of share) {
    below += v;
    if (below >= 0.99) break;
    p99++;
  }
  const cost = c! + e! * (0.25 + 2 * extra) + 0.9 * mu! * mu! + 0.02 * room!;
  return { losses: [cost, length / (arrivals * (1 - blocked)) + 0.05 * p99], slack: blocked - 0.01 };
}

const BOWL = [0.62, 0.21, 0.47, 0.78];

/** Smooth bowl with ripples; a constant where "the run crashed", about a quarter of the box. */
function crashing(z: Numbers, penalty: number): number {
  if (z[0]! * z[3]! > 0.62 || z[1]! + z[2]! > 1.45) return penalty;
  const d = z.map((v, j) => v - BOWL[j]!);
  const bowl = [3, 1, 2, 1.5].reduce((sum, weight, j) => sum + weight * d[j]! * d[j]!, 0);
  return Math.min(penalty, bowl + 0.05 * (1 - Math.cos(8 * d[0]! + 5 * d[2]!)));
}

/** An overloaded queue: beyond ρ = 1 the loss grows without measure. */
function overload(x: Numbers, factor: number): number {
  const rho = 1 / (0.4 + 1.2 * x[0]!);
  const rest = x.slice(1).reduce((sum, v) => sum + (v - 0.6) ** 2, 0);
  return 40 + Math.max(0, rho - 1) * factor + 100 * rest + 20 * (x[0]! - 0.8) ** 2;
}

/** Welded beam (Deb 2000): cost under limits of shear, bending, width, buckling and deflection. */
function beam([h, l, t, b]: Numbers): { readonly loss: number; readonly slacks: Numbers } {
  const arm = Math.sqrt(0.25 * (l! * l! + (h! + t!) ** 2));
  const direct = 6000 / (Math.SQRT2 * h! * l!);
  const torsion = (6000 * (14 + 0.5 * l!) * arm) / (2 * 0.707 * h! * l! * ((l! * l!) / 12 + 0.25 * (h! + t!) ** 2));
  const shear = Math.sqrt(direct * direct + torsion * torsion + (l! * direct * torsion) / arm);
  return {
    loss: 1.10471 * h! * h! * l! + 0.04811 * t! * b! * (14 + l!),
    slacks: [
      shear - 13600,
      504000 / (t! * t! * b!) - 30000,
      h! - b!,
      6000 - 64746.022 * (1 - 0.0282346 * t!) * t! * b! ** 3,
      2.1952 / (t! ** 3 * b!) - 0.25,
    ],
  };
}

const QUEUE_VOLUME = 7.005658056143238;
const BOWLS = volume([1.2151732379129339, 1.215007683147773], 1.2670362572053604);
const replicated = (name: string, noise: number, offset: number): Problem =>
  problem({ name, parameters: cube(4), target: BOWLS, replicates: { count: 3, noise, offset }, f: bowls });

/** Problems on which earlier versions were thrown off: extreme values, replicates, strong noise, thresholds, categories. */
export const HARD: readonly Problem[] = [
  problem({
    name: 'RE21',
    parameters: [real('x1', 1, 3), real('x2', Math.SQRT2, 3), real('x3', Math.SQRT2, 3), real('x4', 1, 3)],
    target: volume([3051.211217912727, 0.04372324195219031], 54.42764330492431),
    f: truss,
  }),
  problem({
    name: 'RE23',
    parameters: [integer('x1', 1, 100), integer('x2', 1, 100), real('x3', 10, 200), real('x4', 10, 240)],
    target: volume([6448.492466273031, 1417536.7465393536], 8767378302.190207),
    f: vessel,
  }),
  problem({
    name: 'RE31',
    parameters: [real('x1', 1e-5, 100), real('x2', 1e-5, 100), real('x3', 1, 3)],
    target: volume([550.3417500515388, 9070830.94126717, 21295879.90687937], 1.0630915172325221e17),
    f: twoBars,
  }),
  problem({
    name: 'RE37',
    parameters: cube(4),
    target: volume([1.101282386121866, 1.2217577518283314, 1.2492629865147256], 1.5058112455741235),
    f: (x) => injector(x as unknown as readonly [number, number, number, number]),
  }),
  problem({
    name: 'mixed33',
    parameters: [
      ...cube(3),
      ...[MIX_CENTER, MIX_WIDTH, MIX_OFFSET].map(
        (table, k): Parameter => ({ name: `c${k + 1}`, kind: 'categorical', choices: Object.keys(table) }),
      ),
    ],
    target: regret(0.02420000000000011),
    f: (x, values) => [mixed(x, values)],
  }),
  problem({
    name: 'simplex6',
    parameters: [{ name: 'w', kind: 'simplex', components: ['a', 'b', 'c', 'd', 'e', 'f'] }],
    target: regret(0.07466590256991353),
    f: (_, values) => [weights(values)],
  }),
  problem({
    name: 'queue5',
    parameters: [integer('c', 1, 16), integer('e', 0, 8), integer('t', 0, 40), integer('K', 0, 60), real('mu', 0.3, 2)],
    target: volume([10.19452677443639, 3.2654253851139705], QUEUE_VOLUME),
    constraintCount: 1,
    f: (x) => queue(x).losses,
    c: (x) => [queue(x).slack],
  }),
  replicated('noisyrep4', 0.2, 0.4),
  replicated('noisy_nooff', 0.2, 0),
  replicated('noisy_paired', 0.02, 0.4),
  ...[1e1, 1e2, 1e4, 1e9].map((constant) =>
    problem({
      name: `penalty4_${constant.toExponential().replace('+', '')}`,
      parameters: cube(4),
      target: regret(0),
      f: (x) => [crashing(x, constant)],
    }),
  ),
  ...[0, 300, 3000, 30_000].map((factor) =>
    problem({
      name: `overload4_${factor}`,
      parameters: cube(4),
      target: regret(40),
      f: (x) => [overload(x, factor)],
    }),
  ),
  ...[1, 4].map((batch) =>
    problem({
      name: batch === 1 ? 'beam4_con' : 'beam4_con_batch4',
      parameters: [real('h', 0.125, 5), real('l', 0.1, 10), real('t', 0.1, 10), real('b', 0.125, 5)],
      target: regret(2.3809566),
      constraintCount: 5,
      batch,
      f: (x) => [beam(x).loss],
      c: (x) => beam(x).slacks,
    }),
  ),
];
