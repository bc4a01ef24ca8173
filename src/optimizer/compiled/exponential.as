// e^x for x ≤ 0 two at a time, to the bit of Math.exp in V8: Sun's fdlibm, e_exp.c. See src/numeric/exp.ts for the formula.

const TINY: f64 = 3.725290298461914e-9; // 2^-28
const FAR: f64 = 700;
const LN2_HIGH: f64 = 6.931471803691238e-1;
const LN2_LOW: f64 = 1.9082149292705877e-10;
const INVERSE_LN2: f64 = 1.4426950408889634;
/** Just above ½ ln 2. */
const UNREDUCED: f64 = 0.3465735912322998; // 1453635 / 2^22
const UNDERFLOW: f64 = -7.451332191019411e2;
const P1: f64 = 1.6666666666666602e-1;
const P2: f64 = -2.7777777777015593e-3;
const P3: f64 = 6.613756321437934e-5;
const P4: f64 = -1.6533902205465252e-6;
const P5: f64 = 4.138136797057238e-8;

/** Numbers twice in a row, read where they are needed: made in registers again and again they took half the time. */
const PAIRS = memory.data<f64>([
  -UNREDUCED, -UNREDUCED, INVERSE_LN2, INVERSE_LN2, 0.5, 0.5, LN2_HIGH, LN2_HIGH, LN2_LOW, LN2_LOW, P5, P5, P4, P4, P3, P3, P2, P2,
  P1, P1, 1, 1, 2, 2, -TINY, -TINY, -FAR, -FAR,
]);
const BIAS = memory.data<i64>([1023, 1023]);

@inline
function constant(i: i32): v128 {
  return v128.load(PAIRS + (<usize>i << 4));
}

/** Both lanes of x must be ≤ 0. */
@inline
export function exp2(x: v128): v128 {
  const reduced = f64x2.le(x, constant(0));
  const scaled = f64x2.sub(f64x2.mul(x, constant(1)), constant(2));
  const k = f64x2.add(v128.and(f64x2.trunc(scaled), reduced), f64x2.splat(0)); // −0 becomes 0
  const high = f64x2.sub(x, f64x2.mul(k, constant(3)));
  const low = f64x2.mul(k, constant(4));
  const r = f64x2.sub(high, low);
  const c = remainder2(r);
  const quotient = f64x2.div(f64x2.mul(r, c), f64x2.sub(constant(11), c));
  const y = f64x2.sub(constant(10), f64x2.sub(f64x2.sub(low, quotient), high));
  // 2^k by its exponent bits.
  const exponent = i64x2.extend_low_i32x4_s(i32x4.trunc_sat_f64x2_s_zero(k));
  const power = i64x2.shl(i64x2.add(exponent, v128.load(BIAS)), 52);
  const usual = v128.bitselect(f64x2.add(x, constant(10)), f64x2.mul(y, power), f64x2.ge(x, constant(12)));
  return i64x2.bitmask(f64x2.le(x, constant(13))) ? farPair(x, usual) : usual;
}

@inline
function remainder2(r: v128): v128 {
  const t = f64x2.mul(r, r);
  let p = f64x2.add(f64x2.mul(t, constant(5)), constant(6));
  p = f64x2.add(f64x2.mul(t, p), constant(7));
  p = f64x2.add(f64x2.mul(t, p), constant(8));
  p = f64x2.add(f64x2.mul(t, p), constant(9));
  return f64x2.sub(r, f64x2.mul(t, p));
}

function farPair(x: v128, usual: v128): v128 {
  const first = far(f64x2.extract_lane(x, 0), f64x2.extract_lane(usual, 0));
  const second = far(f64x2.extract_lane(x, 1), f64x2.extract_lane(usual, 1));
  return f64x2.replace_lane(f64x2.splat(first), 1, second);
}

/** Where 2^k needs a second step; else what is known. */
function far(x: f64, known: f64): f64 {
  if (!(x <= -FAR)) return known;
  if (x < UNDERFLOW) return 0;
  const k = <i32>(INVERSE_LN2 * x - 0.5);
  const high = x - <f64>k * LN2_HIGH;
  const low = <f64>k * LN2_LOW;
  const r = high - low;
  const c = f64x2.extract_lane(remainder2(f64x2.splat(r)), 0);
  const y = 1 - (low - (r * c) / (2 - c) - high);
  if (k >= -1021) return y * reinterpret<f64>((<i64>k + 1023) << 52);
  return y * reinterpret<f64>((<i64>k + 2023) << 52) * reinterpret<f64>((<i64>(-1000) + 1023) << 52);
}

/** The same for one number. */
@inline
export function exp1(x: f64): f64 {
  return f64x2.extract_lane(exp2(f64x2.splat(x)), 0);
}

/** e^x of one number of either sign, far from overflow. */
export function exponential(x: f64): f64 {
  if (x <= 0) return exp1(x);
  if (x === 1) return 2.718281828459045;
  if (x < TINY) return 1 + x;
  const k = x < UNREDUCED ? 0 : <i32>(INVERSE_LN2 * x + 0.5);
  const high = x - <f64>k * LN2_HIGH;
  const low = <f64>k * LN2_LOW;
  const r = high - low;
  const c = f64x2.extract_lane(remainder2(f64x2.splat(r)), 0);
  return (1 - (low - (r * c) / (2 - c) - high)) * reinterpret<f64>((<i64>k + 1023) << 52);
}
