import { PolynomialRegression } from 'ml-regression';

/**
 * Least-squares polynomial of the first or second degree. It is written in u = 2 (s − s(low)) / (s(high) − s(low)) − 1
 * with s = x, or s = ln x where `log` is set, so that u runs from −1 to 1 over the values seen.
 */
export interface Trend {
  readonly degree: 1 | 2;
  /** By power of u. */
  readonly coefficients: readonly number[];
  /** Smallest and largest x. */
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  /** Share of the variance of y that the trend explains. */
  readonly r2: number;
}

const LEAST_POINTS = 5;
/** Values of u nearer than this are one for the choice of the degree: a parabola through them would be rounding alone. */
const APART = 1e-3;
/** A line that leaves less than this is exact but for rounding. */
const EXACT = 1e-12;

/**
 * A parabola, where it earns its further coefficient: where its adjusted R² is above that of the line.
 * @param x - finite; positive where `log` is set
 * @param y - finite, of the same length
 * @returns null below five points, and where x or y is constant
 */
export function fitTrend(x: readonly number[], y: readonly number[], { log = false } = {}): Trend | null {
  const range = { low: Math.min(...x), high: Math.max(...x), log };
  if (x.length < LEAST_POINTS || !(range.high > range.low) || !(Math.max(...y) > Math.min(...y))) return null;
  const u = x.map((value) => toUnit(range, value));
  const line = polynomial(u, y, 1);
  if (1 - line.r2 < EXACT || distinct(u) < 3) return { ...range, ...line };
  const parabola = polynomial(u, y, 2);
  return { ...range, ...(adjusted(parabola, x.length) > adjusted(line, x.length) ? parabola : line) };
}

/** The trend's y at x. */
export function trendAt(trend: Trend, x: number): number {
  const u = toUnit(trend, x);
  return trend.coefficients.reduceRight((sum, coefficient) => sum * u + coefficient, 0);
}

type Fitted = Pick<Trend, 'degree' | 'coefficients' | 'r2'>;

function polynomial(u: readonly number[], y: readonly number[], degree: Trend['degree']): Fitted {
  const regression = new PolynomialRegression(u, y, degree);
  const mean = y.reduce((sum, value) => sum + value, 0) / y.length;
  let residual = 0;
  let total = 0;
  for (const [i, value] of y.entries()) {
    residual += (value - regression.predict(u[i]!)) ** 2;
    total += (value - mean) ** 2;
  }
  return { degree, coefficients: [...regression.coefficients], r2: Math.max(0, 1 - residual / total) };
}

function distinct(u: readonly number[]): number {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const value of [...u].sort((a, b) => a - b)) {
    if (value - last < APART) continue;
    last = value;
    count++;
  }
  return count;
}

function adjusted({ r2, degree }: Fitted, n: number): number {
  return 1 - ((1 - r2) * (n - 1)) / (n - degree - 1);
}

function toUnit({ low, high, log }: Pick<Trend, 'low' | 'high' | 'log'>, x: number): number {
  const s = log ? Math.log : (value: number): number => value;
  return (2 * (s(x) - s(low))) / (s(high) - s(low)) - 1;
}
