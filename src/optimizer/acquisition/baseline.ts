import type { Rng } from '../../base/random.ts';
import type { FittedGp } from '../gp/fit.ts';
import { type FeatureRows, featureRows } from '../gp/kernel.ts';
import { MANY_POINTS } from '../gp/model-choice.ts';
import { standardToUnit } from '../gp/outcome-transform.ts';
import { meansAt } from '../gp/posterior.ts';
import { isStronglyNoisy } from '../gp/relevance.ts';
import { type BoxDecomposition, decomposeNonDominated } from '../pareto/box-decomposition.ts';
import { nonDominatedIndices, tradedIndices } from '../pareto/dominance.ts';
import type { Surrogates } from '../sampler/surrogates.ts';
import type { ParameterValues } from '../space/parameter.ts';
import type { ObjectiveBelief } from './acquisition.ts';
import { conditionOnDraws, drawAt } from './joint-draws.ts';
import { referencePoint } from './reference-point.ts';
import { violations } from './violation-acquisition.ts';

/** Joint draws of the losses at the observed and pending points. */
const MEMBERS = 16;

/**
 * Share of a deviation that counts with three objectives and more, or with strong noise: an uncertain point then wins in one of
 * the objectives by chance, and points far from all others win most. It keeps the search where means are good.
 */
const CAUTION = 0.3;

/** Standardised noise variance above which observed losses are not taken at face value. */
const NOISY = 1e-4;

/** How much of one loss, as a share of its range, may be given for the whole range of another at an end of the front. */
const TRADE = 0.1;

/** Space-filling starting points for the ends of the front. */
const REFERENCE_PROBES = 128;

export interface Baseline {
  /** Joint draws; one where means stand for them: the same surrogates then give the same baseline again. */
  readonly draws: number;
  readonly objectives: readonly ObjectiveBelief[];
  /** Region still to win for each draw; null when nothing feasible is known and only feasibility counts. */
  readonly regions: readonly BoxDecomposition[] | null;
  /** By objective and draw: everything below the best feasible loss of that objective alone. */
  readonly ends: readonly (readonly BoxDecomposition[])[];
  /** Points on the current front by posterior mean, or the most likely feasible ones. */
  readonly incumbents: readonly ParameterValues[];
  /** The incumbents that stay when a little of one loss may be traded for much of another. */
  readonly centers: readonly ParameterValues[];
}

/** What is known before the next point: beliefs, and the region still to win for each joint draw. */
export function baselineBeliefs(
  surrogates: Surrogates,
  pending: readonly ParameterValues[],
  probes: { readonly cubes: readonly Float64Array[]; cubeOf(values: ParameterValues): Float64Array },
  rng: Rng,
): Baseline {
  const { features, objectives, values } = surrogates;
  const places = [...values, ...pending];
  const points = featureRows(
    places.map((place) => features.fromValues(place)),
    features.categorical,
  );
  const noisy = objectives.some((gp) => isNoisy(gp)) || surrogates.constraints.some(({ gp }) => isNoisy(gp));
  // The front of a draw is then made of lucky points. Means, taken as if they were known, say more and spread the search.
  const strong = objectives.length > 1 && objectives.some(isStronglyNoisy);
  const uncertain = pending.length > 0 || noisy;
  const members = uncertain && !strong ? MEMBERS : 1;
  const draws = objectives.map((gp) => drawAt(gp.posterior, points, members, rng));
  const feasible = feasibility(surrogates, points, members, rng);
  const single = objectives.length === 1;
  const beliefs = objectives.map(
    (gp, j): ObjectiveBelief => ({
      posterior: uncertain ? conditionOnDraws(gp.posterior, points, draws[j]!) : gp.posterior,
      scale: single ? null : gp.transform,
      caution: objectives.length > 2 || strong ? CAUTION : 1,
    }),
  );
  const losses = (s: number, i: number): number[] =>
    objectives.map((gp, j) => (single ? draws[j]![s]![i]! : standardToUnit(gp.transform, draws[j]![s]![i]!)));
  const means =
    members === 1 ? draws.map(([mean]) => mean!) : objectives.map((gp) => meansAt(gp.posterior, surrogates.points));
  const incumbents = incumbentPoints(surrogates, means);
  const cubes = [...incumbents.map((values) => probes.cubeOf(values)), ...probes.cubes.slice(0, REFERENCE_PROBES)];
  const front = single ? [] : observedFront(surrogates, means);
  const reference = single
    ? []
    : referencePoint(
        surrogates,
        front.map(({ losses: row }) => row),
        cubes,
      );
  const regions: BoxDecomposition[] = [];
  const ends = objectives.map((): BoxDecomposition[] => []);
  for (let s = 0; s < members; s++) {
    const rows: number[][] = [];
    for (let i = 0; i < places.length; i++) if (feasible[s]![i]) rows.push(losses(s, i));
    // A draw in which nothing is feasible leaves everything below the worst loss to win.
    if (rows.length === 0 && single) rows.push([Math.max(...places.map((_, i) => losses(s, i)[0]!))]);
    regions.push(regionOf(rows, reference));
    ends.forEach((column, j) => {
      const best = rows.reduce((low, row) => Math.min(low, row[j]!), Number.POSITIVE_INFINITY);
      column.push(decomposeNonDominated([], [Math.min(best, 1)]));
    });
  }
  const anyFeasible = feasible.some((row) => row.some((ok, i) => ok && i < values.length));
  return {
    draws: members,
    objectives: beliefs,
    regions: anyFeasible ? regions : null,
    ends,
    incumbents,
    centers:
      single || front.length === 0
        ? incumbents
        : tradedIndices(
            front.map(({ losses: row }) => row),
            TRADE,
          ).map((k) => values[front[k]!.row]!),
  };
}

/** @param reference - empty for a single objective */
function regionOf(rows: readonly (readonly number[])[], reference: readonly number[]): BoxDecomposition {
  if (reference.length > 0) return decomposeNonDominated(rows, reference);
  const best = rows.reduce((low, row) => Math.min(low, row[0]!), Number.POSITIVE_INFINITY);
  return decomposeNonDominated([], [best]);
}

/** Measured points on the front by posterior mean, and their unit losses. */
function observedFront(
  surrogates: Surrogates,
  means: readonly Float64Array[],
): { readonly row: number; readonly losses: readonly number[] }[] {
  const { objectives } = surrogates;
  const feasible = feasibleRows(surrogates);
  const losses = feasible.map((i) => objectives.map((gp, j) => standardToUnit(gp.transform, means[j]![i]!)));
  return nonDominatedIndices(losses).map((k) => ({ row: feasible[k]!, losses: losses[k]! }));
}

/** Measured points whose constraints hold by posterior mean. */
function feasibleRows({ constraints, points, values }: Surrogates): number[] {
  const slacks = constraints.map(({ gp }) => meansAt(gp.posterior, points));
  return [...values.keys()].filter((i) => constraints.every(({ bound }, c) => slacks[c]![i]! <= bound));
}

/** With many points only noise of the better half counts: which of those is best is the question. */
function isNoisy({ noise, targets }: FittedGp): boolean {
  const n = targets.length;
  const bar = n > MANY_POINTS ? targets.slice().sort()[n >>> 1]! : Number.POSITIVE_INFINITY;
  return noise.some((variance, i) => variance > NOISY && targets[i]! <= bar);
}

/** feasible[s][i]: whether place i keeps all constraints in draw s. */
function feasibility(surrogates: Surrogates, points: FeatureRows, members: number, rng: Rng): boolean[][] {
  const feasible = Array.from({ length: members }, () => new Array<boolean>(points.rows).fill(true));
  for (const { gp, bound, known } of surrogates.constraints) {
    const draws = drawAt(gp.posterior, points, members, rng);
    const exact = isNoisy(gp) ? null : known;
    for (let s = 0; s < members; s++)
      for (let i = 0; i < points.rows; i++) {
        const value = exact?.[i] ?? draws[s]![i]!;
        if (!(value <= bound)) feasible[s]![i] = false;
      }
  }
  return feasible;
}

/** @param means - posterior means of each objective, at the measured points first */
function incumbentPoints(surrogates: Surrogates, means: readonly Float64Array[]): ParameterValues[] {
  const { values, objectives, constraints, points } = surrogates;
  const excess = violations(
    constraints.map(({ gp: { posterior }, bound }) => ({ posterior, bound })),
    points,
  );
  const kept = [...values.keys()].filter((i) => excess[i] === 0);
  if (kept.length === 0)
    return [...values.keys()]
      .sort((a, b) => excess[a]! - excess[b]! || a - b)
      .slice(0, 5)
      .map((i) => values[i]!);
  const rows = kept.map((i) => means.map((mean) => mean[i]!));
  if (objectives.length > 1) return nonDominatedIndices(rows).map((k) => values[kept[k]!]!);
  return kept
    .sort((a, b) => means[0]![a]! - means[0]![b]! || a - b)
    .slice(0, 4)
    .map((i) => values[i]!);
}
