import { InputError, within } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { mapAll } from '../../base/problem-list.ts';
import { parseWith } from '../../document/schema.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { writeSpace } from '../vocabulary/write-space.ts';
import { readParams, writeParams } from './params.ts';
import { type SessionSetup, type ToldResult, toResult, toSetup } from './request.ts';
import { POINTS, STATE_FORMAT, savedSession, unstartedSession } from './request-schema.ts';

/** One point of a session. */
export interface SessionPoint {
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

export const EMPTY_SESSION: SessionState = { setup: null, init: null, points: [] };

/** @throws InputError when the numbers of values do not fit the setup */
export function checkResult(setup: SessionSetup, result: ToldResult): void {
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

/** The `init` request that gives this setup, with every default written out. */
export function initMessage(setup: SessionSetup): JsonObject {
  return {
    ...writeSpace(setup.space, setup.named),
    objectives: setup.objectives.map(({ name, direction }) => ({ name, direction })),
    constraints: setup.constraintCount,
    seed: setup.seed,
    budget: setup.budget,
  };
}

/** Everything needed to go on elsewhere. */
export function dump(state: SessionState): Json {
  return {
    format: STATE_FORMAT,
    init: state.init,
    points: state.points.map(({ id, values, result, toldAt }): JsonObject => {
      const head: JsonObject = { id, params: writeParams(state.setup!, values), toldAt };
      if (result === null) return head;
      if (result.kind === 'failed') return { ...head, failed: result.reason };
      return { ...head, values: result.values, constraints: result.constraints };
    }),
  };
}

/** @throws InputError with the path of everything wrong */
export function restore(dumped: Json): SessionState {
  const path = ['state'];
  if (isJsonObject(dumped) && dumped['init'] === null) {
    within(path, () => parseWith(unstartedSession, dumped));
    return EMPTY_SESSION;
  }
  const { init, points } = within(path, () => parseWith(savedSession, dumped));
  const setup = within([...path, 'init'], () => toSetup(init));
  const restored = mapAll(points, (point, index) =>
    within([...path, 'points', index], () => restorePoint(setup, point as Json)),
  );
  checkNumbering(restored);
  return { setup, init: initMessage(setup), points: restored };
}

function restorePoint(setup: SessionSetup, written: Json): SessionPoint {
  const { point, result } = readPoint(written);
  const { id = null, toldAt = null } = point;
  const values = within(['params'], () => readParams(setup, point.params));
  if ((result === null) !== (toldAt === null))
    throw new InputError('must be null for an open point and an integer for a told one', { path: ['toldAt'] });
  if (result !== null) checkResult(setup, result);
  if (id === null && result === null)
    throw new InputError('a point that was not asked for must have a result', { path: ['id'] });
  return { id, values, result, toldAt };
}

function readPoint(written: Json) {
  const { failed, values } = isJsonObject(written) ? written : {};
  if (failed !== undefined) {
    const point = parseWith(POINTS.failed, written);
    return { point, result: toResult(point) };
  }
  if (values !== undefined) {
    const point = parseWith(POINTS.measured, written);
    return { point, result: toResult(point) };
  }
  return { point: parseWith(POINTS.open, written), result: null };
}

function checkNumbering(points: readonly SessionPoint[]): void {
  const ids = points.flatMap(({ id }) => (id === null ? [] : [id]));
  const tells = points.flatMap(({ toldAt }) => (toldAt === null ? [] : [toldAt])).sort((a, b) => a - b);
  if (ids.some((id, index) => id !== index) || tells.some((at, index) => at !== index))
    throw new InputError('ids and toldAt must count up from 0 without gaps', { path: ['state', 'points'] });
}
