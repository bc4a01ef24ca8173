// Kernel profiles by squared scaled distance; see src/optimizer/gp/kernel.ts.

import { exp2 } from './exponential';

/** Prior variance of the constant mean, and least relative diagonal term: those of src/optimizer/gp/kernel.ts. */
export const MEAN_VARIANCE: f64 = 1;
export const RELATIVE_NUGGET: f64 = 1e-11;

const MATERN52: i32 = 0;
const SQRT5: f64 = 2.23606797749979;
const PAIRS = memory.data<f64>([-SQRT5, -SQRT5, 1, 1, 5.0 / 3.0, 5.0 / 3.0, 5.0 / 6.0, 5.0 / 6.0, -0.5, -0.5]);

@inline
function constant(i: i32): v128 {
  return v128.load(PAIRS + (<usize>i << 4));
}

/** κ of two squared distances; writes dκ/d(r²). */
@inline
export function radialProfile(shape: i32, r2: v128, slope: usize): v128 {
  if (shape === MATERN52) {
    // −√5 r, so that 1 + √5 r is a difference.
    const scaled = f64x2.mul(constant(0), f64x2.sqrt(r2));
    const decay = exp2(scaled);
    const ahead = f64x2.sub(constant(1), scaled);
    v128.store(slope, f64x2.neg(f64x2.mul(f64x2.mul(constant(3), ahead), decay)));
    return f64x2.mul(f64x2.add(ahead, f64x2.mul(constant(2), r2)), decay);
  }
  const value = exp2(f64x2.mul(constant(4), r2));
  v128.store(slope, f64x2.mul(constant(4), value));
  return value;
}
