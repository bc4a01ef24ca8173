import { InputError, within } from '../../base/errors.ts';
import { mapAll, ProblemList } from '../../base/problem-list.ts';
import { requireFeasible } from '../feasible/require-feasible.ts';
import type { Condition, ForbiddenCombination, LinearConstraint, Parameter, SearchSpace } from '../space/parameter.ts';
import { validateParameters, validateRelations } from '../space/validate-space.ts';
import { linearConstraints, parseLinear, type Relation } from './linear-expression.ts';
import { readParameter, readShorthand } from './read-parameter.ts';
import type { ConditionEntry, ConstraintEntry, ForbiddenEntry, ParametersBlock } from './space-schema.ts';

/** A space as its schemas accept it. */
export interface WrittenSpace {
  readonly parameters: ParametersBlock;
  readonly parameter_constraints?: readonly ConstraintEntry[] | undefined;
  readonly forbidden?: readonly ForbiddenEntry[] | undefined;
}

/**
 * Makes a search space of its words and checks all that schemas cannot say, down to whether the space has a point at all.
 * @param path - where the parameters stand in the document; constraints and combinations have keys of their own
 * @throws InputError with the path of every problem
 */
export function readSpace(
  written: WrittenSpace,
  path: readonly string[],
  singleValues: 'allowed' | 'refused' = 'allowed',
): SearchSpace {
  const { keys, parameters } = readParameters(written.parameters, path);
  within(path, () => validateParameters(parameters, { keys, singleValues }));
  const problems = new ProblemList();
  const names = parameters.map(({ name }) => name);
  const linear = (written.parameter_constraints ?? []).flatMap((constraint, index) => {
    const read = (): readonly LinearConstraint[] => readConstraint(constraint, names);
    return problems.attempt(() => within(['parameter_constraints', index], read)) ?? [];
  });
  const forbidden = readForbidden(written.forbidden ?? [], parameters);
  const space: SearchSpace = {
    parameters,
    ...(linear.length > 0 ? { linear } : {}),
    ...(forbidden.length > 0 ? { forbidden } : {}),
  };
  problems.attempt(() => validateRelations(space));
  problems.refuse();
  requireFeasible(space);
  return space;
}

function readParameters(
  block: ParametersBlock,
  path: readonly string[],
): { keys: readonly (string | number)[]; parameters: readonly Parameter[] } {
  const earlier: Parameter[] = [];
  const read = (key: string | number, make: () => Parameter): void =>
    within([...path, key], () => {
      earlier.push(make());
    });
  if (Array.isArray(block)) {
    const entries = block.entries();
    mapAll([...entries], ([index, { name, ...entry }]) =>
      read(index, () => readParameter(name, entry, (when) => readCondition(when, earlier))),
    );
    return { keys: [...block.keys()], parameters: earlier };
  }
  mapAll(Object.entries(block), ([name, value]) =>
    read(name, () =>
      Array.isArray(value)
        ? readShorthand(name, value)
        : readParameter(name, value, (when) => readCondition(when, earlier)),
    ),
  );
  return { keys: Object.keys(block), parameters: earlier };
}

/** @param known - parameters whose ranges fill in an end that is left out */
function readCondition(written: ConditionEntry, known: readonly Parameter[]): Condition {
  const { parameter, equals, in: list, low, high } = written;
  const forms = [equals !== undefined, list !== undefined, low !== undefined || high !== undefined];
  if (forms.filter(Boolean).length !== 1)
    throw new InputError('needs one of `in`, `equals` and a range with `low` and `high`', { path: ['when'] });
  if (list !== undefined) return { parameter, in: list };
  return equals !== undefined
    ? { parameter, in: [equals] }
    : { parameter, ...rangeOf({ low, high }, parameter, known) };
}

function rangeOf(
  { low, high }: { readonly low?: number | undefined; readonly high?: number | undefined },
  name: string,
  known: readonly Parameter[],
): { readonly low: number; readonly high: number } {
  const target = known.find((parameter) => parameter.name === name);
  const range = target?.kind === 'real' || target?.kind === 'integer' ? target : null;
  return { low: low ?? range?.low ?? -Number.MAX_VALUE, high: high ?? range?.high ?? Number.MAX_VALUE };
}

function readConstraint(constraint: ConstraintEntry, names: readonly string[]): readonly LinearConstraint[] {
  return typeof constraint === 'string' ? parseLinear(constraint, names) : structured(constraint);
}

const BOUNDS = { at_most: 'at-most', at_least: 'at-least', equals: 'equals' } as const satisfies Record<
  string,
  Relation
>;
const SIGN = { 'at-most': '<=', 'at-least': '>=', equals: '==' } as const satisfies Record<Relation, string>;

function structured(constraint: Exclude<ConstraintEntry, string>): readonly LinearConstraint[] {
  const given = (Object.keys(BOUNDS) as (keyof typeof BOUNDS)[]).filter((key) => constraint[key] !== undefined);
  if (given.length === 0) throw new InputError('needs one of `at_most`, `at_least` and `equals`');
  return given.flatMap((key) => {
    const relation = BOUNDS[key];
    const bound = constraint[key]!;
    const sum = Object.entries(constraint.terms).map(([name, factor]) => `${factor}*${name}`);
    const text = `${sum.join(' + ')} ${SIGN[relation]} ${bound}`;
    return linearConstraints(text, new Map(Object.entries(constraint.terms)), relation, bound);
  });
}

function readForbidden(
  written: readonly ForbiddenEntry[],
  parameters: readonly Parameter[],
): readonly ForbiddenCombination[] {
  return written.map((combination) =>
    Object.entries(combination).map(([parameter, value]): Condition => {
      if (Array.isArray(value)) return { parameter, in: value };
      if (typeof value !== 'object' || value === null) return { parameter, in: [value] };
      return { parameter, ...rangeOf(value, parameter, parameters) };
    }),
  );
}
