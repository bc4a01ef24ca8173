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
  const columns = space.parameters.map((parameter) => spreadColumns(parameter, points));
  const divergences = (chosen: readonly number[]): number[] =>
    columns.map((own) => own.reduce((most, column) => Math.max(most, divergence(column, chosen)), 0));
  const order = [...points.keys()].sort((a, b) => losses[a]! - losses[b]! || a - b);
  const found = divergences(order.slice(0, count));
  const sum = found.reduce((total, value) => total + value, 0);
  const asLarge = found.map(() => 1);
  for (let k = 0; k < PERMUTATIONS; k++) {
    const drawn = divergences(sample(order, count, rng));
    for (const [j, value] of drawn.entries()) if (value >= found[j]!) asLarge[j]!++;
  }
  return found.map((value, j) => ({ share: sum > 0 ? value / sum : 0, pValue: asLarge[j]! / (PERMUTATIONS + 1) }));
}

/** Where the points lie: what each of them has in each cell (a row sums to 1), and the mean over all of them. */
interface Column {
  readonly rows: readonly Float64Array[];
  readonly all: Float64Array;
}

function divergence({ rows, all }: Column, chosen: readonly number[]): number {
  let sum = 0;
  for (let g = 0; g < all.length; g++) {
    if (all[g] === 0) continue;
    let own = 0;
    for (const i of chosen) own += rows[i]![g]! / chosen.length;
    sum += (own - all[g]!) ** 2 / all[g]!;
  }
  return sum;
}

function columnOf(rows: readonly Float64Array[]): Column {
  const all = new Float64Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let g = 0; g < all.length; g++) all[g]! += row[g]! / rows.length;
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
  const rows = values.map((value) => {
    const row = new Float64Array(choices.length + 1);
    row[value === undefined ? choices.length : choices.indexOf(value)] = 1;
    return row;
  });
  return columnOf(rows);
}

/** Coordinates in [0, 1] as normal densities cut off at the ends, with Scott's width; the last cell is for null. */
function smooth(coordinates: readonly (number | null)[]): Column {
  const active = coordinates.filter((one) => one !== null);
  const mean = active.reduce((sum, x) => sum + x / active.length, 0);
  const variance = active.reduce((sum, x) => sum + (x - mean) ** 2 / active.length, 0);
  const width = Math.max(1 / GRID, Math.sqrt(variance) * power(active.length, -0.2));
  const rows = coordinates.map((x) => {
    const row = new Float64Array(GRID + 1);
    if (x === null) {
      row[GRID] = 1;
      return row;
    }
    let sum = 0;
    for (let g = 0; g < GRID; g++) {
      row[g] = Math.exp(-0.5 * (((g + 0.5) / GRID - x) / width) ** 2);
      sum += row[g]!;
    }
    return row.map((value) => value / sum);
  });
  return columnOf(rows);
}

/** `count` different entries, by a partial shuffle. */
function sample(all: readonly number[], count: number, rng: Rng): number[] {
  const rest = [...all];
  for (let k = 0; k < count; k++) {
    const at = k + rng.below(rest.length - k);
    [rest[k], rest[at]] = [rest[at]!, rest[k]!];
  }
  return rest.slice(0, count);
}
