import { inverse, Matrix } from 'ml-matrix';
import type { MeasurementNoise } from './measurement-noise.ts';
import { leastInBox } from './quadratic-box.ts';
import { blockCovariance, blockInfluence, type Regression, type Sample, usualOf } from './regression.ts';
import { EventCount, tokenTimes } from './schedule.ts';
import { lookAtSteps, type StepLook } from './step-regressions.ts';
import { SAME_STEP, type StepSearch } from './step-search.ts';
import { fitWaits, type Wait } from './waits.ts';

export interface DirectFit {
  /** α0, α1, α2, β0, β1, β2. */
  readonly values: readonly number[];
  readonly covariance: Matrix;
  readonly noise: MeasurementNoise;
}

export interface DirectSearch extends StepSearch {
  /** Block of each request, from 0 in order of time: errors of different blocks have nothing to do with each other. */
  readonly block: Int32Array;
  readonly blocks: number;
}

/** Regressions are not trusted further than to this share, so that none of them decides alone. */
const LEAST_ERROR = 3e-4;
/**
 * What windows and counts leave wrong in the same way everywhere, as shares of α0, α1, the whole gap, β0, β1 and β2: no coefficient is
 * known better. The clock has whole µs.
 */
const LEFT_ERRORS = [3e-4, 3e-4, 2e-4, 1e-4, 1e-3, 1e-3] as const;
const CLOCK_ERROR_US = 0.5;
/** A request that ends within so many steps may have left the server already. */
const ABOUT_TO_END = 1.2;
/** With errors of TTFT above this share of a step, steps can no longer be told apart one by one. */
const MOST_NOISE = 0.12;
/** As many degrees of freedom go into the values: with 50 blocks, errors come out 6 % too small without them. */
const COEFFICIENTS = 6;
/** Least share of requests that must be explained, for the whole to be believed. */
const LEAST_EXPLAINED = 0.5;

/**
 * The six coefficients of α + β·step by what the times of one server tell, without simulating it.
 *
 * - Distances of first tokens: β0, β1, β2.
 * - Time between first and last token against batch and prompts meanwhile: α2 + β0, β2, β1.
 * - Time from the arrival to the step with the first token, which is α0 + α1·prompt and a wait of at most one step.
 *
 * @returns null where the times are not those of one server that is busy now and then
 */
export function fitDirectly(search: DirectSearch): DirectFit | null {
  const look = lookAtSteps(search);
  if (look === null) return null;
  const steps = stepCoefficients(search, look);
  const noiseUs = noiseOf(look.steps);
  if (noiseUs > MOST_NOISE * steps.values[1]!) return null;
  const waits = waitsOf({ ...search, latencies: look.placed }, steps.values, noiseUs);
  const known = search.fitted.reduce(
    (count, one, i) => count + (one === 1 && search.latencies.ttftUs[i]! > 0 ? 1 : 0),
    0,
  );
  if (waits.length < LEAST_EXPLAINED * known) return null;
  const before = fitWaits(waits);
  const influence = Matrix.zeros(search.blocks, 6);
  for (const [i, { place }] of waits.entries()) {
    const row = search.block[place]!;
    for (const k of [0, 1]) influence.set(row, k, influence.get(row, k) + before.influence[i]![k]!);
  }
  const slopes = new Matrix(before.slopes as number[][]);
  const carried = steps.influence.mmul(slopes.transpose());
  for (let row = 0; row < search.blocks; row++) {
    for (const k of [0, 1]) influence.set(row, k, influence.get(row, k) - carried.get(row, k));
    for (const m of [0, 1, 2, 3]) influence.set(row, 2 + m, steps.influence.get(row, m));
  }
  const covariance = Matrix.mul(blockCovariance(influence), search.blocks / Math.max(1, search.blocks - COEFFICIENTS));
  const values = [...before.values, ...steps.values];
  for (const [k, value] of values.entries()) {
    const size = k === 2 ? value + values[3]! : value;
    const clock = k === 0 || k === 2 || k === 3 ? CLOCK_ERROR_US : 0;
    covariance.set(k, k, covariance.get(k, k) + (LEFT_ERRORS[k]! * size) ** 2 + clock ** 2);
  }
  const decode = usualOf(look.decode.fit.relativeSquares.map(Math.sqrt));
  return { values, covariance, noise: { ttft: noiseUs / usualTtft(search), decode } };
}

/** Half of the requests have a longer TTFT, µs. */
function usualTtft({ latencies: { ttftUs } }: StepSearch): number {
  const known = ttftUs.filter((us) => us > 0).sort();
  return known[known.length >> 1] ?? 1;
}

/** α2, β0, β1, β2: generalised least squares of what distances and decoding say of them. */
function stepCoefficients({ block, blocks }: DirectSearch, { steps, decode }: StepLook) {
  const says = new Matrix([
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [1, 1, 0, 0],
    [0, 0, 0, 1],
    [0, 0, 1, 0],
  ]);
  const said = [...steps.fit.values, ...decode.fit.values];
  const influence = Matrix.zeros(blocks, 6);
  influence.setSubMatrix(blockInfluence(steps.samples, steps.fit, block, blocks), 0, 0);
  influence.setSubMatrix(blockInfluence(decode.samples, decode.fit, block, blocks), 0, 3);
  const covariance = blockCovariance(influence);
  addBlock(covariance, steps.fit, 0);
  addBlock(covariance, decode.fit, 3);
  for (const [k, value] of said.entries()) {
    covariance.set(k, k, covariance.get(k, k) * (1 + 1e-9) + (LEAST_ERROR * value) ** 2 + 1e-12);
  }
  const weights = inverse(covariance, true);
  const information = says.transpose().mmul(weights).mmul(says);
  const pull = says.transpose().mmul(weights).mmul(Matrix.columnVector(said)).to1DArray();
  const values = leastInBox(information, pull, { low: [0, 0, 0, 0], high: [Infinity, Infinity, Infinity, Infinity] });
  const spread = inverse(information, true).mmul(says.transpose()).mmul(weights);
  return { values, influence: influence.mmul(spread.transpose()) };
}

function addBlock(covariance: Matrix, { unknown }: Regression, from: number): void {
  for (let a = 0; a < unknown.rows; a++) {
    for (let b = 0; b < unknown.columns; b++) {
      covariance.set(from + a, from + b, covariance.get(from + a, from + b) + unknown.get(a, b));
    }
  }
}

/** Standard deviation of one time, from the usual error of a distance of two. */
function noiseOf({ samples, fit }: { readonly samples: readonly Sample[]; readonly fit: Regression }): number {
  const errors = samples.map(({ x, y }) => Math.abs(y - x.reduce((sum, value, k) => sum + value * fit.values[k]!, 0)));
  return Math.max(1, usualOf(errors) / Math.SQRT2);
}

/** Requests that came to a server that was idle, or busy beyond doubt. */
function waitsOf(
  { lengths: { input, output }, fitted, latencies }: StepSearch,
  values: readonly number[],
  noiseUs: number,
): readonly Wait[] {
  const [outsideUs, ownUs, perTokenUs, perRequestUs] = values as [number, number, number, number];
  const { known, firstAt, lastAt } = tokenTimes(output, latencies, outsideUs);
  const firsts = new EventCount(known.map((i) => [firstAt(i), input[i]!]));
  const ends = new EventCount(known.map((i) => [lastAt(i), 0]));
  const near = SAME_STEP * ownUs;
  const promptsAt = (at: number): number => firsts.weight(at + near) - firsts.weight(at - near);
  const decodingAt = (at: number): number => firsts.count(at) - ends.count(at);
  const waits: Wait[] = [];
  for (const place of known) {
    if (fitted[place] !== 1) continue;
    const first = firstAt(place);
    const prompts = promptsAt(first);
    const roughStart = first - ownUs - perTokenUs * prompts;
    const decoding = decodingAt(roughStart + near);
    const start = roughStart - perRequestUs * decoding;
    const [promptsBefore, decodingBefore] = [promptsAt(start), decodingAt(start - ownUs / 2)];
    const idle = promptsBefore === 0 && decodingBefore <= 0;
    // Those that go on decoding: nobody else keeps the server busy for sure.
    const staying = firsts.count(start + near) - ends.count(start + ABOUT_TO_END * ownUs);
    if (!idle && staying <= 0) continue;
    const mostUs = idle ? 0 : ownUs + perTokenUs * promptsBefore + perRequestUs * Math.max(0, decodingBefore);
    const half = idle ? 0 : 0.5;
    const slopes = [1, 1 + half, prompts + half * promptsBefore, decoding + half * decodingBefore];
    waits.push({ place, tokens: input[place]!, us: start - latencies.arrivalUs[place]!, mostUs, noiseUs, slopes });
  }
  return waits;
}
