const INV_SQRT_2PI = 0.398_942_280_401_432_7;
const SQRT_PI = 1.772_453_850_905_516;
const SQRT_HALF_PI = 1.253_314_137_315_500_3;

/** Standard normal density. */
export function normalPdf(x: number): number {
  return INV_SQRT_2PI * Math.exp(-0.5 * x * x);
}

/**
 * Scaled complementary error function eˣ² erfc(x) by a continued fraction, exact to rounding but slow; x ≥ 0.5.
 * @see Abramowitz & Stegun 1964, 7.1.14
 */
function slowErfcx(x: number): number {
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; n < 80 && term > 1e-17 * sum; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return Math.exp(x * x) - (2 / SQRT_PI) * sum;
  }
  let tail = x;
  for (let k = Math.ceil(12 + 240 / (x * x)); k >= 1; k--) tail = x + k / 2 / tail;
  return 1 / (SQRT_PI * tail);
}

/** Centre of the map t = (x − c) / (x + c) of [0, ∞) to [−1, 1), and number of Chebyshev terms. */
const MAP_CENTER = 2;
const TERMS = 26;
export const ERFCX_COEFFICIENTS = chebyshevOfErfcx();

/** Chebyshev coefficients of (1 + 2x) erfcx(x), which is smooth and bounded on [0, ∞). */
function chebyshevOfErfcx(): Float64Array {
  const nodes = 64;
  const out = new Float64Array(TERMS);
  for (let k = 0; k < nodes; k++) {
    const angle = (Math.PI * (k + 0.5)) / nodes;
    const t = Math.cos(angle);
    const x = (MAP_CENTER * (1 + t)) / (1 - t);
    const value = (1 + 2 * x) * slowErfcx(x);
    for (let j = 0; j < TERMS; j++) out[j]! += ((j === 0 ? 1 : 2) / nodes) * value * Math.cos(j * angle);
  }
  return out;
}

/**
 * Scaled complementary error function eˣ² erfc(x), relative error below 1e-13 for x ≥ 0.
 * @see Shepherd & Laframboise 1981, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x in 0 ≤ x < ∞"
 */
export function erfcx(x: number): number {
  if (x < 0) return 2 * Math.exp(x * x) - erfcx(-x);
  if (x > 1e8) return 1 / (x * SQRT_PI);
  const t = (x - MAP_CENTER) / (x + MAP_CENTER);
  const twice = 2 * t;
  let high = 0;
  let low = 0;
  for (let j = TERMS - 1; j > 0; j--) {
    const next = twice * low - high + ERFCX_COEFFICIENTS[j]!;
    high = low;
    low = next;
  }
  return (t * low - high + ERFCX_COEFFICIENTS[0]!) / (1 + 2 * x);
}

/** Φ(x); keeps relative accuracy in the lower tail. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const tail = 0.5 * erfcx(z) * Math.exp(-z * z);
  return x > 0 ? 1 - tail : tail;
}

/** log Φ(x) without underflow. */
export function normalLogCdf(x: number): number {
  if (x > 0) {
    const z = x * Math.SQRT1_2;
    return Math.log1p(-0.5 * erfcx(z) * Math.exp(-z * z));
  }
  return -0.5 * x * x + Math.log(0.5 * erfcx(-x * Math.SQRT1_2));
}

/** φ(x) / Φ(x), the derivative of log Φ. */
export function normalHazardBelow(x: number): number {
  if (x > 0) return normalPdf(x) / normalCdf(x);
  return 1 / (SQRT_HALF_PI * erfcx(-x * Math.SQRT1_2));
}

/**
 * Φ⁻¹(p): a rational start, then Halley steps on log Φ, so both tails reach full accuracy.
 * @returns ∓Infinity at 0 and 1, NaN outside
 * @see Abramowitz & Stegun 1964, 26.2.23 (start)
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p === 1) return Number.POSITIVE_INFINITY;
  if (p > 0.5) return p === 0.5 ? 0 : -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  let x = top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  const target = Math.log(p);
  for (let i = 0; i < 3; i++) {
    const slope = normalHazardBelow(x);
    const error = normalLogCdf(x) - target;
    // Second derivative of log Φ is −h (x + h).
    const newton = error / slope;
    x -= newton / (1 + 0.5 * newton * (x + slope));
  }
  return x;
}

/** h(−x) / φ(x) = 1 − x Φ(−x)/φ(x) for x ≥ 0; far out by its expansion. */
export function belowGap(x: number, mills: number): number {
  if (x < 30) return 1 - x * mills;
  const q = 1 / (x * x);
  return q * (1 - q * (3 - q * (15 - 105 * q)));
}
