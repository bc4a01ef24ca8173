/** Largest number of non-zero differences for which the distribution is enumerated exactly. */
const EXACT_LIMIT = 100;

/**
 * Two-sided p-value of Wilcoxon's signed-rank test that paired differences are symmetric about 0. Zeros are dropped,
 * ties get mid-ranks; exact up to 100 differences, then the normal approximation with tie correction.
 * @returns 1 when every difference is zero
 * @see Wilcoxon 1945; Pratt & Gibbons 1981
 */
export function wilcoxonSignedRank(differences: readonly number[]): number {
  const values = differences.filter((value) => value !== 0);
  const n = values.length;
  if (n === 0) return 1;
  const doubled = doubledRanks(values.map(Math.abs));
  let positive = 0;
  for (const [index, value] of values.entries()) if (value > 0) positive += doubled[index]!;
  return n <= EXACT_LIMIT ? exactTail(doubled, positive) : normalTail(doubled, positive);
}

/** Twice the mid-ranks, so that they are integers. */
function doubledRanks(magnitudes: readonly number[]): number[] {
  const order = magnitudes.map((_, index) => index).sort((a, b) => magnitudes[a]! - magnitudes[b]!);
  const ranks = new Array<number>(magnitudes.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && magnitudes[order[end + 1]!] === magnitudes[order[start]!]) end++;
    for (let k = start; k <= end; k++) ranks[order[k]!] = start + end + 2;
    start = end + 1;
  }
  return ranks;
}

/** Counts the sign patterns whose rank sum is at least as far from the middle. */
function exactTail(doubled: readonly number[], positive: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const counts = new Float64Array(total + 1);
  counts[0] = 1;
  for (const rank of doubled) for (let sum = total; sum >= rank; sum--) counts[sum]! += counts[sum - rank]!;
  const extreme = Math.max(positive, total - positive);
  let tail = 0;
  for (let sum = extreme; sum <= total; sum++) tail += counts[sum]!;
  return Math.min(1, (2 * tail) / 2 ** doubled.length);
}

function normalTail(doubled: readonly number[], positive: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0);
  const variance = doubled.reduce((sum, rank) => sum + rank * rank, 0) / 4;
  const z = Math.max(0, Math.abs(positive - total / 2) - 1) / Math.sqrt(variance);
  return Math.min(1, complementaryError(z / Math.SQRT2));
}

/** erfc, relative error below 1.2e-7. @see Press et al., Numerical Recipes, 6.2 */
function complementaryError(x: number): number {
  const t = 2 / (2 + x);
  const polynomial = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ].reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  return t * Math.exp(-x * x + polynomial);
}

/** Adjusted p-values, in the order given. @see Holm 1979 */
export function holmAdjust(pValues: readonly number[]): number[] {
  const order = pValues.map((_, index) => index).sort((a, b) => pValues[a]! - pValues[b]!);
  const adjusted = new Array<number>(pValues.length);
  let running = 0;
  for (const [rank, index] of order.entries()) {
    running = Math.max(running, Math.min(1, pValues[index]! * (pValues.length - rank)));
    adjusted[index] = running;
  }
  return adjusted;
}
