/** Parts of ln 2, log2 e and 2 / (3 ln 2), each as one number and as a short one with its rest. */
const LN2_HIGH = 6.931_471_824_645_996_1e-1;
const LN2_LOW = -1.904_654_299_957_768e-9;
const LOG2_E_HIGH = 1.442_695_021_629_333_5;
const LOG2_E_LOW = 1.925_962_991_126_617_5e-8;
const SCALE = 9.617_966_939_259_755_5e-1;
const SCALE_HIGH = 9.617_967_009_544_372_6e-1;
const SCALE_LOW = -7.028_461_650_952_758e-9;
/** log2 1.5. */
const LOG2_MIDDLE_HIGH = 5.849_624_872_207_641_6e-1;
const LOG2_MIDDLE_LOW = 1.350_039_202_129_749e-8;
/** 3/2 (ln((1+s)/(1−s)) / s − 2 − 2/3 s²) / s⁴ as a polynomial in s². */
const L1 = 5.999_999_999_999_946_5e-1;
const L2 = 4.285_714_285_785_501_8e-1;
const L3 = 3.333_333_298_183_774_3e-1;
const L4 = 2.727_281_238_085_34e-1;
const L5 = 2.306_607_457_755_617_5e-1;
const L6 = 2.069_750_178_003_384_2e-1;
/** r (e^r + 1) / (e^r − 1) as a polynomial in r². */
const P1 = 1.666_666_666_666_660_2e-1;
const P2 = -2.777_777_777_701_559_3e-3;
const P3 = 6.613_756_321_437_934e-5;
const P4 = -1.653_390_220_546_525_2e-6;
const P5 = 4.138_136_797_057_238_5e-8;

/** How far log2 of the largest number and half a unit lies below 1024. */
const LAST_HALF_UNIT = 8.008_566_259_537_294e-17;
/** From here on x^y is neither 0 nor infinite only for x next to 1. */
const LARGE_EXPONENT = 2 ** 31 * (1 + 2 ** -20);

const cell = new Float64Array(1);
const words = new Uint32Array(cell.buffer);
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0]!;
const LOW = 1 - HIGH;

/** The two parts of the last logarithm: the first has 32 trailing zeros. */
const log2 = new Float64Array(2);

/**
 * x^y, with the same bits on every machine and version of Node. `Math.pow` and `**` are those of V8 up to Node 22, which these are to
 * the bit, and those of the system's C library from Node 24 on: one result in ten has another last bit.
 *
 * x^y = 2^(y log2 x), with log2 x and its product with y in two numbers each; within 0.7 units in the last place.
 * @see Sun's fdlibm, `e_pow.c`, with the denominator that V8 gives it. Formulas and constants: Copyright (C) 1993 by Sun Microsystems, Inc.;
 * permission to use, copy, modify and distribute them is freely granted, provided that this notice is preserved.
 */
export function power(x: number, y: number): number {
  if (y === 2) return x * x;
  if (y === 1) return x;
  if (y === -1) return 1 / x;
  if (x < 0 && Number.isInteger(y)) return y % 2 === 0 ? power(-x, y) : -power(-x, y);
  // What is left of bases and exponents without digits is exact in every library.
  if (!(x > 0 && x < Number.POSITIVE_INFINITY) || x === 1 || y === 0 || y === 0.5 || !Number.isFinite(y)) return x ** y;
  if (Math.abs(y) >= LARGE_EXPONENT && x >= 1 - 2 ** -21 && x < 1 + 2 ** -20) logarithmNextTo1(x);
  else logarithm(x);
  const yHigh = upperHalf(y);
  return powerOf2(yHigh * log2[0]!, (y - yHigh) * log2[0]! + y * log2[1]!);
}

/** `x` without its lower 32 bits. */
function upperHalf(x: number): number {
  cell[0] = x;
  words[LOW] = 0;
  return cell[0]!;
}

/** log2 x = n + log2 b + 2 / ln 2 artanh s with s = (a − b) / (a + b), x = 2^n a, and b the nearer of 1 and 1.5. */
function logarithm(x: number): void {
  const subnormal = x < 2 ** -1022;
  cell[0] = subnormal ? x * 2 ** 53 : x;
  const digits = words[HIGH]! & 0xfffff;
  const doubled = digits >= 0xbb67a;
  const n = (words[HIGH]! >>> 20) - 1023 - (subnormal ? 53 : 0) + (doubled ? 1 : 0);
  const exponent = doubled ? 0x3fe00000 : 0x3ff00000;
  words[HIGH] = digits | exponent;
  const a = cell[0]!;
  const middle = digits > 0x3988e && !doubled;
  const b = middle ? 1.5 : 1;
  const difference = a - b;
  const inverse = 1 / (a + b);
  const s = difference * inverse;
  const sHigh = upperHalf(s);
  cell[0] = 0;
  words[HIGH] = (((digits | exponent) >>> 1) | 0x20000000) + 0x80000 + (middle ? 0x40000 : 0);
  const sumHigh = cell[0]!;
  const sumLow = a - (sumHigh - b);
  const sLow = inverse * (difference - sHigh * sumHigh - sHigh * sumLow);
  const square = s * s;
  const squareHigh = sHigh * sHigh;
  const rest =
    square * square * (L1 + square * (L2 + square * (L3 + square * (L4 + square * (L5 + square * L6))))) +
    sLow * (sHigh + s);
  const seriesHigh = upperHalf(3 + squareHigh + rest);
  const seriesLow = rest - (seriesHigh - 3 - squareHigh);
  const first = sHigh * seriesHigh;
  const second = sLow * seriesHigh + seriesLow * s;
  const high = upperHalf(first + second);
  const low = SCALE_LOW * high + (second - (high - first)) * SCALE + (middle ? LOG2_MIDDLE_LOW : 0);
  const middleHigh = middle ? LOG2_MIDDLE_HIGH : 0;
  log2[0] = upperHalf(SCALE_HIGH * high + low + middleHigh + n);
  log2[1] = low - (log2[0]! - n - middleHigh - SCALE_HIGH * high);
}

function logarithmNextTo1(x: number): void {
  const t = x - 1;
  const rest = t * t * (0.5 - t * (0.333_333_333_333_333_3 - t * 0.25));
  const high = LOG2_E_HIGH * t;
  const low = t * LOG2_E_LOW - rest * Math.LOG2E;
  log2[0] = upperHalf(high + low);
  log2[1] = low - (log2[0]! - high);
}

/** 2^(high + low) = 2^n (1 + 2r / (R(r) − r)) with |r| ≤ ½ ln 2 and R(r) = r (e^r + 1) / (e^r − 1). */
function powerOf2(high: number, low: number): number {
  const z = low + high;
  if (z >= 1024 && (z > 1024 || low + LAST_HALF_UNIT > z - high)) return Number.POSITIVE_INFINITY;
  if (z <= -1075 && (z < -1075 || low <= z - high)) return 0;
  const n = Math.abs(z) < 0.5 + 2 ** -21 ? 0 : Math.sign(z) * Math.floor(Math.abs(z) + 0.5);
  const left = high - n;
  const t = upperHalf(low + left);
  const first = t * LN2_HIGH;
  const second = (low - (t - left)) * Math.LN2 + t * LN2_LOW;
  const r = first + second;
  const rest = second - (r - first);
  const square = r * r;
  const c = r - square * (P1 + square * (P2 + square * (P3 + square * (P4 + square * P5))));
  const value = 1 - ((r * c) / (c - 2 - (rest + r * rest)) - r);
  if (n > 1000) return value * 2 ** (n - 1000) * 2 ** 1000;
  return n < -1000 ? value * 2 ** (n + 1000) * 2 ** -1000 : value * 2 ** n;
}
