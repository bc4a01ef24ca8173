import { normalCdf } from '../../numeric/normal.ts';
import { meanOf, regression, type Sample } from './regression.ts';
import { tokenTimes } from './schedule.ts';
import { LEAST_SAMPLES, SAME_STEP, type StepSearch } from './step-search.ts';

/** Distances further from whole numbers of steps than this share of one are not looked at. */
const WHOLE = 0.4;
const MOST_COUNTED = 64;
/** Lengths of a step that are tried where many must be counted: shares of the first guess, and how close together. */
const SCANNED = 0.35;
const SCAN_STEP = 0.01;
/** Standard deviations beyond which an end is on its side. */
const FAR = 3;

/**
 * Where first tokens are always many steps apart, one step more or less in all of them would do nearly as well: the length that
 * leaves the least is taken.
 */
export function likeliestStep(search: StepSearch, outsideUs: number, start: Guess): Guess {
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
    if (left < least) [best, least] = [{ ...start, stepUs: values[0]!, perTokenUs: Math.max(0, values[1]!) }, left];
  }
  return best;
}

/** Where first tokens are always many steps apart, more steps have to be counted. */
export function enoughSteps(search: StepSearch, outsideUs: number, spacing: Spacing): readonly Sample[] | null {
  for (let { most } = spacing; most <= MOST_COUNTED; most *= 2) {
    const steps = stepSamples(search, outsideUs, { ...spacing, most });
    if (steps.length >= LEAST_SAMPLES) return steps;
  }
  return null;
}

/** What a step costs, as known so far. */
export interface Guess {
  readonly stepUs: number;
  readonly perTokenUs: number;
  readonly perRequestUs: number;
  /** Error of a measured decoding time, as a share of it. */
  readonly noise: number;
}

interface Spacing extends Guess {
  /** Steps in a distance. */
  readonly most: number;
}

/** Distances from one step with first tokens to the next, while the server was never idle. */
function stepSamples(
  { lengths: { input, output }, fitted, latencies }: StepSearch,
  outsideUs: number,
  { stepUs, perTokenUs, perRequestUs, noise, most }: Spacing,
): readonly Sample[] {
  const { known, firstAt, lastAt } = tokenTimes(output, latencies, outsideUs);
  const firsts = known.map((place) => ({ place, at: firstAt(place) })).sort((a, b) => a.at - b.at);
  const ends = known
    .map((place) => ({ at: lastAt(place), sdUs: Math.max(1, noise * (lastAt(place) - firstAt(place))) }))
    .sort((a, b) => a.at - b.at);
  const farUs = FAR * ends.reduce((most, { sdUs }) => Math.max(most, sdUs), 0);
  const nearUs = SAME_STEP * stepUs;
  const samples: Sample[] = [];
  let ended = 0;
  for (const [previous, step] of pairsOf(togetherIn(firsts, nearUs, input))) {
    while (ended < ends.length && ends[ended]!.at <= previous.at + nearUs) ended++;
    const tokens = step.tokens;
    const y = step.at - previous.at;
    let staying = step.before - ended;
    let mean = step.before - expectedEnds(ends, ended, { at: previous.at + nearUs, farUs });
    for (let end = ended; end < ends.length && ends[end]!.at < step.at - nearUs; end++) {
      staying--;
      mean -= (step.at - ends[end]!.at) / y;
    }
    const count = (y - perTokenUs * tokens) / (stepUs + perRequestUs * Math.max(0, mean));
    const whole = Math.round(count);
    if (fitted[step.place] !== 1 || whole < 1 || whole > most || Math.abs(count - whole) > WHOLE) continue;
    if (whole === 1 || staying > 0) samples.push({ place: step.place, x: [whole, tokens, mean * whole], y });
  }
  return samples;
}

interface End {
  readonly at: number;
  readonly sdUs: number;
}

/**
 * How many have ended by `at`, by chance where measured ends are not exact: a count that is wrong by itself would pull the cost of a
 * request towards 0, the expected one does not.
 * @param ended - measured ends up to `at`
 * @see Carroll et al. 2006, "Measurement error in nonlinear models" (regression calibration)
 */
function expectedEnds(ends: readonly End[], ended: number, { at, farUs }: { at: number; farUs: number }): number {
  let expected = ended;
  for (let end = ended; end < ends.length && ends[end]!.at < at + farUs; end++) expected += endedBy(ends[end]!, at);
  for (let end = ended - 1; end >= 0 && ends[end]!.at > at - farUs; end--) expected -= 1 - endedBy(ends[end]!, at);
  return expected;
}

function endedBy(end: End, at: number): number {
  return normalCdf((at - end.at) / end.sdUs);
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
