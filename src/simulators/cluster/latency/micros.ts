/** Whole µs toward zero; NaN and anything from 2^63 on become "never". */
export function truncateMicros(us: number): number {
  return us < 2 ** 63 ? Math.trunc(us) : Number.POSITIVE_INFINITY;
}

/** A table of at least `length` entries that starts with those of `old`. */
export function growTable(old: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(Math.max(length, 2 * old.length));
  grown.set(old);
  return grown;
}
