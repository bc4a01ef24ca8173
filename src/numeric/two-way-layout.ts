import { Matrix } from 'ml-matrix';
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
 * Fits a table of complete rows. @returns null where residuals cannot be estimated: fewer than two rows or columns, or
 * logarithms of values that are not positive
 */
export function fitTwoWay(table: Matrix, logarithmic: boolean): TwoWayLayout | null {
  if (table.rows < 2 || table.columns < 2) return null;
  if (logarithmic && !allPositive(table.to1DArray())) return null;
  const scaled = logarithmic ? Matrix.log(table) : table;
  let squares = 0;
  for (const residual of twoWayResiduals(scaled).to1DArray()) squares += residual ** 2;
  const freedom = (table.rows - 1) * (table.columns - 1);
  return { logarithmic, columnMeans: scaled.mean('column'), variance: squares / freedom, freedom, rows: table.rows };
}

/** What is left of each cell without its row's level and its column's effect; sums to 0 along rows and columns. */
export function twoWayResiduals(table: Matrix): Matrix {
  const levels = table.mean('row');
  const columnMeans = table.mean('column');
  const grand = average(columnMeans);
  const residuals = new Matrix(table.rows, table.columns);
  for (let t = 0; t < table.rows; t++) {
    for (let s = 0; s < table.columns; s++) {
      residuals.set(t, s, table.get(t, s) - levels[t]! - (columnMeans[s]! - grand));
    }
  }
  return residuals;
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
