/**
 * Quantile with linear interpolation between order statistics (Hyndman & Fan 1996, type 7).
 * @param sorted - ascending; empty gives NaN
 * @param share - 0 … 1
 */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const fraction = position - below;
  return fraction === 0 ? low : low + (sorted[below + 1]! - low) * fraction;
}

export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Mean and percentiles of the finite values; all NaN when there are none. */
export function summarize(values: Iterable<number>): Summary {
  const sorted = Float64Array.from([...values].filter(Number.isFinite)).sort();
  let sum = 0;
  for (let i = 0; i < sorted.length; i++) sum += sorted[i]!;
  return {
    count: sorted.length,
    mean: sum / sorted.length,
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
  };
}
