import { inverse, Matrix } from 'ml-matrix';
import { normalCdf, normalPdf } from '../../numeric/normal.ts';
import { power } from '../../numeric/power.ts';
import { leastInBox } from './quadratic-box.ts';
import { regression } from './regression.ts';

/** Time between arrival and the step with the first token, and the longest wait for it. */
export interface Wait {
  readonly place: number;
  /** Prompt tokens. */
  readonly tokens: number;
  /** From the arrival to the start of the step, µs. */
  readonly us: number;
  /** Length of the step that was running when the request came to the queue; 0 = none was. */
  readonly mostUs: number;
  /** Standard deviation of what was measured wrongly, µs. */
  readonly noiseUs: number;
  /** Change of the expected `us` with α2, β0, β1, β2, of both steps. */
  readonly slopes: readonly number[];
}

export interface WaitFit {
  /** Before the queue: of its own, and for each prompt token. */
  readonly values: readonly [number, number];
  readonly influence: readonly (readonly [number, number])[];
  /** Change of both values with α2, β0, β1, β2. */
  readonly slopes: readonly (readonly number[])[];
}

/** Share of requests that waited for something else. */
const OTHERS = 0.02;
/** Edges are no sharper than this share of a step. */
const SHARPEST = 0.05;
/** Edges at first, as shares of a step, then sharper and sharper. */
const EDGES = [0.5, 0.25, 0.1, 0] as const;
const STEPS = 10;
/** Of a step: over which slopes of the score are taken. */
const FINE = 0.005;
/** One step of the search is no longer than this share of a step of the server. */
const LONGEST = 0.25;

/**
 * Maximum likelihood of α0 + α1·tokens: a request that finds a step running waits for its end, anything up to its length with equal
 * chance; one that finds none does not wait.
 */
export function fitWaits(waits: readonly Wait[]): WaitFit {
  const usualUs = Math.max(...waits.map(({ mostUs, noiseUs }) => Math.max(mostUs / 4, 10 * noiseUs)));
  const tokens = sum(waits.map((wait) => wait.tokens)) / Math.max(1, waits.length);
  let values = start(waits);
  for (const edge of EDGES) {
    for (let step = 0; step < STEPS; step++) {
      const scores = waits.map((wait) => score(wait, values, edge));
      const pull = [sum(scores), sum(scores.map((value, i) => value * waits[i]!.tokens))];
      const most = [LONGEST * usualUs, (LONGEST * usualUs) / Math.max(1, tokens)];
      const low = most.map((value, k) => Math.max(-values[k]!, -value));
      const curvatures = waits.map((wait) => Math.max(0, curvature(wait, values, edge)));
      const [own, perToken] = leastInBox(informationOf(waits, curvatures), pull, { low, high: most }) as [
        number,
        number,
      ];
      values = [values[0] + own, values[1] + perToken];
    }
  }
  const scores = waits.map((wait) => score(wait, values, 0));
  const curvatures = waits.map((wait) => curvature(wait, values, 0));
  const inverted = inverse(informationOf(waits, curvatures), true);
  return {
    values,
    influence: waits.map(({ tokens }, i) => [
      (inverted.get(0, 0) + inverted.get(0, 1) * tokens) * scores[i]!,
      (inverted.get(1, 0) + inverted.get(1, 1) * tokens) * scores[i]!,
    ]),
    slopes: [0, 1].map((k) =>
      [0, 1, 2, 3].map((m) =>
        sum(
          waits.map(
            ({ tokens, slopes }, i) => curvatures[i]! * (inverted.get(k, 0) + inverted.get(k, 1) * tokens) * slopes[m]!,
          ),
        ),
      ),
    ),
  };
}

/** Half of the longest wait is usual. */
function start(waits: readonly Wait[]): [number, number] {
  const samples = waits.map(({ place, tokens, us, mostUs }) => ({ place, x: [1, tokens], y: us - mostUs / 2 }));
  const weights = waits.map(({ mostUs, noiseUs }) => 1 / (mostUs ** 2 / 12 + noiseUs ** 2));
  const { values } = regression(samples, weights);
  return [Math.max(0, values[0]!), Math.max(0, values[1]!)];
}

/** Derivative of the log likelihood of one wait by its location. */
function score({ tokens, us, mostUs, noiseUs }: Wait, [own, perToken]: readonly number[], edge: number): number {
  const rest = us - own! - perToken! * tokens;
  const usual = Math.max(mostUs, 20 * noiseUs, 100);
  const sigma = Math.max(noiseUs, SHARPEST * usual, edge * usual);
  const other = OTHERS / (3 * usual);
  if (mostUs === 0) {
    const density = ((1 - OTHERS) * normalPdf(rest / sigma)) / sigma;
    return ((density / (density + other)) * rest) / sigma ** 2;
  }
  const [low, high] = [rest / sigma, (rest - mostUs) / sigma];
  const density = ((1 - OTHERS) * (normalCdf(low) - normalCdf(high))) / mostUs;
  const slope = ((1 - OTHERS) * (normalPdf(low) - normalPdf(high))) / (mostUs * sigma);
  return -slope / (density + other);
}

/** Minus the second derivative. */
function curvature(wait: Wait, values: readonly number[], edge: number): number {
  const h = FINE * Math.max(wait.mostUs, wait.noiseUs, 100);
  const at = (by: number): number => score(wait, [values[0]! + by, values[1]!], edge);
  return (at(-h) - at(h)) / (2 * h);
}

function informationOf(waits: readonly Wait[], weights: readonly number[]): Matrix {
  const moments = [0, 1, 2].map((k) => sum(waits.map(({ tokens }, i) => weights[i]! * power(tokens, k))));
  return new Matrix([
    [moments[0]!, moments[1]!],
    [moments[1]!, moments[2]!],
  ]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
