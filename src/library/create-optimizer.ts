import { InputError } from '../base/errors.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { answerLine } from '../optimizer/ask-tell/session.ts';
import { EMPTY_SESSION, type SessionState } from '../optimizer/ask-tell/session-state.ts';
import { createSampler, type SamplerName } from '../optimizer/sampler/registry.ts';
import { packageVersion } from '../study/io/package-file.ts';

type Scalar = string | number | boolean | null;

/** Where a parameter takes part: an earlier one has one of these values, or lies in this range. */
type OptimizerCondition =
  | { readonly parameter: string; readonly in: readonly Scalar[] }
  | { readonly parameter: string; readonly equals: Scalar }
  | { readonly parameter: string; readonly low?: number; readonly high?: number };

interface Range {
  /** Search on a logarithmic scale; needs low > 0. */
  readonly log?: boolean;
  /** Only the values low, low + step, …; not with `log`. */
  readonly step?: number;
}

/** One tunable parameter; see docs/search-spaces.md. A `simplex` is a vector of weights ≥ 0 whose sum is 1. */
export type OptimizerParameter = { readonly name: string; readonly when?: OptimizerCondition } & (
  | ({ readonly type: RangeType; readonly low: number; readonly high: number } & Range)
  | ({ readonly type: RangeType; readonly bounds: readonly [number, number] } & Range)
  | { readonly type: 'ordinal'; readonly levels: readonly (number | string)[] }
  | { readonly type: 'categorical' | 'choice'; readonly choices: readonly Scalar[] }
  | { readonly type: 'bool' | 'boolean' }
  | { readonly type: 'simplex'; readonly size: number }
  | { readonly type: 'simplex'; readonly components: readonly string[] }
);

type RangeType = 'float' | 'int' | 'real' | 'integer' | 'range';

export interface OptimizerOptions {
  readonly space: readonly OptimizerParameter[];
  /** Linear, such as `a + 2*b <= 3`. */
  readonly parameterConstraints?: readonly string[];
  /** Combinations that no suggestion has: each a map from parameters to a value, a list of values or a range. */
  readonly forbidden?: readonly Readonly<
    Record<string, Scalar | readonly Scalar[] | { readonly low?: number; readonly high?: number }>
  >[];
  /** Default: one, to be minimised. */
  readonly objectives?: readonly { readonly name: string; readonly direction?: 'minimize' | 'maximize' }[];
  /** How many constraint values each result has; a point is feasible where all of them are ≤ 0. Default 0. */
  readonly constraints?: number;
  /** Equal seeds and results give equal suggestions, to the bit. Default 0. */
  readonly seed?: number;
  /** Planned number of evaluations, a hint. */
  readonly budget?: number;
  /** Default `gp`. */
  readonly sampler?: SamplerName;
}

/** Weights of a simplex are a list, or a map where its components have names. */
export type OptimizerValues = Readonly<Record<string, Scalar | readonly number[] | Readonly<Record<string, number>>>>;

/** A point to evaluate. */
export interface Suggestion {
  readonly id: number;
  readonly params: OptimizerValues;
}

/**
 * What an evaluation gave, in the order of the objectives and with their signs: one row of numbers, or one row for each
 * replicate. A value that is not finite counts as a failure.
 */
export type Evaluation =
  | {
      readonly values: readonly number[] | readonly (readonly number[])[];
      readonly constraints?: readonly number[] | readonly (readonly number[])[];
    }
  | { readonly failed: string };

export interface BestPoints {
  /** The point with the best mean by the model, over all that was told; null where nothing is feasible. */
  readonly recommendation: (ToldPoint & { readonly mean: readonly number[] }) | null;
  /** Told points that no other beats in all objectives. */
  readonly front: readonly (ToldPoint & { readonly values: readonly number[] })[];
  /** Where nothing is feasible: the measured point with the smallest sum of constraint values above 0. */
  readonly nearest?: ToldPoint & { readonly values: readonly number[]; readonly violation: number };
}

interface ToldPoint {
  /** Null for a point that was not asked for. */
  readonly id: number | null;
  readonly params: OptimizerValues;
  /** Mean constraint values, in a session that has constraints. */
  readonly constraints?: readonly number[];
  readonly feasible?: boolean;
}

export interface Optimizer {
  /** The next point to evaluate; several may be open at once. @throws InputError when a finite space is used up */
  ask(): Suggestion;
  /** The next `count` points, chosen to be evaluated together; fewer when a finite space is used up. */
  askMany(count: number): readonly Suggestion[];
  /** Result of a point that was asked for. @throws InputError for an unknown id and for wrong numbers of values */
  tell(id: number, evaluation: Evaluation): void;
  /** A result from elsewhere: it informs the model, and is not counted as one of this run. */
  addEarlier(params: OptimizerValues, evaluation: Evaluation): void;
  best(): BestPoints;
  /** Everything needed to go on elsewhere, as JSON: see `restoreOptimizer`. */
  state(): JsonObject;
}

const ONE_OBJECTIVE = [{ name: 'value', direction: 'minimize' }] as const;

/**
 * An optimizer for functions that the caller evaluates: the session of `paretune ask-tell`, in process.
 *
 * @example
 * ```ts
 * const optimizer = createOptimizer({ space: [{ name: 'x', type: 'float', low: -2, high: 2 }], seed: 1 });
 * for (let i = 0; i < 20; i++) {
 *   const { id, params } = optimizer.ask();
 *   optimizer.tell(id, { values: [(Number(params.x) - 0.5) ** 2] });
 * }
 * console.log(optimizer.best().recommendation);
 * ```
 * @throws InputError that names the option at fault
 */
export function createOptimizer({
  sampler = 'gp',
  objectives = ONE_OBJECTIVE,
  parameterConstraints,
  ...setup
}: OptimizerOptions): Optimizer {
  const { optimizer, send } = openSession(sampler);
  send({ op: 'init', objectives, parameter_constraints: parameterConstraints, ...setup });
  return optimizer;
}

/**
 * Goes on from what `Optimizer.state` gave, also in another process.
 * @throws InputError where it is no such state
 */
export function restoreOptimizer(state: JsonObject, options: { readonly sampler?: SamplerName } = {}): Optimizer {
  const { optimizer, send } = openSession(options.sampler ?? 'gp');
  send({ op: 'restore', state });
  return optimizer;
}

function openSession(samplerName: SamplerName): { optimizer: Optimizer; send: (message: object) => Json } {
  const context = { sampler: createSampler(samplerName), version: packageVersion() };
  let session: SessionState = EMPTY_SESSION;
  const send = (message: object): Json => {
    const { state, reply } = answerLine(session, JSON.stringify(message), context);
    session = state;
    return reply;
  };
  const optimizer: Optimizer = {
    ask: () => {
      const reply = send({ op: 'ask' }) as unknown as Suggestion | { readonly message: string };
      if ('id' in reply) return reply;
      throw new InputError(reply.message);
    },
    askMany: (count) => (send({ op: 'ask', count }) as unknown as { asks: readonly Suggestion[] }).asks,
    tell: (id, evaluation) => void send({ op: 'tell', id, ...evaluation }),
    addEarlier: (params, evaluation) => void send({ op: 'seed', params, ...evaluation }),
    best: () => send({ op: 'best' }) as unknown as BestPoints,
    state: () => (send({ op: 'state' }) as unknown as { state: JsonObject }).state,
  };
  return { optimizer, send };
}
