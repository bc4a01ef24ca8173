// Log mean of what members expect to win below the best loss of each; see src/optimizer/acquisition/best-loss-gain.ts.

import { at, get, pair, set, setPair } from './algebra';
import { exp1 } from './exponential';
import { log } from './logarithm';
import { ScaledTail, scaledTail, tails } from './normal';

/** Below this sum products have lost digits to underflow, and logarithms are used instead. */
const LEAST_SUM: f64 = 1e-200;

const tail = changetype<ScaledTail>(memory.data(32));

/** Arrays of `members`, rounded up to even, one behind the other. */
@inline
function array(base: usize, members: i32, k: i32): usize {
  return at(base, k * ((members + 1) & ~1));
}

/**
 * Arrays at `base`: best losses, means, partials by mean (written), logs, partials of single members by mean and by deviation, tails.
 * Behind them stands the partial by variance.
 */
export function logMeanGain(base: usize, members: i32, deviation: f64, partials: bool): f64 {
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
  for (let s = 0; s < members; s += 2) {
    const z = f64x2.div(f64x2.sub(pair(bests, s), pair(means, s)), f64x2.splat(deviation));
    tails(z, at(gaps, s), at(cdfs, s), at(densities, s));
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
