import { covariance, Matrix } from 'ml-matrix';

/** By variable and variable; null where one of the two does not vary. */
export type Correlations = readonly (readonly (number | null)[])[];

/**
 * Pearson correlations of variables measured on the same cases, exactly 1 on the diagonal and never beyond ±1.
 * @param variables - one array a variable, all of the same length of at least 2
 * @throws RangeError for fewer than two cases or unequal lengths
 */
export function correlations(variables: readonly (readonly number[])[]): Correlations {
  const table = new Matrix(variables as number[][]).transpose();
  if (table.rows < 2) throw new RangeError(`correlations need at least two cases, got ${table.rows}`);
  const covariances = covariance(table);
  const deviations = covariances.diag().map(Math.sqrt);
  return covariances.to2DArray().map((row, i) =>
    row.map((value, j) => {
      const scale = deviations[i]! * deviations[j]!;
      if (!(scale > 0)) return null;
      return i === j ? 1 : Math.max(-1, Math.min(1, value / scale));
    }),
  );
}
