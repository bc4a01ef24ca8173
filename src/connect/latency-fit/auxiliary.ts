import { Matrix } from 'ml-matrix';
import type { MeasurementNoise } from './measurement-noise.ts';
import { blockInfluence, regression, relativeRegression, relativeWeights, type Sample, usualOf } from './regression.ts';
import { type Latencies, type Lengths, type Schedule, scheduleOf } from './schedule.ts';
import { decodeSample } from './step-regressions.ts';

/**
 * Regressions that need no knowledge of the coefficients: of measured and of simulated latencies alike. They are wrong in the same way
 * for both (windows of tokens are only about right, waits are chance), so that what they differ by is the coefficients' doing.
 */
export interface Auxiliary {
  /** Coefficients of all regressions, one after the other. */
  readonly values: readonly number[];
  /** What each block of requests adds to their errors: block × coefficient. */
  readonly influence: Matrix;
  /** Usual errors of the regressions, as shares of what they predict. */
  readonly left: MeasurementNoise;
}

export interface AuxiliaryOptions {
  readonly lengths: Lengths;
  /** 1 = the request counts. */
  readonly fitted: Uint8Array;
  /** Block of each request, from 0 in order of time. */
  readonly block: Int32Array;
  readonly blocks: number;
  readonly equations: readonly Equation[];
  /** Time of each token outside of steps, µs. */
  readonly outsideUs: number;
}

/** A regression on what a request met. */
export interface Equation {
  readonly name: 'idle' | 'busy' | 'decode';
  /** Of a first look at the measurements: sizes for the weights. */
  readonly sizes: readonly number[];
}

/** Fewer rows than this make no equation. */
const LEAST_SAMPLES = 12;

/** Equations that the measurements can fill, with their sizes. */
export function chooseEquations(
  { lengths, fitted, outsideUs }: Omit<AuxiliaryOptions, 'equations' | 'block' | 'blocks'>,
  observed: Latencies,
): readonly Equation[] {
  const schedule = scheduleOf(lengths, observed, outsideUs);
  return (['idle', 'busy', 'decode'] as const).flatMap((name) => {
    const samples = samplesOf(name, { lengths, fitted }, observed, schedule);
    if (samples.length < LEAST_SAMPLES) return [];
    return [{ name, sizes: relativeRegression(samples).values.map((value) => Math.max(0, value)) }];
  });
}

export function auxiliaryOf(latencies: Latencies, options: AuxiliaryOptions): Auxiliary {
  const { lengths, block, blocks, equations, outsideUs } = options;
  const schedule = scheduleOf(lengths, latencies, outsideUs);
  const values: number[] = [];
  const columns: number[][] = [];
  const left = { ttft: [0], decode: [0] };
  for (const { name, sizes } of equations) {
    const samples = samplesOf(name, options, latencies, schedule);
    const fit = samples.length === 0 ? null : regression(samples, relativeWeights(samples, sizes));
    const influence = fit === null ? Matrix.zeros(blocks, sizes.length) : blockInfluence(samples, fit, block, blocks);
    if (fit !== null) left[name === 'decode' ? 'decode' : 'ttft'].push(...fit.relativeSquares.map(Math.sqrt));
    values.push(...(fit === null ? sizes.map(() => 0) : fit.values));
    columns.push(...sizes.map((_, k) => influence.getColumn(k)));
  }
  return {
    values,
    influence: new Matrix(columns).transpose(),
    left: { ttft: usualOf(left.ttft), decode: usualOf(left.decode) },
  };
}

function samplesOf(
  name: Equation['name'],
  { lengths: { input, output }, fitted }: Pick<AuxiliaryOptions, 'lengths' | 'fitted'>,
  { ttftUs, decodeUs }: Latencies,
  schedule: Schedule,
): readonly Sample[] {
  const { decoding, waiting, prompts } = schedule;
  const samples: Sample[] = [];
  for (let place = 0; place < input.length; place++) {
    if (fitted[place] === 0 || !(ttftUs[place]! > 0)) continue;
    const alone = decoding[place]! + waiting[place]! === 0;
    if (name === 'decode') {
      const sample = decodeSample(place, { output, decodeUs }, schedule);
      if (sample !== null) samples.push(sample);
    } else if (name === 'idle' && alone) {
      samples.push({ place, x: [1, input[place]!], y: ttftUs[place]! });
    } else if (name === 'busy' && !alone) {
      samples.push({ place, x: [1, input[place]!, decoding[place]!, prompts[place]!], y: ttftUs[place]! });
    }
  }
  return samples;
}
