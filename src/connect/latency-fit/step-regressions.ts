import { type Regression, regression, relativeRegression, type Sample, usualOf } from './regression.ts';
import { type Latencies, type Lengths, type Schedule, scheduleOf } from './schedule.ts';
import { enoughSteps, type Guess, likeliestStep } from './step-distances.ts';
import { LEAST_SAMPLES, SAME_STEP, type StepSearch } from './step-search.ts';

/** What the times of one server tell of its steps, µs. */
export interface StepLook {
  /** A token gap: of its own (outside included), for each request of the batch, for each prompt token of others meanwhile. */
  readonly decode: { readonly samples: readonly Sample[]; readonly fit: Regression };
  /** The times by which requests are placed in the batch: with decoding times as smooth as they are known. */
  readonly placed: Latencies;
  /** From one step with first tokens to the next such one: for each step, for each prompt token, for each decoding request in a step. */
  readonly steps: { readonly samples: readonly Sample[]; readonly fit: Regression };
}

/** Most steps in a distance, round by round: the better a step is known, the more of them can be counted. */
const MOST_STEPS = [1, 1, 2, 4, 8, 16, 32, 32] as const;
/** Shares of a token gap that are tried for the time outside of steps, then halved. */
const COARSE = 0.04;
const LARGEST_SHARE = 0.92;
const FINEST = 0.004;

/**
 * Regressions on the steps that can be seen from outside: first tokens of a busy server are whole steps apart, so their
 * distances tell what a step costs; a decoding request sees every step between its first and last token, and beside it the
 * time of each token outside of steps. How long a request was really there depends on the latter, so both are found together.
 * @returns null where too few steps are seen
 */
export function lookAtSteps(search: StepSearch): StepLook | null {
  const { lengths, gapUs } = search;
  let latencies = search.latencies;
  let outsideUs = bestWindows(search);
  let spacing: Guess = { stepUs: Math.max(1, gapUs - outsideUs), perTokenUs: 0, perRequestUs: 0, noise: 0 };
  for (let round = 0; ; round++) {
    const schedule = scheduleOf(lengths, latencies, outsideUs, SAME_STEP * spacing.stepUs);
    const decode = decodeSamples(search, schedule);
    if (decode.length < LEAST_SAMPLES) return null;
    const decodeFit = relativeRegression(decode);
    spacing = { ...spacing, noise: usualOf(decodeFit.relativeSquares.map(Math.sqrt)) };
    if (round === 0) {
      spacing = likeliestStep(search, outsideUs, { ...spacing, perTokenUs: Math.max(0, decodeFit.values[2]!) });
    }
    const steps = enoughSteps({ ...search, latencies }, outsideUs, { ...spacing, most: MOST_STEPS[round]! });
    if (steps === null) return null;
    const flat = steps.map(() => 1);
    const stepFit = regression(steps, flat);
    if (round === MOST_STEPS.length - 1) {
      return {
        placed: latencies,
        decode: { samples: decode, fit: decodeFit },
        steps: { samples: steps, fit: stepFit },
      };
    }
    const [stepUs, perTokenUs, perRequestUs] = stepFit.values.map((value) => Math.max(0, value)) as [
      number,
      number,
      number,
    ];
    spacing = { ...spacing, stepUs: Math.max(1, stepUs), perTokenUs, perRequestUs };
    latencies = smoothed(search.latencies, decode, { values: decodeFit.values, ...spacing });
    outsideUs = Math.max(0, Math.min(LARGEST_SHARE * gapUs, decodeFit.values[0]! - stepFit.values[0]!));
  }
}

/**
 * Decoding times drawn towards what the regression says of them, the more the less exact they are: an end that is wrong by many steps puts
 * requests together that never met, and a batch that is wrong by chance pulls the cost of a request towards 0.
 * @see Carroll et al. 2006, "Measurement error in nonlinear models" (regression calibration)
 */
function smoothed(
  latencies: Latencies,
  samples: readonly Sample[],
  { values, noise, stepUs }: { readonly values: readonly number[]; readonly noise: number; readonly stepUs: number },
): Latencies {
  const decodeUs = Float64Array.from(latencies.decodeUs);
  for (const { place, x, y } of samples) {
    const expected = x.reduce((sum, value, k) => sum + value * values[k]!, 0);
    const share = stepUs ** 2 / (stepUs ** 2 + (noise * expected) ** 2);
    decodeUs[place] = Math.max(0, expected + share * (y - expected));
  }
  return { ...latencies, decodeUs };
}

function decodeSamples(
  { lengths: { output }, fitted, latencies: { decodeUs } }: StepSearch,
  schedule: Schedule,
): readonly Sample[] {
  return Array.from(decodeUs.keys())
    .filter((place) => fitted[place] === 1)
    .flatMap((place) => decodeSample(place, { output, decodeUs }, schedule) ?? []);
}

/** The time from first to last token, by the token gaps in it; null where there are none. */
export function decodeSample(
  place: number,
  { output, decodeUs }: Pick<Lengths, 'output'> & Pick<Latencies, 'decodeUs'>,
  { batch, promptsMeanwhile }: Schedule,
): Sample | null {
  const gaps = output[place]! - 1;
  if (!(decodeUs[place]! > 0) || gaps < 1) return null;
  return { place, x: [gaps, gaps * batch[place]!, promptsMeanwhile[place]!], y: decodeUs[place]! };
}

/** The share at which windows of decoding fit best. */
function bestWindows(search: StepSearch): number {
  const { lengths, latencies, gapUs } = search;
  const misfit = (share: number): number => {
    const samples = decodeSamples(
      search,
      scheduleOf(lengths, latencies, share * gapUs, SAME_STEP * (1 - share) * gapUs),
    );
    if (samples.length < LEAST_SAMPLES) return 0;
    return regression(
      samples,
      samples.map(({ y }) => 1 / y ** 2),
    ).relativeSquares.reduce((sum, square) => sum + square, 0);
  };
  let [best, least] = [0, misfit(0)];
  const look = (share: number): void => {
    const own = share < 0 || share > LARGEST_SHARE ? Number.POSITIVE_INFINITY : misfit(share);
    if (own < least) [best, least] = [share, own];
  };
  for (let share = COARSE; share < LARGEST_SHARE; share += COARSE) look(share);
  for (let width = COARSE / 2; width > FINEST; width /= 2) {
    const middle = best;
    look(middle - width);
    look(middle + width);
  }
  return best * gapUs;
}
