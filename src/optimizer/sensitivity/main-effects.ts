import { MultivariateLinearRegression } from 'ml-regression';
import type { Parameter, ParameterValue, ParameterValues, SearchSpace } from '../space/parameter.ts';

export interface MainEffect {
  /** Standardised slope: standard deviations of the loss per standard deviation of the column. */
  readonly slope: number;
  readonly tStatistic: number;
}

export interface EffectColumn {
  readonly parameter: string;
  /** Component of a weight vector; null for other parameters. */
  readonly component: string | null;
}

/**
 * Main effects of a linear regression of the losses on standardised columns, as a cross-check of the surrogate. The last
 * weight of a simplex is left out (the others determine it), categories and conditional parameters too.
 * @param values - n points
 * @param losses - length n
 * @returns one entry per column; null where the regression has too few points or no full rank
 */
export function mainEffects(
  space: SearchSpace,
  values: readonly ParameterValues[],
  losses: readonly number[],
): readonly (EffectColumn & { readonly effect: MainEffect | null })[] {
  const columns = space.parameters.flatMap(effectColumns);
  const usable = columns
    .map((column) => ({ column, standard: standardize(values.map((point) => column.read(point[column.parameter]))) }))
    .filter((entry): entry is { column: Column; standard: number[] } => entry.standard !== null);
  const target = standardize(losses);
  const effects =
    target === null
      ? null
      : regress(
          usable.map(({ standard }) => standard),
          target,
        );
  return columns.map((column) => {
    const at = usable.findIndex((entry) => entry.column === column);
    return {
      parameter: column.parameter,
      component: column.component,
      effect: at < 0 ? null : (effects?.[at] ?? null),
    };
  });
}

interface Column extends EffectColumn {
  read(value: ParameterValue | undefined): number;
}

function effectColumns(parameter: Parameter): Column[] {
  const { name } = parameter;
  if (parameter.activeWhen !== undefined) return [];
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      return [
        {
          parameter: name,
          component: null,
          read: (value) => (parameter.log ? Math.log(Number(value)) : Number(value)),
        },
      ];
    case 'ordinal':
      return [{ parameter: name, component: null, read: (value) => parameter.levels.indexOf(value as number) }];
    case 'categorical':
      return [];
    case 'simplex':
      return parameter.components.slice(0, -1).map((component, index) => ({
        parameter: name,
        component,
        read: (value) => (value as readonly number[])[index]!,
      }));
    default:
      return parameter satisfies never;
  }
}

/** Zero mean, unit variance; null for a constant or non-finite column. */
function standardize(column: readonly number[]): number[] | null {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
  if (!(variance > 0) || !Number.isFinite(variance)) return null;
  return column.map((value) => (value - mean) / Math.sqrt(variance));
}

function regress(columns: readonly (readonly number[])[], target: readonly number[]): (MainEffect | null)[] | null {
  if (columns.length === 0 || target.length < columns.length + 3) return null;
  const inputs = target.map((_, row) => columns.map((column) => column[row]!));
  const fit = new MultivariateLinearRegression(
    inputs,
    target.map((value) => [value]),
  );
  return columns.map((_, index) => {
    const slope = fit.weights[index]?.[0];
    const tStatistic = fit.tStats?.[index];
    const defined =
      slope !== undefined && tStatistic !== undefined && Number.isFinite(slope) && Number.isFinite(tStatistic);
    return defined ? { slope, tStatistic } : null;
  });
}
