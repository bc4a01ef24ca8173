import type { Json, JsonObject } from '../../base/json.ts';
import { nonDominatedIndices } from '../pareto/dominance.ts';
import { type Recommendation, recommend } from '../recommendation.ts';
import type { Evidence } from '../sampler/sampler.ts';
import { qualityWarning } from '../sensitivity/surrogate-quality.ts';
import { surrogateSensitivity } from '../sensitivity/surrogate-sensitivity.ts';
import { writeParams } from './params.ts';
import type { SessionSetup } from './request.ts';
import type { SessionPoint, SessionState } from './session-state.ts';

/** Told points in the order of the evidence: earlier knowledge, then those that were asked for, each in the order of the tells. */
function toldPoints({ points }: SessionState): readonly SessionPoint[] {
  const told = points.filter(({ result }) => result !== null).sort((a, b) => a.toldAt! - b.toldAt!);
  return [...told.filter(({ id }) => id === null), ...told.filter(({ id }) => id !== null)];
}

/** The point to take home and the front, judged by posterior means; where nothing is feasible, what comes nearest. */
export function bestAnswer(state: SessionState, setup: SessionSetup, evidence: Evidence): Json {
  const found: Recommendation = recommend(evidence);
  const told = toldPoints(state);
  const shown = (index: number): JsonObject => ({
    id: told[index]!.id,
    params: writeParams(setup, told[index]!.values),
    ...constraintsOf(told[index]!, setup),
  });
  const { best } = found;
  return {
    recommendation: best === null ? null : { ...shown(best.index), mean: userSigns(setup, best.mean) },
    front: found.front.map(({ index, observed }) => ({ ...shown(index), values: userSigns(setup, observed) })),
    ...(best === null ? nearestToFeasible(told, setup) : {}),
  };
}

/** The measured point with the smallest sum of violations; nothing where nothing was measured. */
function nearestToFeasible(told: readonly SessionPoint[], setup: SessionSetup): JsonObject {
  let least = Number.POSITIVE_INFINITY;
  let found: SessionPoint | null = null;
  for (const point of told) {
    const means = meansOf(point);
    if (means === null) continue;
    const violation = means.constraints.reduce((sum, slack) => sum + Math.max(0, slack), 0);
    if (violation < least) {
      least = violation;
      found = point;
    }
  }
  return found === null ? {} : { nearest: { ...pointAnswer(found, setup), violation: least } };
}

/**
 * Feasible points by rank of dominance: the front, the front without it, and so on. Judged by means over replicates.
 * @param most - how many fronts; null for all
 */
export function frontsAnswer(state: SessionState, setup: SessionSetup, most: number | null): Json {
  const measured = toldPoints(state).filter((point) => meansOf(point) !== null);
  const isFeasible = (point: SessionPoint): boolean => meansOf(point)!.constraints.every((slack) => slack <= 0);
  const fronts: JsonObject[][] = [];
  let rest = measured.filter(isFeasible);
  while (rest.length > 0 && fronts.length < (most ?? Number.POSITIVE_INFINITY)) {
    const rows = rest.map((point) => losses(setup, meansOf(point)!.values));
    // Points with equal values share a front.
    const front = new Set(nonDominatedIndices(rows).map((index) => String(rows[index])));
    fronts.push(rest.filter((_, index) => front.has(String(rows[index]))).map((point) => pointAnswer(point, setup)));
    rest = rest.filter((_, index) => !front.has(String(rows[index])));
  }
  return { fronts, infeasible: measured.filter((point) => !isFeasible(point)).length };
}

function pointAnswer(point: SessionPoint, setup: SessionSetup): JsonObject {
  const { values } = meansOf(point)!;
  return { id: point.id, params: writeParams(setup, point.values), values, ...constraintsOf(point, setup) };
}

/** Mean constraint values, and whether all of them are ≤ 0; nothing in a session without constraints. */
function constraintsOf(point: SessionPoint, setup: SessionSetup): JsonObject {
  const means = meansOf(point);
  if (setup.constraintCount === 0 || means === null) return {};
  return { constraints: means.constraints, feasible: means.constraints.every((slack) => slack <= 0) };
}

/** Means over replicates, in the user's signs. */
function meansOf({ result }: SessionPoint): { readonly values: number[]; readonly constraints: number[] } | null {
  if (result === null || result.kind === 'failed') return null;
  return { values: columnMeans(result.values), constraints: columnMeans(result.constraints) };
}

function columnMeans(rows: readonly (readonly number[])[]): number[] {
  return rows[0]!.map((_, column) => rows.reduce((mean, row) => mean + row[column]! / rows.length, 0));
}

/** Losses of values in the user's signs, and the other way round. */
function userSigns({ objectives }: SessionSetup, values: readonly number[]): number[] {
  return values.map((value, j) => (objectives[j]!.direction === 'maximize' ? -value : value));
}

const losses = userSigns;

/** How much each parameter matters for each objective, by the fitted surrogate. */
export function importanceAnswer(setup: SessionSetup, evidence: Evidence): Json {
  const found = surrogateSensitivity(evidence, setup.seed);
  return {
    importance: (found ?? []).map(({ leaveOneOutR2, indices }, j) => ({
      objective: setup.objectives[j]!.name,
      leave_one_out_r2: leaveOneOutR2,
      ...warningOf(setup.objectives[j]!.name, leaveOneOutR2),
      parameters: setup.space.parameters.map(
        ({ name }, k): JsonObject => ({ name, first: { ...indices[k]!.first }, total: { ...indices[k]!.total } }),
      ),
    })),
  };
}

function warningOf(objective: string, r2: number | null): JsonObject {
  const warning = qualityWarning(objective, r2);
  return warning === null ? {} : { warning };
}
