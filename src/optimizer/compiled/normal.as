// Tails of the standard normal distribution, to the bit of src/numeric/normal.ts.

import { exp1, exp2 } from './exponential';
import { log } from './logarithm';

const INV_SQRT_2PI: f64 = 0.3989422804014327;
const SQRT_PI: f64 = 1.772453850905516;
const SQRT_HALF_PI: f64 = 1.2533141373155003;
const SQRT_HALF: f64 = 0.7071067811865476;
const LOG_SQRT_2PI: f64 = 0.9189385332046727;
const MAP_CENTER: f64 = 2;
/** Beyond these Φ(z) is 1 to rounding, and φ(z) is 0. */
const SURE: f64 = 8.5;
const IMPOSSIBLE: f64 = -39;

export const TERMS: i32 = 26;
/** Chebyshev coefficients, each twice; `src/numeric/normal.ts` makes them. */
export const CHEBYSHEV = memory.data(TERMS * 16);

/** eˣ² erfc(x) of two numbers from 0 to 10⁸. */
@inline
function erfcx2(x: v128): v128 {
  const center = f64x2.splat(MAP_CENTER);
  const t = f64x2.div(f64x2.sub(x, center), f64x2.add(x, center));
  const twice = f64x2.mul(f64x2.splat(2), t);
  let high = f64x2.splat(0);
  let low = f64x2.splat(0);
  for (let at = CHEBYSHEV + ((TERMS - 1) << 4); at > CHEBYSHEV; at -= 16) {
    const next = f64x2.add(f64x2.sub(f64x2.mul(twice, low), high), v128.load(at));
    high = low;
    low = next;
  }
  return finishErfcx(x, t, low, high);
}

function erfcx(x: f64): f64 {
  if (x > 1e8) return 1 / (x * SQRT_PI);
  return f64x2.extract_lane(erfcx2(f64x2.splat(x)), 0);
}

/** h(−x) / φ(x) for x ≥ 0. */
@inline
function belowGap2(x: v128, mills: v128): v128 {
  const one = f64x2.splat(1);
  const near = f64x2.sub(one, f64x2.mul(x, mills));
  const q = f64x2.div(one, f64x2.mul(x, x));
  const inner = f64x2.sub(f64x2.splat(15), f64x2.mul(f64x2.splat(105), q));
  const middle = f64x2.sub(f64x2.splat(3), f64x2.mul(q, inner));
  const far = f64x2.mul(q, f64x2.sub(one, f64x2.mul(q, middle)));
  return v128.bitselect(near, far, f64x2.lt(x, f64x2.splat(30)));
}

/** Where erfcx is needed for the tail of z. */
@inline
function reach(z: v128): v128 {
  return f64x2.mul(f64x2.abs(z), f64x2.splat(SQRT_HALF));
}

/** Writes h(z) = φ(z) + z Φ(z), Φ(z) and φ(z) of numbers that are two apart in each array; Φ and h need erfcx of their reach. */
@inline
function finishTails(z: v128, scaled: v128, h: usize, cdf: usize, density: usize): void {
  const zero = f64x2.splat(0);
  const one = f64x2.splat(1);
  const phi = f64x2.mul(f64x2.splat(INV_SQRT_2PI), exp2(f64x2.mul(f64x2.mul(f64x2.splat(-0.5), z), z)));
  v128.store(density, phi);
  const mills = f64x2.mul(f64x2.splat(SQRT_HALF_PI), scaled);
  const beyond = f64x2.mul(phi, mills);
  const gap = f64x2.mul(belowGap2(f64x2.abs(z), mills), phi);
  const above = f64x2.gt(z, zero);
  const usualCdf = v128.bitselect(f64x2.sub(one, beyond), beyond, above);
  const usualH = v128.bitselect(f64x2.add(z, gap), gap, above);
  const clear = v128.or(f64x2.gt(z, f64x2.splat(SURE)), f64x2.lt(z, f64x2.splat(IMPOSSIBLE)));
  v128.store(cdf, v128.bitselect(v128.and(one, above), usualCdf, clear));
  v128.store(h, v128.bitselect(v128.and(z, above), usualH, clear));
}

/**
 * Writes h(z), Φ(z) and φ(z) of z = (x − means) / deviation for so many numbers; arrays have room for a multiple of four, and one
 * mean may be common to all. Four Chebyshev sums run side by side, because each waits for itself.
 */
export function tails(x: usize, means: usize, common: bool, deviation: f64, count: i32, h: usize, cdf: usize, density: usize): void {
  const over = f64x2.splat(deviation);
  const mean = v128.load_splat<f64>(means);
  for (let i: usize = 0; i < <usize>count << 3; i += 32) {
    const z = f64x2.div(f64x2.sub(v128.load(x + i), common ? mean : v128.load(means + i)), over);
    const y = f64x2.div(f64x2.sub(v128.load(x + i, 16), common ? mean : v128.load(means + i, 16)), over);
    erfcxFour(reach(z), reach(y));
    finishTails(z, v128.load(FOUR), h + i, cdf + i, density + i);
    finishTails(y, v128.load(FOUR, 16), h + i + 16, cdf + i + 16, density + i + 16);
  }
}

const FOUR = memory.data(32);

/** Writes erfcx of two pairs. */
@inline
function erfcxFour(x: v128, u: v128): void {
  const center = f64x2.splat(MAP_CENTER);
  const t = f64x2.div(f64x2.sub(x, center), f64x2.add(x, center));
  const r = f64x2.div(f64x2.sub(u, center), f64x2.add(u, center));
  const twiceT = f64x2.mul(f64x2.splat(2), t);
  const twiceR = f64x2.mul(f64x2.splat(2), r);
  let highT = f64x2.splat(0);
  let highR = f64x2.splat(0);
  let lowT = f64x2.splat(0);
  let lowR = f64x2.splat(0);
  for (let at = CHEBYSHEV + ((TERMS - 1) << 4); at > CHEBYSHEV; at -= 16) {
    const nextT = f64x2.add(f64x2.sub(f64x2.mul(twiceT, lowT), highT), v128.load(at));
    const nextR = f64x2.add(f64x2.sub(f64x2.mul(twiceR, lowR), highR), v128.load(at));
    highT = lowT;
    highR = lowR;
    lowT = nextT;
    lowR = nextR;
  }
  v128.store(FOUR, finishErfcx(x, t, lowT, highT));
  v128.store(FOUR, finishErfcx(u, r, lowR, highR), 16);
}

@inline
function finishErfcx(x: v128, t: v128, low: v128, high: v128): v128 {
  const sum = f64x2.add(f64x2.sub(f64x2.mul(t, low), high), v128.load(CHEBYSHEV));
  return f64x2.div(sum, f64x2.add(f64x2.splat(1), f64x2.mul(f64x2.splat(2), x)));
}

/** What a draw is expected to gain below z, over its deviation; all divided by φ(z) where z ≤ 0, with the logarithm of that. */
@unmanaged
export class ScaledTail {
  h: f64;
  cdf: f64;
  pdf: f64;
  logScale: f64;
}

export function scaledTail(z: f64, out: ScaledTail): void {
  if (z <= 0) {
    const mills = SQRT_HALF_PI * erfcx(-z * SQRT_HALF);
    out.h = f64x2.extract_lane(belowGap2(f64x2.splat(-z), f64x2.splat(mills)), 0);
    out.cdf = mills;
    out.pdf = 1;
    out.logScale = -0.5 * z * z - LOG_SQRT_2PI;
    return;
  }
  out.pdf = exp1(-0.5 * z * z - LOG_SQRT_2PI);
  out.cdf = 1 - out.pdf * SQRT_HALF_PI * erfcx(z * SQRT_HALF);
  out.h = out.pdf + z * out.cdf;
  out.logScale = 0;
}

/** Φ⁻¹(p) for p not next to ½, as in src/numeric/normal.ts: there Halley's steps stay below 0. */
export function quantile(p: f64): f64 {
  if (p > 0.5) return -lowerQuantile(1 - p);
  return lowerQuantile(p);
}

function lowerQuantile(p: f64): f64 {
  const target = log(p);
  const t = Math.sqrt(-2 * target);
  const top = 2.515517 + t * (0.802853 + t * 0.010328);
  let x = top / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let i = 0; i < 3; i++) {
    const scaled = erfcx(-x * SQRT_HALF);
    const slope = 1 / (SQRT_HALF_PI * scaled);
    const newton = (-0.5 * x * x + log(0.5 * scaled) - target) / slope;
    x -= newton / (1 + 0.5 * newton * (x + slope));
  }
  return x;
}
