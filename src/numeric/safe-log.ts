/**
 * log(1 − eˣ) for x ≤ 0, without cancellation.
 * @see Mächler 2012, "Accurately computing log(1 − exp(−|a|))"
 */
export function log1mexp(x: number): number {
  return x > -Math.LN2 ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
}

/** log(1 + eˣ). */
export function log1pexp(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** log(eᵃ + eᵇ). */
export function logAddExp(a: number, b: number): number {
  if (a === Number.NEGATIVE_INFINITY) return b;
  if (b === Number.NEGATIVE_INFINITY) return a;
  return a > b ? a + Math.log1p(Math.exp(b - a)) : b + Math.log1p(Math.exp(a - b));
}

/** log(eᵃ − eᵇ) for a ≥ b. */
export function logSubExp(a: number, b: number): number {
  return b === Number.NEGATIVE_INFINITY ? a : a + log1mexp(b - a);
}

/** log Σ eˣ over the first `length` entries; −Infinity for none. */
export function logSumExp(x: ArrayLike<number>, length = x.length): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) if (x[i]! > max) max = x[i]!;
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.exp(x[i]! - max);
  return max + Math.log(sum);
}
