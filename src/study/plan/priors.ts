import { InputError } from '../../base/errors.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import type { ParameterPrior } from '../../optimizer/sampler/sampler.ts';
import type { SearchSpace } from '../../optimizer/space/parameter.ts';
import type { StudySpec } from './study-spec.ts';

/** Where good points are expected. @throws InputError for a parameter that has no scale */
export function resolvePriors(spec: StudySpec, space: SearchSpace): readonly ParameterPrior[] {
  return Object.entries(spec.priors ?? {}).map(([parameter, { center, spread }]) => {
    const target = space.parameters.find(({ name }) => name === parameter);
    if (target?.kind === 'real' || target?.kind === 'integer') return { parameter, center, spread };
    const numeric = space.parameters
      .filter(({ kind }) => kind === 'real' || kind === 'integer')
      .map(({ name }) => name);
    throw new InputError(`a prior needs a real or integer parameter, got ${shortText(parameter)}`, {
      path: ['priors', parameter],
      suggestion: `these can have one: ${nameList(numeric) || 'none'}`,
    });
  });
}
