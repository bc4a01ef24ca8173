import { type Rng, stream } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import {
  type Acquisition,
  addAcquisitions,
  feasibilityAcquisition,
  improvementAcquisition,
} from '../acquisition/acquisition.ts';
import { type Baseline, baselineBeliefs } from '../acquisition/baseline.ts';
import { type BestLossBelief, bestLossMixture } from '../acquisition/best-loss-mixture.ts';
import { withPending } from '../acquisition/joint-draws.ts';
import { maximizeAcquisition } from '../acquisition/maximize.ts';
import { type Box, TRUST_REGION_ABOVE, trustRegionBox, trustRegionLength } from '../acquisition/trust-region.ts';
import { withUserPriors } from '../acquisition/user-prior.ts';
import { violationAcquisition, violations } from '../acquisition/violation-acquisition.ts';
import { initialDesignSize } from '../design/initial-design.ts';
import { MANY_POINTS, ModelMemory } from '../gp/model-choice.ts';
import { cubeDimension, decode, encode } from '../space/encode.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { DesignSequence, feasibleCubes, unusedCubes } from './fresh-points.ts';
import { type Evidence, type Observation, type Sampler, toldAndPending, usedPoints } from './sampler.ts';
import { type EnsembleMember, fitProposers, isMeasured, type Surrogates } from './surrogates.ts';
import type { UsedPoints } from './used-points.ts';

/** Gaussian-process sampler: fixed points, then a small space-filling design, then expected (hypervolume) improvement. */
export function createGpSampler(): Sampler {
  const memory = new ModelMemory();
  return (evidence, { count, seed }) => {
    const chosen: ParameterValues[] = [];
    const used = usedPoints(evidence);
    const sequence = scrambledSobol(cubeDimension(evidence.space), stream(seed, 'gp-design'));
    const design = new DesignSequence(evidence.space, sequence);
    const designOnly = count > MOST_BY_MODEL;
    let ensemble: readonly EnsembleMember[] | undefined;
    for (let i = 0; i < count; i++) {
      const seen: Evidence = designOnly ? evidence : { ...evidence, pending: [...evidence.pending, ...chosen] };
      const index = toldAndPending(evidence) + i;
      const byModel = !designOnly && !needsDesign(seen);
      const point = (): ParameterValues | undefined => {
        if (byModel) ensemble ??= fitProposers(evidence, memory, evidence.objectiveCount === 1 ? MIXED_MODELS : 1);
        const proposed = byModel && ensemble!.length > 0 ? proposeByModel(seen, ensemble!, { seed, used }) : null;
        return proposed ?? design.next(index, used, () => stream(seed, 'gp-design', index));
      };
      const next = evidence.fixedPoints?.find((values) => !used.has(values)) ?? point();
      if (next === undefined) break;
      used.add(next);
      chosen.push(next);
    }
    return chosen;
  };
}

/** Larger requests are designs, not suggestions: every point after another by model would take minutes. */
const MOST_BY_MODEL = 256;

function needsDesign(evidence: Evidence): boolean {
  const earlier = evidence.earlier?.length ?? 0;
  const size = initialDesignSize(cubeDimension(evidence.space), evidence.objectiveCount, evidence.budget);
  return toldAndPending(evidence) + earlier < size;
}

function proposeByModel(
  evidence: Evidence,
  ensemble: readonly EnsembleMember[],
  { seed, used }: { readonly seed: number; readonly used: UsedPoints },
): ParameterValues | null {
  const rng = stream(seed, 'gp', toldAndPending(evidence));
  const { space } = evidence;
  const sequence = scrambledSobol(cubeDimension(space), rng);
  const { surrogates } = ensemble[0]!;
  const known = surrogates.values.map((values) => encode(space, values));
  const effort = known.length > MANY_POINTS ? LEAN_SEARCH : FULL_SEARCH;
  const probes = feasibleCubes(space, sequence, effort.sobol, rng);
  const baselines = baselinesOf(ensemble, evidence, probes, rng);
  const baseline = baselines[0]!;
  const beliefs = surrogates.constraints.map(({ gp, bound }) => ({
    posterior: withPending(gp, surrogates.features, evidence.pending),
    bound,
  }));
  const unmet = meetsNothing(evidence);
  const feasibility = unmet
    ? violationAcquisition(surrogates.features, beliefs, Math.min(...violations(beliefs, surrogates.points)))
    : feasibilityAcquisition(surrogates.features, beliefs);
  const acquisitionFor = (end: number | null): Acquisition => {
    const improvement = unmet ? null : improvementOf(ensemble, baselines, end);
    const bounded =
      improvement !== null && beliefs.length > 0 ? addAcquisitions(improvement, feasibility) : improvement;
    return withUserPriors(bounded ?? feasibility, space, evidence.priors ?? [], evidence.observations.length);
  };
  const occupied = [...known, ...evidence.pending.map((values) => encode(space, values))];
  const box = searchBox(evidence, surrogates, baseline.centers);
  const candidates = [
    ...probes,
    ...unusedCubes(space, used),
    ...nearIncumbents(evidence, baseline.incumbents, effort.perturbed, rng),
  ];
  const options = {
    space,
    candidates: box === null ? candidates : candidates.map((cube) => pullInto(cube, box)),
    starts: effort.starts,
    maxIterations: effort.maxIterations,
    allowed: (cube: Float64Array) => !used.has(decode(space, cube)) && !crowded(cube, occupied),
    rng,
    ...(box ?? {}),
  };
  const end = baseline.regions === null ? null : scoutedObjective(evidence);
  let found = end === null ? null : maximizeAcquisition({ ...options, acquisition: acquisitionFor(end) });
  if (found === null || found.value < WORTH_SCOUTING)
    found = maximizeAcquisition({ ...options, acquisition: acquisitionFor(null) });
  return found === null ? null : decode(space, found.cube);
}

/** @param end - objective whose best value alone is looked for @returns null while nothing feasible is known */
function improvementOf(
  ensemble: readonly EnsembleMember[],
  baselines: readonly Baseline[],
  end: number | null,
): Acquisition | null {
  const { features } = ensemble[0]!.surrogates;
  const [{ objectives, regions, ends }] = baselines as readonly [Baseline, ...Baseline[]];
  if (baselines.some((each) => each.regions === null) || regions === null) return null;
  if (end !== null) return improvementAcquisition(features, [objectives[end]!], ends[end]!);
  if (objectives.length > 1) return improvementAcquisition(features, objectives, regions);
  const beliefs = new Map<Baseline, BestLossBelief>();
  for (const each of baselines) {
    const bests = Float64Array.from(each.regions!, ({ upper }) => upper[0]!);
    beliefs.set(each, { posterior: each.objectives[0]!.posterior, bests });
  }
  return bestLossMixture(
    features,
    baselines.map((each) => beliefs.get(each)!),
    ensemble.map(({ logWeight }) => logWeight),
  );
}

/** Whether a search for one best loss has found no point within its constraints yet. */
function meetsNothing({ objectiveCount, constraintCount, observations, earlier = [] }: Evidence): boolean {
  if (objectiveCount > 1 || constraintCount === 0) return false;
  const isFeasible = (o: Observation): boolean => isMeasured(o) && o.slacks.every((slack) => slack <= 0);
  return !observations.some(isFeasible) && !earlier.some(isFeasible);
}

/** What is known before the next point, by each member; members that say the same share it, with few points only without chance. */
function baselinesOf(
  ensemble: readonly EnsembleMember[],
  { space, pending }: Evidence,
  probes: readonly Float64Array[],
  rng: Rng,
): readonly Baseline[] {
  const baselines: Baseline[] = [];
  for (const { surrogates } of ensemble) {
    const twin = ensemble.findIndex((other) =>
      other.surrogates.objectives.every((gp, j) => gp === surrogates.objectives[j]),
    );
    const known = baselines[twin];
    const shared = known?.draws === 1 || surrogates.values.length > MANY_POINTS ? known : undefined;
    const around = { cubes: probes, cubeOf: (values: ParameterValues) => encode(space, values) };
    baselines.push(shared ?? baselineBeliefs(surrogates, pending, around, rng));
  }
  return baselines;
}

/**
 * With several objectives every fourth point by model looks for the best value of one of them, in turn: the ends of a front
 * are worth little hypervolume, and the user who cares for one objective most looks there. It has to expect a notable gain.
 * @returns null for a point that improves the front as a whole
 */
function scoutedObjective(evidence: Evidence): number | null {
  const { objectiveCount } = evidence;
  const count = toldAndPending(evidence);
  if (objectiveCount === 1 || count % SCOUTING_PERIOD !== SCOUTING_PERIOD - 1) return null;
  return Math.floor(count / SCOUTING_PERIOD) % objectiveCount;
}

/** Whether a point is so near to another that the surrogate could not tell them apart. */
function crowded(cube: Float64Array, occupied: readonly Float64Array[]): boolean {
  return occupied.some((other) => other.every((u, j) => Math.abs(u - cube[j]!) < LEAST_DISTANCE));
}

/**
 * Trust region of a space with many dimensions, around the incumbents in turn; null for a search of the whole space. With
 * three objectives and more a space is large sooner: almost every point in a corner beats the known ones in something, so
 * expected improvement leads from corner to corner.
 */
function searchBox(evidence: Evidence, surrogates: Surrogates, centers: readonly ParameterValues[]): Box | null {
  const { space, observations, objectiveCount } = evidence;
  const dimension = cubeDimension(space);
  if (dimension <= (objectiveCount > 2 ? LOCAL_FRONT_ABOVE : TRUST_REGION_ABOVE) || centers.length === 0) return null;
  const turn = objectiveCount === 1 ? 0 : toldAndPending(evidence) % centers.length;
  const center = encode(space, centers[turn]!);
  const weights = new Float64Array(dimension).fill(1);
  if (dimension <= TRUST_REGION_ABOVE) return trustRegionBox(center, weights, LOCAL_FRONT_LENGTH);
  surrogates.features.cubeAxes.forEach((axis, feature) => {
    if (axis >= 0)
      weights[axis] = Math.max(...surrogates.objectives.map((gp) => gp.posterior.kernel.weights[feature]!));
  });
  return trustRegionBox(center, weights, trustRegionLength(observations, dimension));
}

/** Maps the cube linearly onto the box for points outside of it. */
function pullInto(cube: Float64Array, { lower, upper }: Box): Float64Array {
  if (cube.every((u, j) => u >= lower[j]! && u <= upper[j]!)) return cube;
  return cube.map((u, j) => lower[j]! + u * (upper[j]! - lower[j]!));
}

/** Above this many cube dimensions the search keeps to a box when there are three objectives or more. */
const LOCAL_FRONT_ABOVE = 4;
const LOCAL_FRONT_LENGTH = 0.6;
const SCOUTING_PERIOD = 4;
/** Log of the least gain to expect at an end of the front, as a share of the range of losses seen. */
const WORTH_SCOUTING = Math.log(1e-3);
/** Kernel families in the mixture for one objective; several objectives use the most probable one. */
const MIXED_MODELS = 3;
/** How many Sobol points and perturbed incumbents are rated, and local searches from the best; lean where a prediction is dear. */
const FULL_SEARCH = { sobol: 256, perturbed: 256, starts: 6, maxIterations: 60 };
const LEAN_SEARCH = { sobol: 128, perturbed: 64, starts: 3, maxIterations: 30 };
const LEAST_DISTANCE = 1e-6;
const PERTURBATION_SCALES = [0.2, 0.05, 0.01, 0.001];

/** The incumbents, and perturbations of them at several scales. */
function nearIncumbents(
  evidence: Evidence,
  incumbents: readonly ParameterValues[],
  count: number,
  rng: Rng,
): Float64Array[] {
  const { space } = evidence;
  const centers = incumbents.map((values) => encode(space, values));
  const points = [...centers];
  for (let i = 0; i < count && centers.length > 0; i++) {
    const center = centers[i % centers.length]!;
    const scale = PERTURBATION_SCALES[Math.floor(i / centers.length) % PERTURBATION_SCALES.length]!;
    points.push(perturb(center, scale, rng));
  }
  return points;
}

function perturb(center: Float64Array, scale: number, rng: Rng): Float64Array {
  const all = rng.uniform() < 0.5;
  const chance = Math.max(0.2, 2 / center.length);
  return center.map((u) => {
    if (!all && rng.uniform() >= chance) return u;
    const next = u + scale * rng.normal();
    return next < 0 || next > 1 ? rng.uniform() : next;
  });
}
