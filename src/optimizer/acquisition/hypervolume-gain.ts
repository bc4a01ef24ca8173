import type { OutcomeTransform } from '../gp/outcome-transform.ts';
import type { BoxDecomposition } from '../pareto/box-decomposition.ts';
import { type CutTails, fillTails, TailTable } from './cut-tails.ts';
import { type IntervalGain, intervalGain } from './interval-gain.ts';
import { type ScaledBelief, scaleBelief } from './objective-scale.ts';

/** Mean of each member and their common variance, of one objective at one point. */
export interface MemberMoments {
  readonly means: Readonly<Float64Array>;
  readonly variance: number;
}

/** Below this sum products have lost digits to underflow, and logarithms are used instead. */
const LEAST_SUM = 1e-200;

/**
 * log (1/S) Σ_s Σ_boxes Π_j E[(u_j − max(l_j, y_sj))₊] and its partials. The gain inside an interval is the difference of
 * one function at its two ends, and boxes share their ends: each member needs one tail for each cut of each objective,
 * then only products. Far from any gain, where the products underflow, every interval is taken by its logarithm.
 */
export class HypervolumeGain {
  /** By objective: partials of the last value with respect to the mean of each member. */
  readonly toMeans: readonly Float64Array[];
  /** By objective: partial of the last value with respect to the variance. */
  readonly toVariance: Float64Array;
  readonly #scales: readonly (OutcomeTransform | null)[];
  readonly #regions: readonly CutRegion[];
  readonly #beliefs: readonly ScaledBelief[];
  /** By member and objective. */
  readonly #table: TailTable;
  readonly #edges: Float64Array;
  readonly #byMean: Float64Array;
  readonly #byDeviation: Float64Array;
  readonly #memberLogs: Float64Array;
  readonly #memberByMean: Float64Array;
  readonly #memberByVariance: Float64Array;
  readonly #interval: IntervalGain = { log: 0, toMean: 0, toDeviation: 0 };

  /** @param scales - by objective: scale on which gains count; null for the standardised one */
  constructor(scales: readonly (OutcomeTransform | null)[], regions: readonly BoxDecomposition[]) {
    const width = scales.length;
    this.#scales = scales;
    this.#regions = regions.map(cutRegion);
    this.toMeans = scales.map(() => new Float64Array(regions.length));
    this.toVariance = new Float64Array(width);
    this.#beliefs = scales.map(() => ({
      mean: 0,
      deviation: 0,
      meanByMean: 1,
      deviationByMean: 0,
      deviationByDeviation: 1,
    }));
    this.#table = new TailTable(this.#regions.flatMap(({ cuts }) => cuts));
    this.#edges = new Float64Array(width);
    this.#byMean = new Float64Array(width);
    this.#byDeviation = new Float64Array(width);
    this.#memberLogs = new Float64Array(regions.length);
    this.#memberByMean = new Float64Array(regions.length * width);
    this.#memberByVariance = new Float64Array(regions.length * width);
  }

  /** @param moments - by objective @param partials - whether to fill `toMeans` and `toVariance` */
  logMean(moments: readonly MemberMoments[], partials: boolean): number {
    const members = this.#regions.length;
    const logs = this.#memberLogs;
    let max = Number.NEGATIVE_INFINITY;
    for (let s = 0; s < members; s++) {
      logs[s] = this.#memberGain(moments, s, partials);
      if (logs[s]! > max) max = logs[s]!;
    }
    if (partials) {
      for (const column of this.toMeans) column.fill(0);
      this.toVariance.fill(0);
    }
    if (max === Number.NEGATIVE_INFINITY) return max;
    let total = 0;
    for (let s = 0; s < members; s++) total += Math.exp(logs[s]! - max);
    if (partials) this.#addPartials(max, total);
    return max + Math.log(total / members);
  }

  #addPartials(max: number, total: number): void {
    const width = this.#scales.length;
    for (let s = 0; s < this.#regions.length; s++) {
      const share = Math.exp(this.#memberLogs[s]! - max) / total;
      if (share === 0) continue;
      for (let j = 0; j < width; j++) {
        this.toMeans[j]![s]! += share * this.#memberByMean[s * width + j]!;
        this.toVariance[j]! += share * this.#memberByVariance[s * width + j]!;
      }
    }
  }

  #memberGain(moments: readonly MemberMoments[], s: number, partials: boolean): number {
    const width = this.#scales.length;
    for (let j = 0; j < width; j++) {
      const { means, variance } = moments[j]!;
      setBelief(this.#scales[j]!, means[s]!, Math.sqrt(variance), this.#beliefs[j]!);
    }
    const region = this.#regions[s]!;
    this.#byMean.fill(0);
    this.#byDeviation.fill(0);
    const tails = this.#table.rows().slice(s * width, (s + 1) * width);
    for (let j = 0; j < width; j++) fillTails(tails[j]!, this.#beliefs[j]!.mean, this.#beliefs[j]!.deviation);
    let total = partials ? this.#sumWithPartials(region, tails) : this.#sum(region, tails);
    let log = Math.log(total);
    if (!(total > LEAST_SUM)) {
      log = this.#sumOfLogs(region);
      total = 1;
    }
    if (partials && log > Number.NEGATIVE_INFINITY)
      for (let j = 0; j < width; j++) {
        const belief = this.#beliefs[j]!;
        const byMean = this.#byMean[j]! / total;
        const byDeviation = this.#byDeviation[j]! / total;
        const at = s * width + j;
        this.#memberByMean[at] = byMean * belief.meanByMean + byDeviation * belief.deviationByMean;
        this.#memberByVariance[at] =
          (0.5 * byDeviation * belief.deviationByDeviation) / Math.sqrt(moments[j]!.variance);
      }
    return Number.isNaN(log) ? Number.NEGATIVE_INFINITY : log;
  }

  #sum({ boxes, lower, upper }: CutRegion, tails: readonly CutTails[]): number {
    const width = this.#scales.length;
    let total = 0;
    for (let b = 0; b < boxes; b++) {
      let product = 1;
      for (let j = 0; j < width; j++) {
        const { gains } = tails[j]!;
        product *= gains[upper[b * width + j]!]! - gains[lower[b * width + j]!]!;
      }
      if (product > 0) total += product;
    }
    return total;
  }

  #sumWithPartials({ boxes, lower, upper }: CutRegion, tails: readonly CutTails[]): number {
    const width = this.#scales.length;
    const edges = this.#edges;
    let total = 0;
    for (let b = 0; b < boxes; b++) {
      let product = 1;
      for (let j = 0; j < width; j++) {
        const { gains } = tails[j]!;
        edges[j] = gains[upper[b * width + j]!]! - gains[lower[b * width + j]!]!;
        product *= edges[j]!;
      }
      if (!(product > 0)) continue;
      total += product;
      for (let j = 0; j < width; j++) {
        const others = product / edges[j]!;
        const high = upper[b * width + j]!;
        const low = lower[b * width + j]!;
        const { cdfs, densities } = tails[j]!;
        this.#byMean[j]! += others * (cdfs[low]! - cdfs[high]!);
        this.#byDeviation[j]! += others * (densities[high]! - densities[low]!);
      }
    }
    return total;
  }

  /** The same by logarithms; leaves partials of the logarithm itself. */
  #sumOfLogs({ boxes, lower, upper, cuts }: CutRegion): number {
    const width = this.#scales.length;
    const logs = new Float64Array(boxes);
    const toMean = new Float64Array(boxes * width);
    const toDeviation = new Float64Array(boxes * width);
    const gain = this.#interval;
    let max = Number.NEGATIVE_INFINITY;
    for (let b = 0; b < boxes; b++) {
      for (let j = 0; j < width; j++) {
        const { mean, deviation } = this.#beliefs[j]!;
        const at = b * width + j;
        intervalGain(mean, deviation, cuts[j]![lower[at]!]!, cuts[j]![upper[at]!]!, gain);
        logs[b]! += gain.log;
        toMean[at] = gain.toMean;
        toDeviation[at] = gain.toDeviation;
      }
      if (logs[b]! > max) max = logs[b]!;
    }
    this.#byMean.fill(0);
    this.#byDeviation.fill(0);
    if (max === Number.NEGATIVE_INFINITY) return max;
    let total = 0;
    for (const log of logs) total += log > Number.NEGATIVE_INFINITY ? Math.exp(log - max) : 0;
    for (let b = 0; b < boxes; b++) {
      const share = Math.exp(logs[b]! - max) / total;
      if (!(share > 0)) continue;
      for (let j = 0; j < width; j++) {
        this.#byMean[j]! += share * toMean[b * width + j]!;
        this.#byDeviation[j]! += share * toDeviation[b * width + j]!;
      }
    }
    return max + Math.log(total);
  }
}

function setBelief(scale: OutcomeTransform | null, mean: number, deviation: number, out: ScaledBelief): void {
  if (scale !== null) {
    scaleBelief(scale, mean, deviation, out);
    return;
  }
  out.mean = mean;
  out.deviation = deviation;
}

/** Boxes whose bounds are places in a list of distinct cuts by objective. */
interface CutRegion {
  readonly boxes: number;
  /** Row-major boxes × m. */
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly cuts: readonly Float64Array[];
}

function cutRegion({ boxes, width, lower, upper }: BoxDecomposition): CutRegion {
  const places = Array.from({ length: width }, () => new Map<number, number>());
  const place = (value: number, j: number): number => {
    const known = places[j]!.get(value);
    if (known !== undefined) return known;
    places[j]!.set(value, places[j]!.size);
    return places[j]!.size - 1;
  };
  return {
    boxes,
    lower: Int32Array.from(lower, (value, at) => place(value, at % width)),
    upper: Int32Array.from(upper, (value, at) => place(value, at % width)),
    cuts: places.map((cuts) => Float64Array.from(cuts.keys())),
  };
}
