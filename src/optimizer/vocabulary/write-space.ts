import type { JsonObject } from '../../base/json.ts';
import type { Condition, Parameter, SearchSpace } from '../space/parameter.ts';

/**
 * A space in the words that `readSpace` reads, every default written out.
 * @param named - simplexes that show their components; the others tell their number
 */
export function writeSpace(
  { parameters, linear = [], forbidden = [] }: SearchSpace,
  named: readonly string[],
): JsonObject {
  const texts = [...new Set(linear.map(({ text }) => text))];
  const combinations = forbidden.map((combination) =>
    Object.fromEntries(combination.map(({ parameter, ...rest }) => [parameter, 'in' in rest ? rest.in : { ...rest }])),
  );
  return {
    space: parameters.map((parameter) => writeParameter(parameter, named)),
    ...(texts.length > 0 ? { parameter_constraints: texts } : {}),
    ...(combinations.length > 0 ? { forbidden: combinations } : {}),
  };
}

function writeParameter(parameter: Parameter, named: readonly string[]): JsonObject {
  const { name, activeWhen } = parameter;
  const when = activeWhen === undefined ? {} : { when: writeCondition(activeWhen) };
  switch (parameter.kind) {
    case 'real':
    case 'integer': {
      const { low, high, log, step } = parameter;
      const type = parameter.kind === 'real' ? 'float' : 'int';
      return { name, type, low, high, log, ...(step === undefined ? {} : { step }), ...when };
    }
    case 'ordinal':
      return { name, type: 'ordinal', levels: parameter.levels, ...when };
    case 'categorical':
      return { name, type: 'categorical', choices: parameter.choices, ...when };
    case 'simplex':
      return named.includes(name)
        ? { name, type: 'simplex', components: parameter.components, ...when }
        : { name, type: 'simplex', size: parameter.components.length, ...when };
    default:
      return parameter satisfies never;
  }
}

function writeCondition(condition: Condition): JsonObject {
  return { ...condition };
}
