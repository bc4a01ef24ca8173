import { z } from 'zod';
import { InputError, within } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { ProblemList } from '../../base/problem-list.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { identifier, parseWith } from '../../document/schema.ts';
import type { Activation, Parameter, SearchSpace } from '../../optimizer/space/parameter.ts';

const scalar = z.union([z.number(), z.string(), z.boolean()]);

const activation = z.union([
  z.strictObject({ parameter: identifier, in: z.array(scalar).min(1) }),
  z.strictObject({ parameter: identifier, low: z.number(), high: z.number() }),
]);

const common = { name: identifier, when: activation.optional(), description: z.string().optional() };
/** BLIS strategy files carry the flag a parameter sets and a scikit-optimize prior. */
const blisExtras = { flag: z.string().optional(), prior: z.enum(['uniform', 'log-uniform']).optional() };

const parameterEntry = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    ...blisExtras,
    type: z.literal('real'),
    low: z.number(),
    high: z.number(),
    log: z.boolean().optional(),
  }),
  z.strictObject({
    ...common,
    ...blisExtras,
    type: z.literal('integer'),
    low: z.int(),
    high: z.int(),
    log: z.boolean().optional(),
  }),
  z.strictObject({ ...common, type: z.literal('ordinal'), levels: z.array(z.union([z.number(), z.string()])).min(2) }),
  z.strictObject({
    ...common,
    flag: z.string().optional(),
    type: z.literal('categorical'),
    choices: z.array(scalar).min(2).optional(),
    categories: z.array(scalar).min(2).optional(),
  }),
  z.strictObject({ ...common, type: z.literal('simplex'), components: z.array(identifier).min(2) }),
]);

/** Short form of the seed documents: `[low, high]` is a range, a list of names is a weight vector. */
const parameterShorthand = z.union([z.tuple([z.number(), z.number()]), z.array(identifier).min(2)]);

export const parametersSchema = z.union([z.array(parameterEntry).min(1), z.record(identifier, parameterShorthand)]);

export const searchSpaceFileSchema = z.strictObject({
  name: z.string().optional(),
  description: z.string().optional(),
  parameters: parametersSchema,
});

type Entry = z.infer<typeof parameterEntry>;

/** Ranges at least this wide (high / low) are searched on a log scale when the short form is used. */
const LOG_RATIO = 100;

/**
 * Reads a search-space document: a list of parameters, or the short form
 * (`prefill_threshold: [64, 512]` integer, `priority_age_weight: [1e-7, 1e-4]` real on a log scale,
 * `routing_weights: [w_prefix, w_queue]` a simplex).
 * @throws InputError with the path of every problem
 */
export function parseSearchSpace(document: Json): SearchSpace {
  const file = parseWith(searchSpaceFileSchema, document);
  return toSearchSpace(file.parameters, (document as JsonObject)['parameters']!, ['parameters']);
}

/** @param written - the block as written, for values that the schema has narrowed */
export function toSearchSpace(
  block: z.infer<typeof parametersSchema>,
  written: Json,
  path: readonly (string | number)[],
): SearchSpace {
  const parameters: Parameter[] = [];
  const entries: [string | number, () => Parameter][] = Array.isArray(block)
    ? block.map((entry, index) => [index, () => fromEntry(entry)])
    : Object.entries(block).map(([name, value]) => [name, () => fromShorthand(name, value)]);
  const problems = new ProblemList();
  for (const [key, make] of entries) {
    problems.attempt(() =>
      within([...path, key], () => {
        const parameter = make();
        // Also a parameter with a wrong range can be named by later ones.
        parameters.push(parameter);
        checkParameter(parameter, parameters.slice(0, -1));
      }),
    );
  }
  problems.refuse();
  if (parameters.length === 0)
    throw new InputError(`must name at least one parameter, got ${shortText(written)}`, { path });
  return { parameters };
}

function fromEntry(entry: Entry): Parameter {
  const base = { name: entry.name, ...(entry.when ? { activeWhen: entry.when as Activation } : {}) };
  switch (entry.type) {
    case 'real':
      return {
        ...base,
        kind: 'real',
        low: entry.low,
        high: entry.high,
        log: entry.log ?? entry.prior === 'log-uniform',
      };
    case 'integer':
      return {
        ...base,
        kind: 'integer',
        low: entry.low,
        high: entry.high,
        log: entry.log ?? entry.prior === 'log-uniform',
      };
    case 'ordinal':
      return { ...base, kind: 'ordinal', levels: entry.levels };
    case 'categorical': {
      const choices = entry.choices ?? entry.categories;
      if (choices === undefined)
        throw new InputError('is required but missing', { path: ['choices'], suggestion: 'list the choices' });
      return { ...base, kind: 'categorical', choices };
    }
    case 'simplex':
      return { ...base, kind: 'simplex', components: entry.components };
    default:
      return entry satisfies never;
  }
}

function fromShorthand(name: string, value: readonly (number | string)[]): Parameter {
  const [low, high] = value;
  if (typeof low !== 'number' || typeof high !== 'number')
    return { name, kind: 'simplex', components: value as readonly string[] };
  const integer = Number.isInteger(low) && Number.isInteger(high) && high - low > 1;
  return { name, kind: integer ? 'integer' : 'real', low, high, log: !integer && low > 0 && high / low >= LOG_RATIO };
}

function checkParameter(parameter: Parameter, earlier: readonly Parameter[]): void {
  if (earlier.some(({ name }) => name === parameter.name)) {
    throw new InputError(`parameter ${shortText(parameter.name)} is named twice`, {
      path: ['name'],
      suggestion: 'rename one of them',
    });
  }
  if (parameter.kind === 'real' || parameter.kind === 'integer') {
    const { low, high, log } = parameter;
    if (!Number.isFinite(low) || !Number.isFinite(high))
      throw new InputError(`low and high must be finite, got ${low} and ${high}`, { path: ['low'] });
    if (!(low < high))
      throw new InputError(`low < high must hold, got low ${low} and high ${high}`, {
        path: ['low'],
        suggestion: 'a fixed value belongs into the strategy, not into the space',
      });
    if (log && !(low > 0))
      throw new InputError(`a log scale needs low > 0, got ${low}`, {
        path: ['low'],
        suggestion: 'raise low or drop the log scale',
      });
  }
  const values = valuesOf(parameter);
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new InputError(`${shortText(twice)} is listed twice`, { path: [listKey(parameter)] });
  if (parameter.activeWhen !== undefined) checkActivation(parameter.activeWhen, earlier);
}

function valuesOf(parameter: Parameter): readonly (string | number | boolean)[] {
  if (parameter.kind === 'ordinal') return parameter.levels;
  if (parameter.kind === 'categorical') return parameter.choices;
  return parameter.kind === 'simplex' ? parameter.components : [];
}

function listKey(parameter: Parameter): string {
  return parameter.kind === 'ordinal' ? 'levels' : parameter.kind === 'categorical' ? 'choices' : 'components';
}

function checkActivation(activation: Activation, earlier: readonly Parameter[]): void {
  const target = earlier.find(({ name }) => name === activation.parameter);
  const path = ['when', 'parameter'];
  if (target === undefined) {
    throw new InputError(`a condition must refer to an earlier parameter, got ${shortText(activation.parameter)}`, {
      path,
      suggestion: `earlier parameters: ${nameList(earlier.map(({ name }) => name)) || 'none'}`,
    });
  }
  if (target.kind === 'simplex')
    throw new InputError(`a condition cannot depend on the simplex ${shortText(target.name)}`, { path });
  if ('in' in activation) {
    const allowed = valuesOf(target);
    const stranger =
      target.kind === 'categorical' || target.kind === 'ordinal'
        ? activation.in.find((value) => !allowed.includes(value))
        : undefined;
    if (stranger !== undefined) {
      throw new InputError(`${shortText(target.name)} never takes the value ${shortText(stranger)}`, {
        path: ['when', 'in'],
        suggestion: `its values: ${nameList(allowed.map(String))}`,
      });
    }
  } else if (!(activation.low <= activation.high)) {
    throw new InputError(`low ≤ high must hold, got ${activation.low} and ${activation.high}`, {
      path: ['when', 'low'],
    });
  }
}
