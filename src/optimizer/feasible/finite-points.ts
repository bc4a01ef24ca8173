import { levelCount, steppedValue } from '../space/levels.ts';
import type { LinearConstraint, Parameter, ParameterValue, ParameterValues, SearchSpace } from '../space/parameter.ts';
import { excessShare, isForbidden, SUM_TOLERANCE } from '../space/relations.ts';
import { isActive } from '../space/search-space.ts';

/** Larger spaces are never listed: a study does not come to their end. */
const MOST_POINTS = 20_000;
const MOST_NODES = 500_000;

const listed = new WeakMap<SearchSpace, readonly ParameterValues[] | null>();

/**
 * Every point of the space once, the last parameter fastest; conditions and constraints included. What is answered depends on
 * the space alone, so the memory of it changes nothing.
 * @returns null for a space with a simplex or a real without a step, or with more than 20,000 points
 */
export function finitePoints(space: SearchSpace): readonly ParameterValues[] | null {
  const known = listed.get(space);
  if (known !== undefined) return known;
  const points = listPoints(space);
  listed.set(space, points);
  return points;
}

function listPoints(space: SearchSpace): readonly ParameterValues[] | null {
  if (space.parameters.some((parameter) => !Number.isFinite(levelCount(parameter)))) return null;
  const points: ParameterValues[] = [];
  for (const values of pointsInOrder(space, MOST_NODES)) {
    if (values === 'gave-up' || points.length === MOST_POINTS) return null;
    points.push(values);
  }
  return points;
}

/** Points one after the other, so that a caller may stop; the last item tells where the search of a sparse space was given up. */
export function* pointsInOrder(space: SearchSpace, mostNodes: number): Generator<ParameterValues | 'gave-up'> {
  const { parameters, linear = [], forbidden = [] } = space;
  let nodes = 0;
  function* descend(index: number, values: Record<string, ParameterValue>): Generator<ParameterValues | 'gave-up'> {
    if (nodes > mostNodes) return;
    const parameter = parameters[index];
    if (parameter === undefined) {
      yield { ...values };
      return;
    }
    if (!isActive(parameter.activeWhen, values)) {
      yield* descend(index + 1, values);
      return;
    }
    for (let level = 0; level < levelCount(parameter); level++) {
      if (++nodes > mostNodes) return;
      values[parameter.name] = levelValue(parameter, level);
      const open =
        !forbidden.some((combination) => isForbidden(combination, values)) &&
        !linear.some((constraint) => exceeds(constraint, values, parameters, index));
      if (open) yield* descend(index + 1, values);
      delete values[parameter.name];
    }
  }
  yield* descend(0, {});
  if (nodes > mostNodes) yield 'gave-up';
}

/** Whether a constraint fails whatever values later parameters take; one with an inactive parameter never fails. */
function exceeds(
  { terms, atMost }: LinearConstraint,
  values: ParameterValues,
  parameters: readonly Parameter[],
  decided: number,
): boolean {
  let sum = 0;
  let size = Math.abs(atMost);
  for (const { parameter, factor } of terms) {
    const index = parameters.findIndex(({ name }) => name === parameter);
    const target = parameters[index]!;
    const value = values[parameter];
    if (index <= decided && value === undefined) return false;
    if (index > decided && target.activeWhen !== undefined) return false;
    const least = typeof value === 'number' ? factor * value : leastOf(target, factor);
    sum += least;
    size += Math.abs(least);
  }
  return excessShare(sum, atMost, size) > SUM_TOLERANCE;
}

function leastOf(parameter: Parameter, factor: number): number {
  const ends =
    parameter.kind === 'ordinal'
      ? (parameter.levels as readonly number[])
      : [levelValue(parameter, 0) as number, levelValue(parameter, levelCount(parameter) - 1) as number];
  return Math.min(...ends.map((end) => factor * end));
}

function levelValue(parameter: Parameter, level: number): ParameterValue {
  switch (parameter.kind) {
    case 'real':
    case 'integer':
      return steppedValue(parameter, level);
    case 'ordinal':
      return parameter.levels[level]!;
    case 'categorical':
      return parameter.choices[level]!;
    case 'simplex':
      throw new RangeError('a simplex has no levels');
    default:
      return parameter satisfies never;
  }
}
