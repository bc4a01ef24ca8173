/** Least-squares line with what its predictions need. */
export interface LineFit {
  readonly slope: number;
  readonly meanX: number;
  readonly meanY: number;
  /** Residual variance. */
  readonly variance: number;
  readonly freedom: number;
  readonly squaresX: number;
  readonly count: number;
}

export interface Prediction {
  readonly mean: number;
  /** Standard deviation of the error of one new value: noise, and uncertainty of the line. */
  readonly deviation: number;
}

/** Fits y = a + b x. A constant x leaves the mean alone. @returns null for fewer than three points */
export function fitLine(x: readonly number[], y: readonly number[]): LineFit | null {
  const count = x.length;
  if (count < 3) return null;
  const meanX = average(x);
  const meanY = average(y);
  let squaresX = 0;
  let products = 0;
  for (const [i, value] of x.entries()) {
    squaresX += (value - meanX) ** 2;
    products += (value - meanX) * (y[i]! - meanY);
  }
  const slope = squaresX > 0 ? products / squaresX : 0;
  let residuals = 0;
  for (const [i, value] of x.entries()) residuals += (y[i]! - meanY - slope * (value - meanX)) ** 2;
  const freedom = squaresX > 0 ? count - 2 : count - 1;
  return { slope, meanX, meanY, variance: residuals / freedom, freedom, squaresX, count };
}

/** A new value at x: variance σ² (1 + 1/n + (x − x̄)² / Sxx). */
export function predictLine(fit: LineFit, x: number): Prediction {
  const offset = x - fit.meanX;
  const leverage = fit.squaresX > 0 ? offset ** 2 / fit.squaresX : 0;
  return {
    mean: fit.meanY + fit.slope * offset,
    deviation: Math.sqrt(fit.variance * (1 + 1 / fit.count + leverage)),
  };
}

/** Spearman's rank correlation; ties get their mean rank; NaN when either side is constant. */
export function rankCorrelation(x: readonly number[], y: readonly number[]): number {
  const a = ranks(x);
  const b = ranks(y);
  const center = (x.length + 1) / 2;
  let products = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (const [i, rank] of a.entries()) {
    products += (rank - center) * (b[i]! - center);
    squaresA += (rank - center) ** 2;
    squaresB += (b[i]! - center) ** 2;
  }
  return products / Math.sqrt(squaresA * squaresB);
}

function ranks(values: readonly number[]): number[] {
  const order = [...values.keys()].sort((i, j) => values[i]! - values[j]! || i - j);
  const result = new Array<number>(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end + 1 < order.length && values[order[end + 1]!] === values[order[start]!]) end++;
    for (let k = start; k <= end; k++) result[order[k]!] = (start + end) / 2 + 1;
    start = end + 1;
  }
  return result;
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
