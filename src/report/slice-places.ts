import { power } from '../numeric/power.ts';
import type { Parameter, ParameterValue, ParameterValues, SearchSpace } from '../optimizer/space/parameter.ts';

const STEPS = 24;
const GRID = 16;

interface SlicePlace {
  readonly at: number | string;
  readonly values: ParameterValues;
}

interface SliceLine {
  readonly column: string;
  readonly log: boolean;
  readonly places: readonly SlicePlace[];
}

/** A place of a contour. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly values: ParameterValues;
}

/** A line through `from` for every number and weight, and the levels of every choice that is active there. */
export function sliceLines(space: SearchSpace, from: ParameterValues): readonly SliceLine[] {
  return space.parameters
    .filter(({ name }) => Object.hasOwn(from, name))
    .flatMap((parameter): SliceLine[] => {
      const { name } = parameter;
      const put = (value: ParameterValue): ParameterValues => ({ ...from, [name]: value });
      switch (parameter.kind) {
        case 'real':
        case 'integer':
          return [
            {
              column: name,
              log: parameter.log,
              places: rangePlaces(parameter, STEPS).map((at) => ({ at, values: put(at) })),
            },
          ];
        case 'ordinal':
          return [{ column: name, log: false, places: parameter.levels.map((at) => ({ at, values: put(at) })) }];
        case 'categorical':
          return [
            {
              column: name,
              log: false,
              places: parameter.choices.map((choice) => ({ at: String(choice), values: put(choice) })),
            },
          ];
        case 'simplex':
          return parameter.components.map((component, index) => ({
            column: `${name}.${component}`,
            log: false,
            places: Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS).map((at) => ({
              at,
              values: put(withWeight(from[name] as readonly number[], index, at)),
            })),
          }));
        default:
          return parameter satisfies never;
      }
    });
}

/** All places of a grid over the two most important numbers; null where there are not two. */
export function contourGrid(
  space: SearchSpace,
  from: ParameterValues,
  ranked: readonly string[],
): { readonly x: string; readonly y: string; readonly places: readonly Place[] } | null {
  const numeric = ranked.flatMap((name) =>
    space.parameters.filter((one) => one.name === name && isRange(one) && Object.hasOwn(from, name)),
  );
  const [x, y] = numeric;
  if (x === undefined || y === undefined || !isRange(x) || !isRange(y)) return null;
  const places = rangePlaces(x, GRID).flatMap((a) =>
    rangePlaces(y, GRID).map((b) => ({ x: a, y: b, values: { ...from, [x.name]: a, [y.name]: b } })),
  );
  return { x: x.name, y: y.name, places };
}

type Range = Extract<Parameter, { kind: 'real' | 'integer' }>;

function isRange(parameter: Parameter): parameter is Range {
  return parameter.kind === 'real' || parameter.kind === 'integer';
}

/** Evenly spaced on the parameter's own scale; each integer once. */
function rangePlaces({ kind, low, high, log }: Range, steps: number): number[] {
  const at = (share: number): number => (log ? low * power(high / low, share) : low + (high - low) * share);
  const places = Array.from({ length: steps + 1 }, (_, step) => (step === steps ? high : at(step / steps)));
  return kind === 'integer' ? [...new Set(places.map(Math.round))] : places;
}

/** One weight set to `share`, the others in proportion. */
function withWeight(weights: readonly number[], index: number, share: number): readonly number[] {
  const rest = weights.reduce((sum, weight, other) => (other === index ? sum : sum + weight), 0);
  return weights.map((weight, other) => {
    if (other === index) return share;
    return rest > 0 ? (weight / rest) * (1 - share) : (1 - share) / (weights.length - 1);
  });
}
