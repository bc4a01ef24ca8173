import { shortText } from '../../base/short-text.ts';
import type { Condition, ForbiddenCombination, LinearConstraint, ParameterValues, SearchSpace } from './parameter.ts';

/** A sum may exceed its bound by this share of its terms: decimal fractions are not exact. */
export const SUM_TOLERANCE = 1e-9;

/** Whether a condition holds; not where its parameter is inactive. */
export function holds(condition: Condition, values: ParameterValues): boolean {
  const value = values[condition.parameter];
  if (value === undefined) return false;
  if ('in' in condition) return condition.in.some((allowed) => allowed === value);
  return typeof value === 'number' && value >= condition.low && value <= condition.high;
}

/** What ties parameters together and does not hold, as a sentence; null where everything holds. */
export function brokenRelation(space: SearchSpace, values: ParameterValues): string | null {
  for (const constraint of space.linear ?? []) {
    if (relativeExcess(constraint, values) > SUM_TOLERANCE)
      return `${constraint.text} must hold, got ${shown(
        constraint.terms.map(({ parameter }) => parameter),
        values,
      )}`;
  }
  const forbidden = (space.forbidden ?? []).find((combination) => isForbidden(combination, values));
  return forbidden === undefined
    ? null
    : `this combination is forbidden: ${shown(
        forbidden.map(({ parameter }) => parameter),
        values,
      )}`;
}

export function isForbidden(combination: ForbiddenCombination, values: ParameterValues): boolean {
  return combination.every((condition) => holds(condition, values));
}

/**
 * By how much a sum exceeds its bound, as a share of the sizes of its terms and bound: ≤ 0 where the constraint holds.
 * −Infinity where one of its parameters is inactive: nothing is asked there.
 */
export function relativeExcess({ terms, atMost }: LinearConstraint, values: ParameterValues): number {
  let sum = 0;
  let size = Math.abs(atMost);
  for (const { parameter, factor } of terms) {
    const value = values[parameter];
    if (typeof value !== 'number') return Number.NEGATIVE_INFINITY;
    sum += factor * value;
    size += Math.abs(factor * value);
  }
  return excessShare(sum, atMost, size);
}

/** The excess of a sum as a share of its size; integers are exact, so that every excess of theirs counts in full. */
export function excessShare(sum: number, atMost: number, size: number): number {
  if (sum <= atMost) return size === 0 ? 0 : (sum - atMost) / size;
  return Number.isInteger(sum) && Number.isInteger(atMost) ? 1 : (sum - atMost) / size;
}

function shown(parameters: readonly string[], values: ParameterValues): string {
  return [...new Set(parameters)].map((name) => `${name} = ${shortText(values[name])}`).join(', ');
}
