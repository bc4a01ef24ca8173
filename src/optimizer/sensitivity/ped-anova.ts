import type { Rng } from '../../base/random.ts';
import { power } from '../../numeric/power.ts';
import { encode } from '../space/encode.ts';
import type { Parameter, ParameterValue, ParameterValues, SearchSpace } from '../space/parameter.ts';

export interface LocalImportance {
  /** Share of the sum over all parameters, in [0, 1]. */
  readonly share: number;
  /** Chance of as large a divergence if the losses had nothing to do with the parameter. */
  readonly pValue: number;
}

export interface PedAnovaOptions {
  readonly rng: Rng;
  /** Share of the points that count as good. */
  readonly best?: number;
}

const BEST = 0.2;
const FEWEST_BEST = 3;
const PERMUTATIONS = 199;
const GRID = 50;

/**
 * What decides whether a point is among the best: how far the distribution of each parameter among the best points is from that
 * among all of them, by Pearson's divergence ∫ (p_best / p_all − 1)² p_all, which is the variance that the parameter alone
 * explains in "is this point one of the best?". It needs no surrogate and takes the points as they lie. A Sobol index speaks of
 * the whole space instead, where a parameter may matter most in regions that nobody wants.
 *
 * Of a weight vector the component with the largest divergence counts. What is not active is a level of its own.
 * @param losses - finite, in the order of the points
 * @returns by parameter, in the order of the space
 * @see Watanabe, Bansal & Hutter 2023, "PED-ANOVA: efficiently quantifying hyperparameter importance in arbitrary subspaces"
 */
export function pedAnova(
  space: SearchSpace,
  points: readonly ParameterValues[],
  losses: readonly number[],
  { rng, best = BEST }: PedAnovaOptions,
): readonly LocalImportance[] {
  const n = points.length;
  const count = Math.min(n, Math.max(FEWEST_BEST, Math.ceil(best * n)));
  const order = [...points.keys()].sort((a, b) => losses[a]! - losses[b]! || a - b);
  const good = Int32Array.from(order.slice(0, count));
  const drawn = Array.from({ length: PERMUTATIONS }, () => sample(order, count, rng));
  const found = space.parameters.map((parameter) => {
    const columns = spreadColumns(parameter, points).map((column) => withShares(column, count));
    const most = (chosen: Int32Array): number =>
      columns.reduce((largest, column) => Math.max(largest, divergence(column, chosen)), 0);
    const value = most(good);
    return { value, asLarge: 1 + drawn.filter((chosen) => most(chosen) >= value).length };
  });
  const sum = found.reduce((total, { value }) => total + value, 0);
  return found.map(({ value, asLarge }) => ({
    share: sum > 0 ? value / sum : 0,
    pValue: asLarge / (PERMUTATIONS + 1),
  }));
}

/** Where the points lie: what each of them has in each cell (a row sums to 1), and the mean over all of them. */
interface Column {
  /** Row after row. */
  readonly rows: Float64Array;
  readonly all: Float64Array;
}

/** The rows become what each adds to the mean over `count` points. */
function withShares({ rows, all }: Column, count: number): Column {
  return { rows: rows.map((value) => value / count), all };
}

function divergence({ rows, all }: Column, chosen: Int32Array): number {
  const own = sumOfRows(rows, all.length, chosen);
  let sum = 0;
  for (let g = 0; g < all.length; g++) if (all[g] !== 0) sum += (own[g]! - all[g]!) ** 2 / all[g]!;
  return sum;
}

/** Four rows in one go, each cell in the order of the rows: the work of the whole analysis is here. */
function sumOfRows(rows: Float64Array, cells: number, chosen: Int32Array): Float64Array {
  const sum = new Float64Array(cells);
  let k = 0;
  for (; k + 3 < chosen.length; k += 4) {
    const a = chosen[k]! * cells;
    const b = chosen[k + 1]! * cells;
    const c = chosen[k + 2]! * cells;
    const d = chosen[k + 3]! * cells;
    for (let g = 0; g < cells; g++) sum[g] = sum[g]! + rows[a + g]! + rows[b + g]! + rows[c + g]! + rows[d + g]!;
  }
  for (; k < chosen.length; k++) for (let g = 0; g < cells; g++) sum[g]! += rows[chosen[k]! * cells + g]!;
  return sum;
}

/** @param write - puts a point's cells into its row */
function columnOf(count: number, cells: number, write: (row: Float64Array, index: number) => void): Column {
  const rows = new Float64Array(count * cells);
  const all = new Float64Array(cells);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * cells, (i + 1) * cells);
    write(row, i);
    for (let g = 0; g < cells; g++) all[g]! += row[g]! / count;
  }
  return { rows, all };
}

/** One column for each component of a weight vector, one for any other parameter. */
function spreadColumns(parameter: Parameter, points: readonly ParameterValues[]): Column[] {
  const values = points.map((point) => point[parameter.name]);
  switch (parameter.kind) {
    case 'categorical':
      return [levels(values, parameter.choices)];
    case 'simplex':
      return parameter.components.map((_, k) =>
        smooth(values.map((value) => (value === undefined ? null : (value as readonly number[])[k]!))),
      );
    case 'real':
    case 'integer':
    case 'ordinal':
      return [
        smooth(
          points.map((point, i) => (values[i] === undefined ? null : encode({ parameters: [parameter] }, point)[0]!)),
        ),
      ];
    default:
      return parameter satisfies never;
  }
}

function levels(values: readonly (ParameterValue | undefined)[], choices: readonly ParameterValue[]): Column {
  return columnOf(values.length, choices.length + 1, (row, i) => {
    const value = values[i];
    row[value === undefined ? choices.length : choices.indexOf(value)] = 1;
  });
}

/** Coordinates in [0, 1] as normal densities cut off at the ends, with Scott's width; the last cell is for null. */
function smooth(coordinates: readonly (number | null)[]): Column {
  const active = coordinates.filter((one) => one !== null);
  const mean = active.reduce((sum, x) => sum + x / active.length, 0);
  const variance = active.reduce((sum, x) => sum + (x - mean) ** 2 / active.length, 0);
  const width = Math.max(1 / GRID, Math.sqrt(variance) * power(active.length, -0.2));
  return columnOf(coordinates.length, GRID + 1, (row, i) => {
    const x = coordinates[i]!;
    if (x === null) {
      row[GRID] = 1;
      return;
    }
    let sum = 0;
    for (let g = 0; g < GRID; g++) {
      row[g] = Math.exp(-0.5 * (((g + 0.5) / GRID - x) / width) ** 2);
      sum += row[g]!;
    }
    for (let g = 0; g < GRID; g++) row[g]! /= sum;
  });
}

/** `count` different entries, by a partial shuffle. */
function sample(all: readonly number[], count: number, rng: Rng): Int32Array {
  const rest = Int32Array.from(all);
  for (let k = 0; k < count; k++) {
    const at = k + rng.below(rest.length - k);
    const other = rest[at]!;
    rest[at] = rest[k]!;
    rest[k] = other;
  }
  return rest.slice(0, count);
}
