import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type Recommendation, recommend } from '../recommendation.ts';
import { sampleRandom } from '../sampler/random.ts';
import type { Evidence, Observation, Sampler } from '../sampler/sampler.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { validateValues } from '../space/search-space.ts';
import { parseRequest, parseResult, parseSetup, type SessionSetup, type ToldResult } from './request.ts';

/** One point of a session. */
interface SessionPoint {
  /** Null for a point that was not asked for. */
  readonly id: number | null;
  readonly values: ParameterValues;
  /** Null while open. */
  readonly result: ToldResult | null;
  /** Position among the tells; the evidence is in this order. */
  readonly toldAt: number | null;
}

/** All that a session knows; immutable, so that a bad line cannot leave traces. */
export interface SessionState {
  readonly setup: SessionSetup | null;
  /** The `init` message as received, for `state`. */
  readonly init: JsonObject | null;
  readonly points: readonly SessionPoint[];
}

export interface SessionAnswer {
  readonly state: SessionState;
  /** Null for `stop`, which has no reply. */
  readonly reply: Json;
  readonly stop: boolean;
}

export const EMPTY_SESSION: SessionState = { setup: null, init: null, points: [] };

const STATE_FORMAT = 1;

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
  try {
    validateValues(setup.space, values);
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['params'] }) : error;
  }
  checkResult(setup, result);
  const point: SessionPoint = { id: null, values, result, toldAt: toldCount(state) };
  return { ...state, points: [...state.points, point] };
}

function toldCount(state: SessionState): number {
  return state.points.filter(({ result }) => result !== null).length;
}

function checkResult(setup: SessionSetup, result: ToldResult): void {
  if (result.kind === 'failed') return;
  const lengths: [string, readonly (readonly number[])[], number][] = [
    ['values', result.values, setup.objectives.length],
    ['constraints', result.constraints, setup.constraintCount],
  ];
  for (const [key, rows, length] of lengths) {
    const bad = rows.find((row) => row.length !== length);
    if (bad !== undefined)
      throw new InputError(
        `must hold ${length} number${length === 1 ? '' : 's'} for each evaluation, got ${bad.length}`,
        {
          path: [key],
        },
      );
  }
  if (result.values.length === 0) throw new InputError('needs at least one evaluation, got none', { path: ['values'] });
}

/** Told points in the order of the tells; points not asked for are earlier knowledge. */
export function evidenceOf(state: SessionState): Evidence {
  const setup = required(state);
  const told = state.points.filter(({ result }) => result !== null).sort((a, b) => a.toldAt! - b.toldAt!);
  const asked = told.filter(({ id }) => id !== null);
  const seeded = told.filter(({ id }) => id === null);
  return {
    space: setup.space,
    objectiveCount: setup.objectives.length,
    constraintCount: setup.constraintCount,
    observations: asked.map((point) => observe(setup, point)),
    pending: state.points.filter(({ result }) => result === null).map(({ values }) => values),
    budget: setup.budget,
    ...(seeded.length > 0 ? { earlier: seeded.map((point) => observe(setup, point)) } : {}),
  };
}

/** The only sign flip: objectives to maximise become losses. */
function observe(setup: SessionSetup, { values, result }: SessionPoint): Observation {
  if (result === null || result.kind === 'failed')
    return { values, losses: null, lossVariances: [], slacks: [], slackVariances: [] };
  const losses = setup.objectives.map(({ direction }, j) => {
    const sign = direction === 'maximize' ? -1 : 1;
    return summarize(result.values.map((row) => sign * row[j]!));
  });
  const slacks = Array.from({ length: setup.constraintCount }, (_, c) =>
    summarize(result.constraints.map((row) => row[c]!)),
  );
  return {
    values,
    losses: losses.map(({ mean }) => mean),
    lossVariances: losses.map(({ variance }) => variance),
    slacks: slacks.map(({ mean }) => mean),
    slackVariances: slacks.map(({ variance }) => variance),
  };
}

/** Mean and the variance of the mean; null for one replicate, or where the square overflows. */
function summarize(replicates: readonly number[]): { readonly mean: number; readonly variance: number | null } {
  let mean = 0;
  replicates.forEach((value, i) => {
    mean += value / (i + 1) - mean / (i + 1);
  });
  const n = replicates.length;
  if (n < 2) return { mean, variance: null };
  const squares = replicates.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = squares / (n - 1) / n;
  return { mean, variance: Number.isFinite(variance) ? variance : null };
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

function initMessage(setup: SessionSetup): JsonObject {
  return {
    space: setup.space.parameters.map((parameter): JsonObject => {
      const { name } = parameter;
      if (parameter.kind === 'real' || parameter.kind === 'integer') {
        const { low, high, log } = parameter;
        return { name, type: parameter.kind === 'real' ? 'float' : 'int', low, high, log };
      }
      if (parameter.kind === 'simplex') return { name, type: 'simplex', size: parameter.components.length };
      if (parameter.kind === 'categorical') return { name, type: 'categorical', choices: parameter.choices };
      throw new RangeError(`the protocol has no ${parameter.kind} parameters`);
    }),
    objectives: setup.objectives.map(({ name, direction }) => ({ name, direction })),
    constraints: setup.constraintCount,
    seed: setup.seed,
    budget: setup.budget,
  };
}

function dump(state: SessionState): Json {
  return {
    format: STATE_FORMAT,
    init: state.init,
    points: state.points.map(({ id, values, result, toldAt }): JsonObject => {
      const head: JsonObject = { id, params: values as JsonObject, toldAt };
      if (result === null) return head;
      if (result.kind === 'failed') return { ...head, failed: result.reason };
      return { ...head, values: result.values, constraints: result.constraints };
    }),
  };
}

function restore(dumped: Json): SessionState {
  const path = ['state'];
  if (!isJsonObject(dumped) || dumped['format'] !== STATE_FORMAT)
    throw new InputError(`must be a saved state of format ${STATE_FORMAT}`, { path });
  const { init, points } = dumped;
  if (init === null) return EMPTY_SESSION;
  if (!isJsonObject(init)) throw new InputError('must be an object', { path: [...path, 'init'] });
  if (!Array.isArray(points)) throw new InputError('must be a list', { path: [...path, 'points'] });
  const setup = within([...path, 'init'], () => parseSetup(init));
  const restored = (points as readonly Json[]).map((point, index) =>
    within([...path, 'points', index], () => restorePoint(setup, point)),
  );
  checkNumbering(restored);
  return { setup, init: initMessage(setup), points: restored };
}

function restorePoint(setup: SessionSetup, point: Json): SessionPoint {
  if (!isJsonObject(point)) throw new InputError('must be an object');
  const { id = null, params, toldAt = null } = point;
  if (id !== null && !(Number.isSafeInteger(id) && (id as number) >= 0))
    throw new InputError('must be null or an integer ≥ 0', { path: ['id'] });
  if (!isJsonObject(params)) throw new InputError('must be an object', { path: ['params'] });
  within(['params'], () => validateValues(setup.space, params as ParameterValues));
  const open = point['values'] === undefined && point['failed'] === undefined;
  if (open !== (toldAt === null) || (toldAt !== null && !Number.isSafeInteger(toldAt)))
    throw new InputError('must be null for an open point and an integer for a told one', { path: ['toldAt'] });
  const result = open ? null : parseResult(point);
  if (result !== null) checkResult(setup, result);
  if (id === null && open) throw new InputError('a point that was not asked for must have a result', { path: ['id'] });
  return { id: id as number | null, values: params as ParameterValues, result, toldAt: toldAt as number | null };
}

function checkNumbering(points: readonly SessionPoint[]): void {
  const ids = points.flatMap(({ id }) => (id === null ? [] : [id]));
  const tells = points.flatMap(({ toldAt }) => (toldAt === null ? [] : [toldAt])).sort((a, b) => a - b);
  if (ids.some((id, index) => id !== index) || tells.some((at, index) => at !== index))
    throw new InputError('ids and toldAt must count up from 0 without gaps', { path: ['state', 'points'] });
}

function within<T>(prefix: readonly (string | number)[], run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix }) : error;
  }
}
