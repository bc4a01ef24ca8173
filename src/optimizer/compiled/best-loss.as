// What is expected to be won below best losses, by a mixture of processes; see src/optimizer/acquisition/best-loss-mixture.ts.

import { at, get, pair, set, setPair } from './algebra';
import { exp1 } from './exponential';
import { log } from './logarithm';
import { ScaledTail, scaledTail, tails } from './normal';
import { addMomentGradient, predict, Process } from './prediction';

/** Below this sum products have lost digits to underflow, and logarithms are used instead. */
const LEAST_SUM: f64 = 1e-200;

const tail = changetype<ScaledTail>(memory.data(32));

/** Arrays of `members`, rounded up to a multiple of four, one behind the other. */
@inline
function array(base: usize, members: i32, k: i32): usize {
  return at(base, k * ((members + 3) & ~3));
}

/**
 * Log mean of what the members of one process expect to win below the best loss of each.
 *
 * Arrays at `base`: best losses, means, partials by mean (written), logs, partials of single members by mean and by deviation, tails.
 * Behind them stands the partial by variance.
 */
function logMeanGain(base: usize, members: i32, deviation: f64, partials: bool): f64 {
  const bests = base;
  const means = array(base, members, 1);
  const toMeans = array(base, members, 2);
  const logs = array(base, members, 3);
  const byMean = array(base, members, 4);
  const byDeviation = array(base, members, 5);
  const gaps = array(base, members, 6);
  const cdfs = array(base, members, 7);
  const densities = array(base, members, 8);
  const toVariance = array(base, members, 9);
  tails(bests, means, false, deviation, members, gaps, cdfs, densities);
  for (let s = 0; s < members; s += 2) {
    const gain = f64x2.mul(f64x2.splat(deviation), pair(gaps, s));
    setPair(gaps, s, gain);
    setPair(byMean, s, f64x2.div(f64x2.neg(pair(cdfs, s)), gain));
    setPair(byDeviation, s, f64x2.div(pair(densities, s), gain));
  }
  let most = -Infinity;
  for (let s = 0; s < members; s++) {
    const gain = get(gaps, s);
    const own = gain > LEAST_SUM ? log(gain) : smallGain(get(bests, s), get(means, s), deviation, at(byMean, s), at(byDeviation, s));
    set(logs, s, own);
    if (own > most) most = own;
  }
  let total: f64 = 0;
  if (most > -Infinity) for (let s = 0; s < members; s++) total += exp1(get(logs, s) - most);
  if (partials) {
    let sum: f64 = 0;
    for (let s = 0; s < members; s++) {
      const share = most > -Infinity ? exp1(get(logs, s) - most) / total : 0;
      set(toMeans, s, share === 0 ? 0 : share * get(byMean, s));
      if (share !== 0) sum += share * ((0.5 * get(byDeviation, s)) / deviation);
    }
    set(toVariance, 0, sum);
  }
  return most > -Infinity ? most + log(total / <f64>members) : most;
}

/** Logarithm of a gain that underflows; writes its partials. */
function smallGain(best: f64, mean: f64, deviation: f64, byMean: usize, byDeviation: usize): f64 {
  scaledTail((best - mean) / deviation, tail);
  const scaled = deviation * tail.h;
  store<f64>(byMean, -tail.cdf / scaled);
  store<f64>(byDeviation, tail.pdf / scaled);
  const value = tail.logScale + log(scaled);
  return isNaN(value) ? -Infinity : value;
}

/** Parts are different processes; a mixture may have one of them at several places. */
@unmanaged
class Mixture {
  parts: i32;
  places: i32;
  width: i32;
  x: usize;
  /** By part: address of its process, and of its arrays for gains. */
  processes: usize;
  gains: usize;
  values: usize;
  /** By part and feature. */
  gradients: usize;
  /** By place: which part, the logarithm of its weight, and its share in the last value. */
  partOf: usize;
  logWeights: usize;
  shares: usize;
}

const GAIN_ARRAYS: i32 = 10;

/** Number of bytes behind a mixture. @param members - most of one part */
export function mixtureSize(parts: i32, places: i32, width: i32, members: i32): usize {
  return layoutMixture(0, parts, places, width, members);
}

/** Lays a mixture out from `base` on; without one, only counts. @returns the first address behind it */
export function layoutMixture(base: usize, parts: i32, places: i32, width: i32, members: i32): usize {
  const x = (base + offsetof<Mixture>() + 15) & ~15;
  const processes = at(x, width);
  const gains = at(processes, parts);
  const values = at(gains, parts);
  const gradients = at(values, parts);
  const partOf = at(gradients, parts * width);
  const logWeights = at(partOf, places);
  const shares = at(logWeights, places);
  const arrays = (at(shares, places) + 15) & ~15;
  const each = <usize>(GAIN_ARRAYS * ((members + 3) & ~3)) << 3;
  const end = arrays + <usize>parts * each;
  if (base === 0) return end;
  const mixture = changetype<Mixture>(base);
  mixture.parts = parts;
  mixture.places = places;
  mixture.width = width;
  mixture.x = x;
  mixture.processes = processes;
  mixture.gains = gains;
  mixture.values = values;
  mixture.gradients = gradients;
  mixture.partOf = partOf;
  mixture.logWeights = logWeights;
  mixture.shares = shares;
  memory.fill(x, 0, end - x);
  for (let k = 0; k < parts; k++) store<i32>(at(gains, k), <i32>(arrays + <usize>k * each));
  return end;
}

/** Logarithm of the weighted mean of what the parts expect to win at x. */
export function mixedGain(mixture: Mixture): f64 {
  for (let k = 0; k < mixture.parts; k++) set(mixture.values, k, partGain(mixture, k, false));
  return mix(mixture);
}

/** The same, with the gradient of each part, and the shares of the places. */
export function mixedGainWithGradients(mixture: Mixture): f64 {
  const width = mixture.width;
  const bytes = <usize>width << 3;
  for (let k = 0; k < mixture.parts; k++) {
    const process = changetype<Process>(<usize>load<i32>(at(mixture.processes, k)));
    set(mixture.values, k, partGain(mixture, k, true));
    memory.fill(process.gradient, 0, bytes);
    addMomentGradient(process);
    memory.copy(at(mixture.gradients, k * width), process.gradient, bytes);
  }
  const value = mix(mixture);
  for (let p = 0; p < mixture.places; p++)
    set(mixture.shares, p, value > -Infinity ? exp1(logAt(mixture, p) - value) : 0);
  return value;
}

function partGain(mixture: Mixture, k: i32, partials: bool): f64 {
  const process = changetype<Process>(<usize>load<i32>(at(mixture.processes, k)));
  const arrays = <usize>load<i32>(at(mixture.gains, k));
  const members = process.members;
  memory.copy(process.x, mixture.x, <usize>mixture.width << 3);
  const deviation = Math.sqrt(predict(process));
  memory.copy(array(arrays, members, 1), process.means, <usize>members << 3);
  const value = logMeanGain(arrays, members, deviation, partials);
  if (partials) {
    memory.copy(process.toMeans, array(arrays, members, 2), <usize>members << 3);
    process.toVariance = get(array(arrays, members, 9), 0);
  }
  return isNaN(value) ? -Infinity : value;
}

@inline
function logAt(mixture: Mixture, p: i32): f64 {
  return get(mixture.values, load<i32>(at(mixture.partOf, p))) + get(mixture.logWeights, p);
}

function mix(mixture: Mixture): f64 {
  let most = -Infinity;
  for (let p = 0; p < mixture.places; p++) most = max(most, logAt(mixture, p));
  if (!isFinite(most)) return most;
  let sum: f64 = 0;
  for (let p = 0; p < mixture.places; p++) sum += exp1(logAt(mixture, p) - most);
  return most + log(sum);
}
