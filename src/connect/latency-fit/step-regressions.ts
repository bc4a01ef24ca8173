import { meanOf, type Regression, regression, relativeRegression, type Sample } from './regression.ts';
import { type Latencies, type Lengths, type Schedule, scheduleOf, tokenTimes } from './schedule.ts';

/** What the times of one server tell of its steps, µs. */
export interface StepLook {
  /** A token gap: of its own (outside included), for each request of the batch, for each prompt token of others meanwhile. */
  readonly decode: { readonly samples: readonly Sample[]; readonly fit: Regression };
  /** From one step with first tokens to the next such one: for each step, for each prompt token, for each decoding request in a step. */
  readonly steps: { readonly samples: readonly Sample[]; readonly fit: Regression };
}

export interface StepSearch {
  readonly lengths: Lengths;
  /** 1 = the request counts. */
  readonly fitted: Uint8Array;
  readonly latencies: Latencies;
  /** A usual token gap. */
  readonly gapUs: number;
}

const LEAST_SAMPLES = 12;
/** Distances further from whole numbers of steps than this share of one are not looked at. */
const WHOLE = 0.4;
/** Most steps in a distance, round by round: the better a step is known, the more of them can be counted. */
const MOST_STEPS = [1, 1, 2, 4, 8, 16, 32, 32] as const;
/** First tokens closer than this share of a step are of one step. */
const SAME_STEP = 0.25;
const MOST_COUNTED = 64;
/** Lengths of a step that are tried where many must be counted: shares of the first guess, and how close together. */
const SCANNED = 0.35;
const SCAN_STEP = 0.01;
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
  const { lengths, latencies, gapUs } = search;
  let outsideUs = bestWindows(search);
  let spacing = { stepUs: Math.max(1, gapUs - outsideUs), perTokenUs: 0 };
  for (let round = 0; ; round++) {
    const schedule = scheduleOf(lengths, latencies, outsideUs, SAME_STEP * spacing.stepUs);
    const decode = decodeSamples(search, schedule);
    if (decode.length < LEAST_SAMPLES) return null;
    const decodeFit = relativeRegression(decode);
    if (round === 0) {
      spacing = likeliestStep(search, outsideUs, { ...spacing, perTokenUs: Math.max(0, decodeFit.values[2]!) });
    }
    const steps = enoughSteps(search, outsideUs, { ...spacing, most: MOST_STEPS[round]! });
    if (steps === null) return null;
    const flat = steps.map(() => 1);
    const stepFit = regression(steps, flat);
    if (round === MOST_STEPS.length - 1) {
      return { decode: { samples: decode, fit: decodeFit }, steps: { samples: steps, fit: stepFit } };
    }
    spacing = { stepUs: Math.max(1, stepFit.values[0]!), perTokenUs: Math.max(0, stepFit.values[1]!) };
    outsideUs = Math.max(0, Math.min(LARGEST_SHARE * gapUs, decodeFit.values[0]! - stepFit.values[0]!));
  }
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

/**
 * Where first tokens are always many steps apart, one step more or less in all of them would do nearly as well: the length that
 * leaves the least is taken.
 */
function likeliestStep(search: StepSearch, outsideUs: number, start: Omit<Spacing, 'most'>): Omit<Spacing, 'most'> {
  if (stepSamples(search, outsideUs, { ...start, most: 2 }).length >= LEAST_SAMPLES) return start;
  let [best, least] = [start, Number.POSITIVE_INFINITY];
  for (let share = -SCANNED; share <= SCANNED; share += SCAN_STEP) {
    const stepUs = start.stepUs * (1 + share);
    const samples = stepSamples(search, outsideUs, { ...start, stepUs, most: MOST_COUNTED });
    if (samples.length < LEAST_SAMPLES) continue;
    const { relativeSquares, values } = regression(
      samples,
      samples.map(() => 1),
    );
    const left = Math.sqrt(meanOf(relativeSquares)) / stepUs;
    if (left < least) [best, least] = [{ stepUs: values[0]!, perTokenUs: Math.max(0, values[1]!) }, left];
  }
  return best;
}

/** Where first tokens are always many steps apart, more steps have to be counted. */
function enoughSteps(search: StepSearch, outsideUs: number, spacing: Spacing): readonly Sample[] | null {
  for (let { most } = spacing; most <= MOST_COUNTED; most *= 2) {
    const steps = stepSamples(search, outsideUs, { ...spacing, most });
    if (steps.length >= LEAST_SAMPLES) return steps;
  }
  return null;
}

interface Spacing {
  readonly stepUs: number;
  readonly perTokenUs: number;
  /** Steps in a distance. */
  readonly most: number;
}

/** Distances from one step with first tokens to the next, while the server was never idle. */
function stepSamples(
  { lengths: { input, output }, fitted, latencies }: StepSearch,
  outsideUs: number,
  { stepUs, perTokenUs, most }: Spacing,
): readonly Sample[] {
  const { known, firstAt, lastAt } = tokenTimes(output, latencies, outsideUs);
  const firsts = known.map((place) => ({ place, at: firstAt(place) })).sort((a, b) => a.at - b.at);
  const ends = known.map(lastAt).sort((a, b) => a - b);
  const samples: Sample[] = [];
  let ended = 0;
  for (const [previous, step] of pairsOf(togetherIn(firsts, SAME_STEP * stepUs, input))) {
    while (ended < ends.length && ends[ended]! <= previous.at + SAME_STEP * stepUs) ended++;
    const tokens = step.tokens;
    const y = step.at - previous.at;
    const count = (y - perTokenUs * tokens) / stepUs;
    const whole = Math.round(count);
    if (fitted[step.place] !== 1 || whole < 1 || whole > most || Math.abs(count - whole) > WHOLE) continue;
    let decoding = step.before - ended;
    let presence = decoding * whole;
    for (let end = ended; end < ends.length && ends[end]! < step.at - SAME_STEP * stepUs; end++) {
      decoding--;
      presence -= ((step.at - ends[end]!) / y) * whole;
    }
    if (whole === 1 || decoding > 0) samples.push({ place: step.place, x: [whole, tokens, presence], y });
  }
  return samples;
}

interface FirstTokens {
  readonly place: number;
  readonly at: number;
  readonly tokens: number;
  /** First tokens before it. */
  readonly before: number;
}

/** First tokens of one step as one. @param closeUs - nearer ones are of one step */
function togetherIn(
  firsts: readonly { readonly place: number; readonly at: number }[],
  closeUs: number,
  input: Float64Array,
): readonly FirstTokens[] {
  const steps: { place: number; at: number; last: number; tokens: number; before: number }[] = [];
  for (const [before, { place, at }] of firsts.entries()) {
    const open = steps.at(-1);
    if (open === undefined || at - open.last >= closeUs) {
      steps.push({ place, at, last: at, tokens: input[place]!, before });
      continue;
    }
    open.tokens += input[place]!;
    open.last = at;
  }
  return steps;
}

function pairsOf<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.slice(1).map((item, index) => [items[index]!, item]);
}
