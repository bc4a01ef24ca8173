import type { Json, JsonObject } from '../base/json.ts';
import { answerLine } from '../optimizer/ask-tell/session.ts';
import { EMPTY_SESSION, type SessionState } from '../optimizer/ask-tell/session-state.ts';
import { createSampler, type SamplerName } from '../optimizer/sampler/registry.ts';
import { packageVersion } from '../study/io/package-file.ts';

/** One tunable parameter. A `simplex` is a vector of `size` weights ≥ 0 whose sum is 1. */
export type OptimizerParameter =
  | {
      readonly name: string;
      readonly type: 'float' | 'int';
      readonly low: number;
      readonly high: number;
      /** Search on a logarithmic scale; needs low > 0. */
      readonly log?: boolean;
    }
  | { readonly name: string; readonly type: 'categorical'; readonly choices: readonly (string | number | boolean)[] }
  | { readonly name: string; readonly type: 'simplex'; readonly size: number };

export interface OptimizerOptions {
  readonly space: readonly OptimizerParameter[];
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

export type OptimizerValues = Readonly<Record<string, number | string | boolean | readonly number[]>>;

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
  readonly recommendation: { readonly params: OptimizerValues; readonly mean: readonly number[] } | null;
  /** Told points that no other beats in all objectives; `id` is null for one that was not asked for. */
  readonly front: readonly {
    readonly id: number | null;
    readonly params: OptimizerValues;
    readonly values: readonly number[];
  }[];
}

export interface Optimizer {
  /** The next point to evaluate; several may be open at once. */
  ask(): Suggestion;
  /** The next `count` points, chosen to be evaluated together. */
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
export function createOptimizer({ sampler = 'gp', objectives = ONE_OBJECTIVE, ...setup }: OptimizerOptions): Optimizer {
  const { optimizer, send } = openSession(sampler);
  send({ op: 'init', objectives, ...setup });
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
    ask: () => send({ op: 'ask' }) as unknown as Suggestion,
    askMany: (count) => (send({ op: 'ask', count }) as unknown as { asks: readonly Suggestion[] }).asks,
    tell: (id, evaluation) => void send({ op: 'tell', id, ...evaluation }),
    addEarlier: (params, evaluation) => void send({ op: 'seed', params, ...evaluation }),
    best: () => send({ op: 'best' }) as unknown as BestPoints,
    state: () => (send({ op: 'state' }) as unknown as { state: JsonObject }).state,
  };
  return { optimizer, send };
}
