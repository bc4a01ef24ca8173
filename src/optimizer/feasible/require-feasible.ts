import { InputError } from '../../base/errors.ts';
import { nameList } from '../../base/short-text.ts';
import type { Parameter, SearchSpace } from '../space/parameter.ts';
import { FeasibleSet, feasibleSet } from './feasible-set.ts';

/**
 * @throws InputError where the constraints leave no point, which names those that exclude each other, or where none was found
 */
export function requireFeasible(space: SearchSpace): void {
  const set = feasibleSet(space);
  if (set === null || set.verdict === 'found') return;
  if (set.verdict === 'gave-up')
    throw new InputError('no point was found that meets all constraints, and not all possibilities could be tried', {
      path: ['parameter_constraints'],
      suggestion: 'use fewer constraints and combinations, or wider ranges',
    });
  const { linear, forbidden } = smallestConflict(space);
  const texts = [...new Set(linear.map(({ text }) => text))];
  const count = forbidden.length;
  const meets = texts.length === 0 ? '' : ` meets ${texts.length === 1 ? '' : 'all of '}${nameList(texts)}`;
  const avoids =
    count === 0 ? '' : ` avoids ${count === 1 ? 'a forbidden combination' : `${count} forbidden combinations`}`;
  const names = linear.flatMap(({ terms }) => terms.map(({ parameter }) => parameter));
  throw new InputError(`no point of the space${meets}${meets !== '' && avoids !== '' ? ' and' : ''}${avoids}`, {
    path: [texts.length > 0 ? 'parameter_constraints' : 'forbidden'],
    suggestion: texts.length > 0 ? rangesText(space, names) : 'forbid less, or add values',
  });
}

/** Relations that exclude each other and of which none can be spared: those whose removal frees a point go back. */
function smallestConflict({
  parameters,
  linear = [],
  forbidden = [],
}: SearchSpace): Required<Pick<SearchSpace, 'linear' | 'forbidden'>> {
  let kept = { linear, forbidden };
  const conflicts = (relations: typeof kept): boolean =>
    new FeasibleSet({ parameters, ...relations }).verdict === 'none';
  for (const one of linear) {
    const fewer = { ...kept, linear: kept.linear.filter((other) => other.text !== one.text) };
    if (conflicts(fewer)) kept = fewer;
  }
  for (const one of forbidden) {
    const fewer = { ...kept, forbidden: kept.forbidden.filter((other) => other !== one) };
    if (conflicts(fewer)) kept = fewer;
  }
  return kept;
}

function rangesText({ parameters }: SearchSpace, names: readonly string[]): string {
  const shown = (parameter: Parameter): string =>
    parameter.kind === 'real' || parameter.kind === 'integer'
      ? `${parameter.name} in [${parameter.low}, ${parameter.high}]`
      : parameter.name;
  return `ranges: ${nameList(parameters.filter(({ name }) => names.includes(name)).map(shown))}`;
}
