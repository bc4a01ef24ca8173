import { leaveOneOut } from './diagnostics.ts';
import { conditionModel, type OutcomeData } from './fit.ts';
import {
  checkpoint,
  explain,
  type Judgement,
  type ModelMemory,
  range,
  representative,
  rowsOf,
} from './model-choice.ts';
import { IDENTITY } from './outcome-transform.ts';

/** Fewest losses a model is fitted to when the rest are set aside. */
const FEWEST_KEPT = 5;
/** Least share of the losses that is kept. */
const LEAST_SHARE = 0.25;
/** Fences tried go down by this factor, measured from the best loss. */
const STEP = 4;
/** What setting losses aside must gain in log likelihood, in nats. */
const MARGIN = 3;
/**
 * Where the range of all losses is so many times that of the kept ones, differences among these vanish in the former, and
 * setting the others aside may even lose this much for each loss: what counts is to tell good ones apart.
 */
const WIDE = 16;
const TOLERATED_LOSS = 0.75;
const MOST_FENCES = 12;
/** Losses on which fences are compared. */
const SAMPLE = 64;
const JUDGED: Judgement = {
  tag: '4f',
  shapes: [
    IDENTITY,
    { kind: 'log-low', shift: 0.05 },
    { kind: 'log-low', shift: 0.005 },
    { kind: 'log-high', shift: 0.3 },
  ],
  effort: { starts: 3, firstIterations: 6, shapeIterations: 4, finalIterations: 8, families: 1 },
};

/** Losses that say "bad here" and no longer how bad. */
export interface Outliers {
  /** All losses above it; +Infinity when all losses belong together. */
  readonly fence: number;
  /** Rows of the data that are outliers although their losses lie below the fence. */
  readonly strays: readonly number[];
}

/**
 * Where a queue blows up or a crash is penalised: a smooth process that has to pass through such values cannot see the
 * differences between good ones. Setting them aside is compared with keeping them by likelihood: kept losses by a process of
 * their own, the others as independent log-normal exceedances, and which is which by independent draws. Where the range of all
 * losses is many times that of the kept ones, the fences on the way are compared anew, each without its strays: losses from
 * where the blow-up begins look like those of moderately bad points, and one of them is a kink in all that is kept.
 */
export function findOutliers(data: OutcomeData, memory: ModelMemory): Outliers {
  const rows = range(checkpoint(data.losses.length));
  const prefix = rowsOf(data, rows);
  const places = representative(prefix, SAMPLE);
  const sample = rowsOf(prefix, places);
  const sorted = sample.losses.slice().sort();
  const accepted = acceptedCounts(sample, sorted, memory);
  const count = accepted.at(-1);
  if (count === undefined) return { fence: Number.POSITIVE_INFINITY, strays: [] };
  if (!(rangeOf(sorted, sorted.length) >= EXTREME * rangeOf(sorted, count)))
    return { fence: fenceAbove(sorted, count), strays: [] };
  const cleaned = accepted.map((each) => withoutStrays(sample, sorted, each, memory));
  const best = cleaned.reduce((a, b) => (b.score >= a.score ? b : a));
  const strays = new Set(best.strays);
  const largest = keptRows(sample, sorted, best.count)
    .filter((i) => !strays.has(i))
    .reduce((high, i) => Math.max(high, sample.losses[i]!), sorted[0]!);
  return {
    fence: Math.min(fenceAbove(sorted, best.count), largest + 2 * (largest / 2 - sorted[0]! / 2)),
    strays: best.strays.map((i) => places[i]!),
  };
}

/** Numbers of losses kept by fences that each explain the losses better than the one before; empty without a fence. */
function acceptedCounts(sample: OutcomeData, sorted: Float64Array, memory: ModelMemory): number[] {
  const counts = keptCounts(sorted);
  const accepted: number[] = [];
  if (counts.length === 0) return accepted;
  let best = { score: explain(sample, JUDGED, memory).density, count: sorted.length };
  let worse = 0;
  for (const count of counts) {
    const score =
      explain(rowsOf(sample, keptRows(sample, sorted, count)), JUDGED, memory).density + tailScore(sorted, count);
    const wide = rangeOf(sorted, best.count) >= WIDE * rangeOf(sorted, count);
    const better = score > best.score + (wide ? -TOLERATED_LOSS * best.count : MARGIN);
    worse = better ? 0 : worse + 1;
    if (better) {
      best = { score, count };
      accepted.push(count);
    }
    if (worse >= PATIENCE) break;
  }
  return accepted;
}

function keptRows({ losses }: OutcomeData, sorted: Float64Array, count: number): number[] {
  return range(losses.length).filter((i) => losses[i]! <= sorted[count - 1]!);
}

interface CleanedFence {
  readonly count: number;
  readonly score: number;
  readonly strays: readonly number[];
}

/** Sets aside one loss after the other of those below a fence, and keeps to where all losses are explained best. */
function withoutStrays(sample: OutcomeData, sorted: Float64Array, count: number, memory: ModelMemory): CleanedFence {
  let kept = keptRows(sample, sorted, count);
  const tail = tailScore(sorted, count);
  const density = (rows: readonly number[]): number => explain(rowsOf(sample, rows), JUDGED, memory).density;
  // A stray is any one of the losses, and lies anywhere in the range of the kept ones.
  const cost = Math.log(sorted.length) + Math.log(rangeOf(sorted, count)) + Math.LN2;
  let best: CleanedFence = { count, score: density(kept) + tail, strays: [] };
  const strays: number[] = [];
  while (
    strays.length < MOST_STRAYS &&
    kept.length > FEWEST_KEPT &&
    strays.length < best.strays.length + PATIENCE - 1
  ) {
    const tried = suspects(sample, kept, memory).map((stray) => {
      const rest = kept.filter((i) => i !== stray);
      return { stray, rest, density: density(rest) };
    });
    const next = tried.reduce((a, b) => (b.density > a.density ? b : a));
    strays.push(next.stray);
    kept = next.rest;
    const score = next.density + tail - cost * strays.length;
    if (score > best.score + MARGIN) best = { count, score, strays: [...strays] };
  }
  return best;
}

/** The largest loss, and the one that is most above what all others predict. */
function suspects(sample: OutcomeData, kept: readonly number[], memory: ModelMemory): number[] {
  const data = rowsOf(sample, kept);
  const { residuals, deviations } = leaveOneOut(conditionModel(data, explain(data, JUDGED, memory).model));
  const most = (score: (k: number) => number): number =>
    range(kept.length).reduce((a, b) => (score(b) > score(a) ? b : a));
  const chosen = [most((k) => data.losses[k]!), most((k) => residuals[k]! / deviations[k]!)];
  return [...new Set(chosen)].map((k) => kept[k]!);
}

/** Range of all losses in ranges of the kept ones from which on strays are looked for. */
const EXTREME = 8;
const MOST_STRAYS = 4;
const PATIENCE = 3;

/** Half the range of the first `count` losses. */
function rangeOf(sorted: Float64Array, count: number): number {
  return sorted[count - 1]! / 2 - sorted[0]! / 2;
}

/** Numbers of losses to keep, most first: at the largest jump and at fences that go down by a factor. */
function keptCounts(sorted: Float64Array): number[] {
  const n = sorted.length;
  const least = Math.max(FEWEST_KEPT, Math.ceil(LEAST_SHARE * n));
  const counts = new Set<number>();
  let level = rangeOf(sorted, n);
  for (let k = 0; k < 40 && counts.size < MOST_FENCES; k++) {
    level /= STEP;
    let count = n;
    while (count > 1 && rangeOf(sorted, count) > level) count--;
    if (count < least) break;
    if (count < n) counts.add(count);
  }
  return [...counts];
}

/** Halfway between the last loss kept and the first that is not, but at most twice the range of the kept ones. */
function fenceAbove(sorted: Float64Array, count: number): number {
  const last = sorted[count - 1]!;
  return Math.min(last / 2 + sorted[count]! / 2, last + 2 * rangeOf(sorted, count));
}

const LEAST_LOG_DEVIATION = 0.05;

/** Log density of the losses beyond the first `count`, and of which losses are beyond. */
function tailScore(sorted: Float64Array, count: number): number {
  const n = sorted.length;
  const beyond = n - count;
  const last = sorted[count - 1]!;
  const logs = Array.from(sorted.subarray(count), (loss) => Math.log(loss / 2 - last / 2) + Math.LN2);
  const mean = logs.reduce((sum, v) => sum + v, 0) / beyond;
  const squares = logs.reduce((sum, v) => sum + (v - mean) ** 2, 0);
  const deviation = Math.max(LEAST_LOG_DEVIATION, Math.sqrt(squares / beyond));
  const density = logs.reduce(
    (sum, v) => sum - v - Math.log(deviation * Math.sqrt(2 * Math.PI)) - 0.5 * ((v - mean) / deviation) ** 2,
    0,
  );
  const labels = -count * Math.log(n / count) - beyond * Math.log(n / beyond);
  return density + labels - Math.log(n);
}
