import { normalCdf } from '../numeric/normal.ts';
import { untransform } from './gp/outcome-transform.ts';
import { momentsBuffer, predict } from './gp/posterior.ts';
import { nonDominatedIndices } from './pareto/dominance.ts';
import type { Evidence, Observation } from './sampler/sampler.ts';
import { fitSurrogates, isMeasured, type Surrogates } from './sampler/surrogates.ts';
import type { ParameterValues } from './space/parameter.ts';

export interface RecommendedPoint {
  /** Index into `[...earlier, ...observations]`. */
  readonly index: number;
  readonly values: ParameterValues;
  /** Posterior median of each loss: less exposed to lucky noise than the observed value. */
  readonly mean: readonly number[];
  readonly observed: readonly number[];
}

export interface Recommendation {
  /** Best by posterior for one objective, the knee for several; null when nothing feasible was measured. */
  readonly best: RecommendedPoint | null;
  /** Non-dominated by posterior, ordered by the first loss. */
  readonly front: readonly RecommendedPoint[];
  readonly knee: RecommendedPoint | null;
  /** Clearly different front points, the best of all first. */
  readonly shortList: readonly RecommendedPoint[];
}

/** Least posterior probability of feasibility of a recommended point, where feasibility is uncertain. */
const LEAST_FEASIBILITY = 0.5;

/** What to take home: told points judged by the surrogates' posterior instead of by single noisy results. */
export function recommend(evidence: Evidence, listLength = 5): Recommendation {
  const all = [...(evidence.earlier ?? []), ...evidence.observations];
  const surrogates = fitSurrogates(evidence);
  if (surrogates === null) return { best: null, front: [], knee: null, shortList: [] };
  const candidates = judgedPoints(all, surrogates);
  if (candidates.length === 0) return { best: null, front: [], knee: null, shortList: [] };
  const front = nonDominatedIndices(candidates.map(({ mean }) => mean))
    .map((i) => candidates[i]!)
    .sort((a, b) => a.mean[0]! - b.mean[0]! || a.index - b.index);
  const knee = kneeOf(front);
  return { best: knee, front, knee, shortList: spread(front, knee, listLength) };
}

function judgedPoints(all: readonly Observation[], surrogates: Surrogates): RecommendedPoint[] {
  const { objectives, constraints, features, tells } = surrogates;
  const buffers = objectives.map(({ posterior }) => momentsBuffer(posterior));
  const slackBuffers = constraints.map(({ gp }) => momentsBuffer(gp.posterior));
  return all.flatMap((observation, index) => {
    // Whether a point that was measured succeeds is known; what its place makes probable says nothing more.
    if (!isMeasured(observation) || !tells(observation)) return [];
    const x = features.fromValues(observation.values);
    const likely = constraints.every(({ gp, slack, bound }, c) => {
      if (slack === null) return true;
      // Without noise the measured value decides, not the model.
      if (gp.noise.every((variance) => variance < 1e-4)) return observation.slacks[slack]! <= 0;
      const { means, variance } = predict(gp.posterior, x, slackBuffers[c]!);
      return normalCdf((bound - means[0]!) / Math.sqrt(variance)) >= LEAST_FEASIBILITY;
    });
    if (!likely) return [];
    const mean = objectives.map((gp, j) => {
      if (gp.noise.every((variance) => variance < 1e-6)) return observation.losses![j]!;
      return untransform(gp.transform, predict(gp.posterior, x, buffers[j]!).means[0]!);
    });
    return [{ index, values: observation.values, mean, observed: observation.losses! }];
  });
}

/**
 * The front point farthest below the plane through the ends of the front, losses scaled to the front's range.
 * @see Das 1999, "On characterizing the knee of the Pareto curve"
 */
function kneeOf(front: readonly RecommendedPoint[]): RecommendedPoint | null {
  const scaled = scaleFront(front);
  let best: RecommendedPoint | null = null;
  let lowest = Number.POSITIVE_INFINITY;
  front.forEach((point, i) => {
    const sum = scaled[i]!.reduce((total, loss) => total + loss, 0);
    if (sum < lowest) {
      lowest = sum;
      best = point;
    }
  });
  return best;
}

/** Starts from `first`, then always takes the point farthest (scaled losses) from those taken. */
function spread(
  front: readonly RecommendedPoint[],
  first: RecommendedPoint | null,
  length: number,
): RecommendedPoint[] {
  if (first === null) return [];
  const scaled = scaleFront(front);
  const taken = [front.indexOf(first)];
  while (taken.length < Math.min(length, front.length)) {
    let farthest = -1;
    let distance = 0.05;
    for (let i = 0; i < front.length; i++) {
      const near = Math.min(...taken.map((t) => Math.hypot(...scaled[i]!.map((v, j) => v - scaled[t]![j]!))));
      if (near > distance) {
        distance = near;
        farthest = i;
      }
    }
    if (farthest < 0) break;
    taken.push(farthest);
  }
  return taken.map((i) => front[i]!);
}

function scaleFront(front: readonly RecommendedPoint[]): number[][] {
  const width = front[0]?.mean.length ?? 0;
  const low = Array.from({ length: width }, (_, j) => Math.min(...front.map(({ mean }) => mean[j]!)));
  const high = Array.from({ length: width }, (_, j) => Math.max(...front.map(({ mean }) => mean[j]!)));
  return front.map(({ mean }) =>
    mean.map((loss, j) => (high[j]! > low[j]! ? (loss / 2 - low[j]! / 2) / (high[j]! / 2 - low[j]! / 2) : 0)),
  );
}
