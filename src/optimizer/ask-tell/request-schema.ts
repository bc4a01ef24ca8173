import { z } from 'zod';
import { jsonValue } from '../../document/schema.ts';
import { parametersOf, relationsShape } from '../vocabulary/space-schema.ts';

const MOST_ASKS = 10_000;
export const STATE_FORMAT = 1;

const parameterName = z.string().min(1);

const setupShape = {
  space: parametersOf(parameterName),
  ...relationsShape,
  objectives: z
    .array(z.strictObject({ name: z.string(), direction: z.enum(['minimize', 'maximize']).optional() }))
    .min(1),
  constraints: z.int().min(0).max(1000).optional(),
  seed: z.int().optional(),
  budget: z.int().min(1).nullable().optional(),
};

/** A number; null stands for NaN, and so does a number too large for a double. */
const measuredNumber = z.preprocess(
  (value) => (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY ? null : value),
  z.number().nullable(),
);
const row = z.array(measuredNumber);

/** One evaluation as a flat list, or a list of lists (replicates). */
const rows = z.union([row, z.array(row).min(1)], { error: 'must be a list of numbers, or of lists of numbers' });

const measuredShape = { values: rows, constraints: rows.optional() };
/** What else a failed evaluation says is not read. */
const failedShape = { failed: z.string(), values: jsonValue.optional(), constraints: jsonValue.optional() };
const parameterValues = z.record(z.string(), jsonValue);
const id = z.int().min(0);

const initRequest = z.strictObject({ op: z.literal('init'), ...setupShape });
const count = z.int().min(1).max(MOST_ASKS).optional();
/** `n` is short for `count`. */
const askRequest = z.strictObject({ op: z.literal('ask'), count, n: count });
const tell = { op: z.literal('tell'), id };
const seed = { op: z.literal('seed'), params: parameterValues };
const restoreRequest = z.strictObject({ op: z.literal('restore'), state: jsonValue });

/** Forms of the requests by their operation. */
export const REQUESTS = {
  init: initRequest,
  ask: askRequest,
  tell: z.strictObject({ ...tell, ...measuredShape }),
  seed: z.strictObject({ ...seed, ...measuredShape }),
  best: z.strictObject({ op: z.literal('best') }),
  fronts: z.strictObject({ op: z.literal('fronts'), count: z.int().min(1).optional() }),
  importance: z.strictObject({ op: z.literal('importance') }),
  state: z.strictObject({ op: z.literal('state') }),
  restore: restoreRequest,
  stop: z.strictObject({ op: z.literal('stop') }),
};

/** Forms of the requests that tell of a failure. */
export const FAILED_REQUESTS = {
  tell: z.strictObject({ ...tell, ...failedShape }),
  seed: z.strictObject({ ...seed, ...failedShape }),
};

const pointShape = {
  /** Null for a point that was not asked for. */
  id: id.nullable().optional(),
  params: parameterValues,
  /** Position among the tells; null for an open point. */
  toldAt: z.int().nullable().optional(),
};
const absent = z.never().optional();

/** Forms of the points of a saved session, by what they say of their result. */
export const POINTS = {
  open: z.looseObject({ ...pointShape, values: absent, failed: absent }),
  measured: z.looseObject({ ...pointShape, ...measuredShape, failed: absent }),
  failed: z.looseObject({ ...pointShape, ...failedShape }),
};

const format = z.literal(STATE_FORMAT);
/** A session saved before its `init`. */
export const unstartedSession = z.looseObject({ format, init: z.null() });
/** A saved session; its points have forms of their own. */
export const savedSession = z.looseObject({ format, init: z.looseObject(setupShape), points: z.array(jsonValue) });

export type Setup = Pick<z.output<typeof initRequest>, keyof typeof setupShape>;
export type Measured = Pick<z.output<typeof POINTS.measured>, keyof typeof measuredShape>;

/** A line of the protocol, as JSON Schema tells of it. */
export const askTellRequest = z.union([
  ...Object.values(REQUESTS).filter((request) => request !== restoreRequest),
  ...Object.values(FAILED_REQUESTS),
  restoreRequest.extend({
    state: z.union([unstartedSession, savedSession.extend({ points: z.array(z.union(Object.values(POINTS))) })]),
  }),
]);
