/** log Σ eˣ over the first `length` entries; −Infinity for none. */
export function logSumExp(x: ArrayLike<number>, length = x.length): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < length; i++) if (x[i]! > max) max = x[i]!;
  if (!Number.isFinite(max)) return max;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.exp(x[i]! - max);
  return max + Math.log(sum);
}
