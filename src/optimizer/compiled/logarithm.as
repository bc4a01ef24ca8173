// ln x, to the bit of Math.log in V8: Sun's fdlibm, e_log.c. Formulas and constants: Copyright (C) 1993 by Sun Microsystems, Inc.;
// permission to use, copy, modify and distribute them is freely granted, provided that this notice is preserved.

const LN2_HIGH: f64 = 6.93147180369123816490e-1;
const LN2_LOW: f64 = 1.90821492927058770002e-10;
const L1: f64 = 6.666666666666735130e-1;
const L2: f64 = 3.999999999940941908e-1;
const L3: f64 = 2.857142874366239149e-1;
const L4: f64 = 2.222219843214978396e-1;
const L5: f64 = 1.818357216161805012e-1;
const L6: f64 = 1.531383769920937332e-1;
const L7: f64 = 1.479819860511658591e-1;

/** x = 2^k (1 + f) with 1 + f from √½ to √2, and ln (1 + f) by a polynomial in s = f / (2 + f). */
export function log(x: f64): f64 {
  let bits = reinterpret<u64>(x);
  let high = <i32>(bits >> 32);
  let k = 0;
  if (high < 0x00100000) {
    if (bits << 1 === 0) return -Infinity;
    if (high < 0) return NaN;
    k = -54;
    bits = reinterpret<u64>(x * 18014398509481984.0);
    high = <i32>(bits >> 32);
  }
  if (high >= 0x7ff00000) return x + x;
  k += (high >> 20) - 1023;
  high &= 0x000fffff;
  const above = (high + 0x95f64) & 0x100000;
  k += above >> 20;
  const mantissa = reinterpret<f64>((<u64>(high | (above ^ 0x3ff00000)) << 32) | (bits & 0xffffffff));
  const f = mantissa - 1;
  const twos = <f64>k;
  if ((0x000fffff & (2 + high)) < 3) {
    if (f === 0) return k === 0 ? 0 : twos * LN2_HIGH + twos * LN2_LOW;
    const rest = f * f * (0.5 - 0.33333333333333333 * f);
    return k === 0 ? f - rest : twos * LN2_HIGH - (rest - twos * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (L2 + w * (L4 + w * L6));
  const odd = z * (L1 + w * (L3 + w * (L5 + w * L7)));
  const rest = odd + even;
  if (((high - 0x6147a) | (0x6b851 - high)) > 0) {
    const half = 0.5 * f * f;
    if (k === 0) return f - (half - s * (half + rest));
    return twos * LN2_HIGH - (half - (s * (half + rest) + twos * LN2_LOW) - f);
  }
  return k === 0 ? f - s * (f - rest) : twos * LN2_HIGH - (s * (f - rest) - twos * LN2_LOW - f);
}
