import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { ParameterValues, SearchSpace } from '../../optimizer/space/parameter.ts';
import { isInside } from '../../optimizer/space/search-space.ts';
import { type BaselineValue, baselineValues, normalizeWeights, type StrategyTemplate } from './template.ts';

/**
 * A point that the study wants tried first: the baseline with `values` over it.
 * @throws InputError when it names a stranger or lies outside the space
 */
export function firstPoint(
  template: StrategyTemplate,
  space: SearchSpace,
  values: Readonly<Record<string, BaselineValue>>,
  index: number,
): ParameterValues {
  const given = baselineValues({ ...template, baseline: { ...template.baseline, ...values } }, space);
  const point = normalizeWeights(space, given);
  const stranger = Object.keys(values).find((name) => !space.parameters.some((parameter) => parameter.name === name));
  if (stranger !== undefined) {
    throw new InputError(`${shortText(stranger)} is no parameter of the space`, { path: ['first', index, stranger] });
  }
  if (!isInside(space, point)) {
    throw new InputError('lies outside the search space', {
      path: ['first', index],
      suggestion: 'widen the space or move the point',
    });
  }
  return point;
}
