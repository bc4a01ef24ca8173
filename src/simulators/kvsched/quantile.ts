/**
 * Quantile by linear interpolation between order statistics, at position (N − 1)·q.
 * @param sorted - ascending, not empty
 * @param q - in [0, 1]
 * @see Hyndman & Fan 1996, type 7
 */
export function quantile(sorted: Readonly<Float64Array>, q: number): number {
  if (sorted.length === 0) throw new RangeError('a quantile needs at least one sample');
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const t = position - below;
  // The same branch as numpy's interpolation, so that ties and end points agree to the last bit.
  return t >= 0.5 ? high - (high - low) * (1 - t) : low + (high - low) * t;
}
