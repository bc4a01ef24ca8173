/** Measured and simulated values of the same requests, in the same order. */
export interface Series {
  readonly real: readonly number[];
  readonly sim: readonly number[];
}

export type Bias = '' | 'over-predict' | 'under-predict' | 'neutral';
export type Quality = 'excellent' | 'good' | 'fair' | 'poor';

export interface SeriesAgreement {
  /** By statistic: what was measured, what was simulated; same unit as the series. */
  readonly statistics: Readonly<Record<Statistic, { readonly real: number; readonly sim: number }>>;
  /** Mean of |real − sim| / real over pairs with real ≠ 0; a fraction. */
  readonly mape: number;
  /** 0 for fewer than 3 pairs and where a side is constant. */
  readonly pearson: number;
  /** Sign of Σ(sim − real) over the pairs of the MAPE; empty without any. */
  readonly bias: Bias;
  readonly quality: Quality;
  readonly count: number;
}

const STATISTICS = ['mean', 'median', 'p50', 'p90', 'p95', 'p99'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Limits of the verdicts, best first: MAPE below, correlation above. */
const GRADES: readonly { readonly quality: Quality; readonly mape: number; readonly pearson: number }[] = [
  { quality: 'excellent', mape: 0.1, pearson: 0.95 },
  { quality: 'good', mape: 0.2, pearson: 0.85 },
  { quality: 'fair', mape: 0.35, pearson: 0.7 },
];

/** @param series - at least one pair */
export function seriesAgreement(series: Series): SeriesAgreement {
  const [real, sim] = [statistics(series.real), statistics(series.sim)];
  const { mape, bias } = relativeError(series);
  const pearson = correlation(series);
  const grade = GRADES.find((limit) => mape < limit.mape && pearson > limit.pearson);
  return {
    statistics: Object.fromEntries(
      STATISTICS.map((name) => [name, { real: real[name], sim: sim[name] }]),
    ) as SeriesAgreement['statistics'],
    mape,
    pearson,
    bias,
    quality: grade?.quality ?? 'poor',
    count: series.real.length,
  };
}

function statistics(values: readonly number[]): Readonly<Record<Statistic, number>> {
  const sorted = [...values].sort((a, b) => a - b);
  const median = percentile(sorted, 50);
  return {
    mean: mean(values),
    median,
    p50: median,
    p90: percentile(sorted, 90),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
}

/** Sum in order, divided by the count. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function percentile(sorted: readonly number[], p: number): number {
  const rank = (p / 100) * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  return low + (rank - Math.floor(rank)) * (high - low);
}

export function relativeError({ real, sim }: Series): { readonly mape: number; readonly bias: Bias } {
  let [sum, difference, count] = [0, 0, 0];
  for (const [i, measured] of real.entries()) {
    if (measured === 0) continue;
    sum += Math.abs(measured - sim[i]!) / measured;
    difference += sim[i]! - measured;
    count++;
  }
  if (count === 0) return { mape: 0, bias: '' };
  return {
    mape: sum / count,
    bias: difference > 0 ? 'over-predict' : difference < 0 ? 'under-predict' : 'neutral',
  };
}

/** Pearson's r from sums of one pass. */
function correlation({ real, sim }: Series): number {
  const n = real.length;
  if (n < 3) return 0;
  let [x, y, xy, xx, yy] = [0, 0, 0, 0, 0];
  for (const [i, a] of real.entries()) {
    const b = sim[i]!;
    x += a;
    y += b;
    xy += a * b;
    xx += a * a;
    yy += b * b;
  }
  const scale = Math.sqrt((n * xx - x * x) * (n * yy - y * y));
  // Rounding can push the variance of equal values below 0.
  return scale > 0 ? (n * xy - x * y) / scale : 0;
}
