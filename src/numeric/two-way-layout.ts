import { allPositive } from './statistics.ts';

/**
 * Two-way layout without interaction: value of row t in column s = level of t + effect of s + residual, on the values
 * themselves or on their logarithms.
 */
export interface TwoWayLayout {
  readonly logarithmic: boolean;
  /** Mean of each column over the complete rows, on the layout's scale. */
  readonly columnMeans: readonly number[];
  /** Variance of a residual: the residual mean square of the complete rows. */
  readonly variance: number;
  /** Degrees of freedom behind it. */
  readonly freedom: number;
  readonly rows: number;
}

/** What is to be expected of the mean of a row of which only the first cells are known. */
export interface RowMean {
  /** In the unit of the values. */
  readonly mean: number;
  /** Standard deviation of its error, on the layout's scale: relative where that is logarithmic; 0 for a whole row. */
  readonly deviation: number;
}

/**
 * Fits complete rows of equal length. @returns null where residuals cannot be estimated: fewer than two rows or columns,
 * or logarithms of values that are not positive
 */
export function fitTwoWay(rows: readonly (readonly number[])[], logarithmic: boolean): TwoWayLayout | null {
  const columns = rows[0]?.length ?? 0;
  if (rows.length < 2 || columns < 2) return null;
  if (logarithmic && !rows.every(allPositive)) return null;
  const scaled = rows.map((row) => (logarithmic ? row.map(Math.log) : row));
  const columnMeans = Array.from({ length: columns }, (_, s) => average(scaled.map((row) => row[s]!)));
  const grand = average(columnMeans);
  let squares = 0;
  for (const row of scaled) {
    const level = average(row);
    row.forEach((value, s) => {
      squares += (value - level - (columnMeans[s]! - grand)) ** 2;
    });
  }
  const freedom = (rows.length - 1) * (columns - 1);
  return { logarithmic, columnMeans, variance: squares / freedom, freedom, rows: rows.length };
}

/**
 * Mean of a row over all columns, from its first r of R cells: the missing u = R − r are the row's level plus the effects of
 * their columns. For rows that follow the layout without residuals it is exact; otherwise its error has the variance
 * σ² · u / (R r) · (1 + 1/n), n = complete rows: a sample of a finite population of seeds, and estimated effects.
 * @param known - the first cells, at least one; positive where the layout is logarithmic
 */
export function expectedRowMean(layout: TwoWayLayout, known: readonly number[]): RowMean {
  const { columnMeans, logarithmic, rows } = layout;
  const total = columnMeans.length;
  const missing = total - known.length;
  if (missing <= 0) return { mean: average(known), deviation: 0 };
  const scaled = logarithmic ? known.map(Math.log) : known;
  const level = average(scaled) - average(columnMeans.slice(0, known.length));
  const rest = columnMeans.slice(known.length).map((column) => level + column);
  const mean = average([...known, ...(logarithmic ? rest.map(Math.exp) : rest)]);
  const share = (missing / (total * known.length)) * (1 + 1 / rows);
  return { mean, deviation: Math.sqrt(layout.variance * share) };
}

function average(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}
