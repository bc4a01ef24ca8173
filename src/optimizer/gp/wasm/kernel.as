// Kernel profiles by squared scaled distance; see src/optimizer/gp/kernel.ts.

import { exp2 } from './exponential';

/** Prior variance of the constant mean, and least relative diagonal term: those of src/optimizer/gp/kernel.ts. */
export const MEAN_VARIANCE: f64 = 1;
export const RELATIVE_NUGGET: f64 = 1e-11;

const MATERN52: i32 = 0;
const SQRT5: f64 = 2.23606797749979;

/** Writes κ and dκ/d(r²) of two squared distances. */
@inline
export function radialProfile(shape: i32, r2: v128, profile: usize, slope: usize): void {
  if (shape === MATERN52) {
    const scaled = f64x2.mul(f64x2.splat(SQRT5), f64x2.sqrt(r2));
    const decay = exp2(f64x2.neg(scaled));
    const ahead = f64x2.add(f64x2.splat(1), scaled);
    const value = f64x2.mul(f64x2.add(ahead, f64x2.mul(f64x2.splat(5.0 / 3.0), r2)), decay);
    v128.store(profile, value);
    v128.store(slope, f64x2.mul(f64x2.mul(f64x2.splat(-5.0 / 6.0), ahead), decay));
    return;
  }
  const value = exp2(f64x2.mul(f64x2.splat(-0.5), r2));
  v128.store(profile, value);
  v128.store(slope, f64x2.mul(f64x2.splat(-0.5), value));
}
