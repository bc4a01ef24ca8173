import { InputError, within } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { finitePoints } from '../feasible/finite-points.ts';
import type { Evidence, Sampler } from '../sampler/sampler.ts';
import { bestAnswer, frontsAnswer, importanceAnswer } from './answers.ts';
import { observe } from './observations.ts';
import { readParams, writeParams } from './params.ts';
import { parseRequest, type SessionSetup, type ToldResult } from './request.ts';
import { checkResult, dump, initMessage, restore, type SessionPoint, type SessionState } from './session-state.ts';

export interface SessionAnswer {
  readonly state: SessionState;
  readonly reply: Json;
  /** Whether the session ends after this reply. */
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
      return go(state, bestAnswer(state, required(state), evidenceOf(state)));
    case 'fronts':
      return go(state, frontsAnswer(state, required(state), request.count));
    case 'importance':
      return go(state, importanceAnswer(required(state), evidenceOf(state)));
    case 'state':
      return go(state, { state: dump(state) });
    case 'restore':
      return go(restore(request.state), { ok: true });
    case 'stop':
      return { state, reply: { ok: true }, stop: true };
    default:
      return request satisfies never;
  }
}

function ask(state: SessionState, count: number | null, sampler: Sampler): SessionAnswer {
  const setup = required(state);
  const wanted = count ?? 1;
  const points = sampler(evidenceOf(state), { count: wanted, seed: setup.seed });
  const first = state.points.filter(({ id }) => id !== null).length;
  const asks = points.map((values, i) => ({ id: first + i, values }));
  const next: SessionState = {
    ...state,
    points: [
      ...state.points,
      ...asks.map(({ id, values }): SessionPoint => ({ id, values, result: null, toldAt: null })),
    ],
  };
  const shown = asks.map(({ id, values }): JsonObject => ({ id, params: writeParams(setup, values) }));
  const end: JsonObject = points.length < wanted ? { exhausted: true, message: exhaustion(setup) } : {};
  return { state: next, reply: count === null ? { ...shown[0], ...end } : { asks: shown, ...end }, stop: false };
}

/** Why there are fewer points than asked for. */
function exhaustion({ space }: SessionSetup): string {
  const size = finitePoints(space)?.length;
  if (size === undefined) return 'all points of the grid have been asked for';
  return `all ${size} points of the space have been asked for`;
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

function addSeed(state: SessionState, params: JsonObject, result: ToldResult): SessionState {
  const setup = required(state);
  const values = within(['params'], () => readParams(setup, params));
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

function required(state: SessionState): SessionSetup {
  if (state.setup === null)
    throw new InputError('a session starts with "init"', { path: ['op'], suggestion: 'send {"op":"init",…} first' });
  return state.setup;
}
