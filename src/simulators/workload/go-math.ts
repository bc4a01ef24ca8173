/**
 * Elementary functions with the rounding of the reference platform, so that generated workloads agree with it to
 * the last bit. `Math.*` may differ in the last place.
 */

const LOG_COEFFICIENTS = [
  0.6666666666666735, 0.3999999999940942, 0.2857142874366239, 0.22222198432149784, 0.1818357216161805,
  0.15313837699209373, 0.14798198605116586,
] as const;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Natural logarithm. */
export function goLog(x: number): number {
  if (!(x > 0)) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  let k = exponentOf(x);
  let m = scaleByPowerOfTwo(x, -k);
  if (m < Math.SQRT1_2) {
    m *= 2;
    k--;
  }
  const [l1, l2, l3, l4, l5, l6, l7] = LOG_COEFFICIENTS;
  const f = m - 1;
  const s = f / (2 + f);
  const a = s * s;
  const b = a * a;
  const t1 = a * (l1 + b * (l3 + b * (l5 + b * l7)));
  const t2 = b * (l2 + b * (l4 + b * l6));
  const h = 0.5 * f * f;
  return k * LN2_HIGH - (h - (s * (h + (t1 + t2)) + k * LN2_LOW) - f);
}

/** x^y for x ≥ 0 and finite y. */
export function goPow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  if (x === 0) return y > 0 ? 0 : Number.POSITIVE_INFINITY;
  let whole = Math.floor(Math.abs(y));
  let fraction = Math.abs(y) - whole;
  let product = 1;
  let exponent = 0;
  if (fraction !== 0) {
    if (fraction > 0.5) {
      fraction--;
      whole++;
    }
    product = goExp(fraction * goLog(x));
  }
  let q = exponentOf(x);
  let m = scaleByPowerOfTwo(x, -q);
  for (let bits = whole; bits !== 0; bits = Math.floor(bits / 2)) {
    if (Math.abs(q) > 4096) {
      exponent += q;
      break;
    }
    if (bits % 2 === 1) {
      product *= m;
      exponent += q;
    }
    m *= m;
    q *= 2;
    if (m < 0.5) {
      m += m;
      q--;
    }
  }
  if (y < 0) {
    product = 1 / product;
    exponent = -exponent;
  }
  return scaleByPowerOfTwo(product, exponent);
}

/** The upper 33 bits of ln 2, and the rest. */
const LN2_UPPER = 0.693147180559663;
const LN2_LOWER = 2.8235290563031577e-13;
/** 1/8!, 1/7!, … 1/1!. */
const EXP_SERIES = [
  2.48015873015873e-5, 1.984126984126984e-4, 1.3888888888888889e-3, 8.333333333333333e-3, 4.1666666666666664e-2,
  1.6666666666666666e-1, 0.5, 1,
];

/** e^x: the series of e^(r/16) − 1 with fused operations, doubled four times. */
export function goExp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.2) return 0;
  const n = roundHalfEven(x * Math.LOG2E);
  let r = fusedMultiplyAdd(-n, LN2_LOWER, fusedMultiplyAdd(-n, LN2_UPPER, x)) * 0.0625;
  let series = EXP_SERIES[0]!;
  for (let i = 1; i < EXP_SERIES.length; i++) series = fusedMultiplyAdd(series, r, EXP_SERIES[i]!);
  r *= series;
  for (let i = 0; i < 3; i++) r *= r + 2;
  return scaleByPowerOfTwo(fusedMultiplyAdd(r, r + 2, 1), n);
}

function roundHalfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return rest < 0.5 ? low : low + 1;
  return low % 2 === 0 ? low : low + 1;
}

const SPLITTER = 134_217_729;

/**
 * a·b + c rounded once, for values far from overflow and underflow (up to a double rounding in about one of 2^50
 * cases). @see Dekker 1971, "A floating-point technique for extending the available precision"
 */
function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const aSplit = a * SPLITTER;
  const aHigh = aSplit - (aSplit - a);
  const aLow = a - aHigh;
  const bSplit = b * SPLITTER;
  const bHigh = bSplit - (bSplit - b);
  const bLow = b - bHigh;
  const productError = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  const middle = c + productError;
  const middleError = c - (middle - (middle - c)) + (productError - (middle - c));
  const sum = product + middle;
  const sumError = product - (sum - (sum - product)) + (middle - (sum - product));
  return sum + (sumError + middleError);
}

const GAMMA_P = [
  0.00016011952247675185, 0.0011913514700658638, 0.010421379756176158, 0.04763678004571372, 0.20744822764843598,
  0.4942148268014971, 1.0,
];
const GAMMA_Q = [
  -2.3158187332412014e-5, 0.0005396055804933034, -0.004456419138517973, 0.011813978522206043, 0.035823639860549865,
  -0.23459179571824335, 0.0714304917030273, 1.0,
];

/** Γ(x) for 1 ≤ x ≤ 33. */
export function goGamma(x: number): number {
  let z = 1;
  while (x >= 3) {
    x -= 1;
    z *= x;
  }
  while (x < 2) {
    z /= x;
    x += 1;
  }
  if (x === 2) return z;
  x -= 2;
  return (z * horner(GAMMA_P, x)) / horner(GAMMA_Q, x);
}

function horner(coefficients: readonly number[], x: number): number {
  let value = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) value = value * x + coefficients[i]!;
  return value;
}

/** The k with x = m·2^k, 0.5 ≤ m < 1. */
function exponentOf(x: number): number {
  const k = Math.floor(Math.log2(x)) + 1;
  const m = scaleByPowerOfTwo(x, -k);
  return m < 0.5 ? k - 1 : m >= 1 ? k + 1 : k;
}

/** x·2^k, in steps that neither overflow nor vanish on the way. */
function scaleByPowerOfTwo(x: number, k: number): number {
  if (k > 1000) return scaleByPowerOfTwo(x * 2 ** 1000, Math.min(k, 4000) - 1000);
  if (k < -1000) return scaleByPowerOfTwo(x * 2 ** -1000, Math.max(k, -4000) + 1000);
  return x * 2 ** k;
}
