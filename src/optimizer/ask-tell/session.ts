import { InputError, within } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { type Recommendation, recommend } from '../recommendation.ts';
import { sampleRandom } from '../sampler/random.ts';
import type { Evidence, Sampler } from '../sampler/sampler.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { validateValues } from '../space/search-space.ts';
import { observe } from './observations.ts';
import { parseRequest, type SessionSetup, type ToldResult } from './request.ts';
import { checkResult, dump, initMessage, restore, type SessionPoint, type SessionState } from './session-state.ts';

export interface SessionAnswer {
  readonly state: SessionState;
  /** Null for `stop`, which has no reply. */
  readonly reply: Json;
  readonly stop: boolean;
}

/**
 * Answers one line of the ask-tell protocol. Pure: the same state and line give the same answer.
 * @throws InputError for a bad line; the old state stays valid
 */
export function answerLine(
  state: SessionState,
  line: string,
  context: { readonly sampler: Sampler; readonly version: string },
): SessionAnswer {
  const request = parseRequest(line);
  const go = (next: SessionState, reply: Json): SessionAnswer => ({ state: next, reply, stop: false });
  switch (request.op) {
    case 'init':
      return go(
        { setup: request.setup, init: initMessage(request.setup), points: [] },
        { ok: true, version: context.version },
      );
    case 'ask':
      return ask(state, request.count, context.sampler);
    case 'tell':
      return go(tell(state, request.id, request.result), { ok: true });
    case 'seed':
      return go(addSeed(state, request.params, request.result), { ok: true });
    case 'best':
      return go(state, best(state));
    case 'state':
      return go(state, { state: dump(state) });
    case 'restore':
      return go(restore(request.state), { ok: true });
    case 'stop':
      return { state, reply: null, stop: true };
    default:
      return request satisfies never;
  }
}

function ask(state: SessionState, count: number | null, sampler: Sampler): SessionAnswer {
  const setup = required(state);
  const wanted = count ?? 1;
  const evidence = evidenceOf(state);
  const points = [...sampler(evidence, { count: wanted, seed: setup.seed })];
  // A grid that is used up gives fewer points than asked for.
  if (points.length < wanted) {
    const pending = [...evidence.pending, ...points];
    points.push(...sampleRandom({ ...evidence, pending }, { count: wanted - points.length, seed: setup.seed }));
  }
  const first = state.points.filter(({ id }) => id !== null).length;
  const asks = points.map((values, i) => ({ id: first + i, values }));
  const next: SessionState = {
    ...state,
    points: [
      ...state.points,
      ...asks.map(({ id, values }): SessionPoint => ({ id, values, result: null, toldAt: null })),
    ],
  };
  const shown = asks.map(({ id, values }): JsonObject => ({ id, params: values as JsonObject }));
  return { state: next, reply: count === null ? shown[0]! : { asks: shown }, stop: false };
}

function tell(state: SessionState, id: number, result: ToldResult): SessionState {
  const setup = required(state);
  const index = state.points.findIndex((point) => point.id === id);
  if (index < 0) throw new InputError(`was never asked, got ${id}`, { path: ['id'] });
  if (state.points[index]!.result !== null) throw new InputError(`was told already, got ${id}`, { path: ['id'] });
  checkResult(setup, result);
  const points = [...state.points];
  points[index] = { ...points[index]!, result, toldAt: toldCount(state) };
  return { ...state, points };
}

function addSeed(state: SessionState, values: ParameterValues, result: ToldResult): SessionState {
  const setup = required(state);
  within(['params'], () => validateValues(setup.space, values));
  checkResult(setup, result);
  const point: SessionPoint = { id: null, values, result, toldAt: toldCount(state) };
  return { ...state, points: [...state.points, point] };
}

function toldCount(state: SessionState): number {
  return state.points.filter(({ result }) => result !== null).length;
}

/** Told points in the order of the tells; points not asked for are earlier knowledge. */
function evidenceOf(state: SessionState): Evidence {
  const setup = required(state);
  const told = state.points.filter(({ result }) => result !== null).sort((a, b) => a.toldAt! - b.toldAt!);
  const seen = observe(setup, told);
  const earlier = seen.filter((_, i) => told[i]!.id === null);
  return {
    space: setup.space,
    objectiveCount: setup.objectives.length,
    constraintCount: setup.constraintCount,
    observations: seen.filter((_, i) => told[i]!.id !== null),
    pending: state.points.filter(({ result }) => result === null).map(({ values }) => values),
    budget: setup.budget,
    ...(earlier.length > 0 ? { earlier } : {}),
  };
}

function best(state: SessionState): Json {
  const setup = required(state);
  const evidence = evidenceOf(state);
  const found: Recommendation = recommend(evidence);
  const flip = (losses: readonly number[]): number[] =>
    losses.map((loss, j) => (setup.objectives[j]!.direction === 'maximize' ? -loss : loss));
  const told = state.points.filter(({ result }) => result !== null).sort((a, b) => a.toldAt! - b.toldAt!);
  const ordered = [...told.filter(({ id }) => id === null), ...told.filter(({ id }) => id !== null)];
  return {
    recommendation:
      found.best === null ? null : { params: found.best.values as JsonObject, mean: flip(found.best.mean) },
    front: found.front.map((point) => ({
      id: ordered[point.index]!.id,
      params: point.values as JsonObject,
      values: flip(point.observed),
    })),
  };
}

function required(state: SessionState): SessionSetup {
  if (state.setup === null)
    throw new InputError('a session starts with "init"', { path: ['op'], suggestion: 'send {"op":"init",…} first' });
  return state.setup;
}
