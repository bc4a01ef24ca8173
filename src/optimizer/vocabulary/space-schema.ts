import { z } from 'zod';

const scalar = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const text = z.string().max(1000);
/** Writers that print every key say `"step": null` and `"log": false` of what has neither. */
const noLog = z.literal(false).optional();

const bounds = z.tuple([z.number(), z.number()]);

const condition = z.strictObject({
  parameter: z.string().min(1),
  /** One value, or one of several. */
  equals: scalar.optional(),
  in: z.array(scalar).min(1).optional(),
  /** A range; an end that is left out is that of the parameter. */
  low: z.number().optional(),
  high: z.number().optional(),
});

/** BLIS strategy files carry the flag that a parameter sets and a scikit-optimize prior. */
const common = { when: condition.optional(), description: z.string().optional(), flag: z.string().optional() };

const range = {
  ...common,
  low: z.number().optional(),
  high: z.number().optional(),
  /** Short for low and high. */
  bounds: bounds.optional(),
  log: z.boolean().optional(),
  step: z.number().nullable().optional(),
  prior: z.enum(['uniform', 'log-uniform']).optional(),
};
const values = z.array(scalar).min(1).optional();
const levels = z
  .array(z.union([z.number(), z.string()]))
  .min(1)
  .optional();

/** The words of each type; those of one `enum` are synonyms. */
const shapes = {
  real: { ...range, type: z.enum(['real', 'float']) },
  integer: { ...range, type: z.enum(['integer', 'int']) },
  range: { ...range, type: z.literal('range') },
  ordinal: { ...common, type: z.literal('ordinal'), levels, values: levels, log: noLog },
  categorical: {
    ...common,
    type: z.enum(['categorical', 'choice']),
    choices: values,
    values,
    categories: values,
    log: noLog,
  },
  boolean: { ...common, type: z.enum(['bool', 'boolean']), log: noLog },
  simplex: {
    ...common,
    type: z.literal('simplex'),
    components: z.array(z.string().min(1)).min(2).optional(),
    /** Short for components w1, w2, … */
    size: z.int().min(2).max(1000).optional(),
    log: noLog,
  },
};

/** For the JSON Schema: the keys of one of these lists are there. */
function oneOf(...lists: readonly (readonly string[])[]) {
  return { anyOf: lists.map((required) => ({ required })) };
}

const ONE_LIST = {
  ordinal: oneOf(['levels'], ['values']),
  categorical: oneOf(['choices'], ['values'], ['categories']),
  simplex: oneOf(['components'], ['size']),
};

/** An entry with `low` and `high`, or `bounds` in their place. */
function rangeEntry<Shape extends typeof range>(shape: Shape) {
  const needs = (end: 'low' | 'high') => ({
    path: [end],
    error: '`low` and `high`, or `bounds: [low, high]`',
    when: ({ issues }: z.core.ParsePayload) => !issues.some(({ path }) => path?.[0] === end || path?.[0] === 'bounds'),
  });
  return z
    .strictObject(shape)
    .refine((entry) => hasEnd(entry as RangeEnds, 'low'), needs('low'))
    .refine((entry) => hasEnd(entry as RangeEnds, 'high'), needs('high'))
    .meta(oneOf(['low', 'high'], ['bounds']));
}

type RangeEnds = z.infer<z.ZodObject<Pick<typeof range, 'low' | 'high' | 'bounds'>>>;

function hasEnd(entry: RangeEnds, end: 'low' | 'high'): boolean {
  return entry[end] !== undefined || entry.bounds !== undefined;
}

const namelessEntry = z.discriminatedUnion('type', [
  rangeEntry(shapes.real),
  rangeEntry(shapes.integer),
  rangeEntry(shapes.range),
  z.strictObject(shapes.ordinal).meta(ONE_LIST.ordinal),
  z.strictObject(shapes.categorical).meta(ONE_LIST.categorical),
  z.strictObject(shapes.boolean),
  z.strictObject(shapes.simplex).meta(ONE_LIST.simplex),
]);

function namedEntry(name: z.ZodType<string>) {
  return z.discriminatedUnion('type', [
    rangeEntry({ name, ...shapes.real }),
    rangeEntry({ name, ...shapes.integer }),
    rangeEntry({ name, ...shapes.range }),
    z.strictObject({ name, ...shapes.ordinal }).meta(ONE_LIST.ordinal),
    z.strictObject({ name, ...shapes.categorical }).meta(ONE_LIST.categorical),
    z.strictObject({ name, ...shapes.boolean }),
    z.strictObject({ name, ...shapes.simplex }).meta(ONE_LIST.simplex),
  ]);
}

/** `[low, high]` is a range, a list of names is a weight vector. */
const shorthand = z.union([bounds, z.array(z.string().min(1)).min(2)]);

/**
 * Parameters as a list, or as a map from names to what a list would say of them.
 * @param name - what a name may be made of
 */
export function parametersOf(name: z.ZodType<string, string>) {
  const entry = z.union([shorthand, namelessEntry], {
    error: 'must be a map with a `type`, [low, high] or a list of names',
  });
  return z.union([z.array(namedEntry(name)).min(1), z.record(name, entry)], {
    error: 'must be a list of parameters, or a map of them by name',
  });
}

const linearConstraint = z.union(
  [
    text,
    z.strictObject({
      /** Factors by parameter. */
      terms: z.record(z.string(), z.number()),
      at_most: z.number().optional(),
      at_least: z.number().optional(),
      equals: z.number().optional(),
    }),
  ],
  { error: 'must be a text such as `a + 2*b <= 3`, or a map with `terms` and a bound' },
);

const forbiddenCombination = z.record(
  z.string(),
  z.union([
    scalar,
    z.array(scalar).min(1),
    z.strictObject({ low: z.number().optional(), high: z.number().optional() }),
  ]),
);

/** What ties parameters together. */
export const relationsShape = {
  /** Each a text such as `a + 2*b <= 3`, or factors with a bound. */
  parameter_constraints: z.array(linearConstraint).optional(),
  /** Each a map from parameters to a value, a list of values or a range; no point has all of them. */
  forbidden: z.array(forbiddenCombination).optional(),
};

export type ParametersBlock = z.infer<ReturnType<typeof parametersOf>>;
export type ParameterEntry = z.infer<typeof namelessEntry>;
export type ConditionEntry = z.infer<typeof condition>;
export type ConstraintEntry = z.infer<typeof linearConstraint>;
export type ForbiddenEntry = z.infer<typeof forbiddenCombination>;
