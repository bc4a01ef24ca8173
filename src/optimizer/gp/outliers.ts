import type { OutcomeData } from './fit.ts';
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
  effort: { firstIterations: 6, shapeIterations: 4, finalIterations: 8, families: 1 },
};

/**
 * The loss above which a value says "bad here" and no longer how bad: a queue that blows up, a penalty for a crash. A
 * smooth process that has to pass through such values cannot see the differences between good ones. Setting them aside
 * is compared with keeping them by likelihood: kept losses by a process of their own, the others as independent
 * log-normal exceedances, and which is which by independent draws.
 * @returns +Infinity when all losses belong together
 */
export function outlierFence(data: OutcomeData, memory: ModelMemory): number {
  const rows = range(checkpoint(data.losses.length));
  const prefix = rowsOf(data, rows);
  const sample = rowsOf(prefix, representative(prefix, SAMPLE));
  const sorted = sample.losses.slice().sort();
  const counts = keptCounts(sorted);
  if (counts.length === 0) return Number.POSITIVE_INFINITY;
  let best = { score: explain(sample, JUDGED, memory).density, count: sorted.length };
  let worse = 0;
  for (const count of counts) {
    const kept = range(sample.losses.length).filter((i) => sample.losses[i]! <= sorted[count - 1]!);
    const score = explain(rowsOf(sample, kept), JUDGED, memory).density + tailScore(sorted, count);
    const wide = rangeOf(sorted, best.count) >= WIDE * rangeOf(sorted, count);
    const better = score > best.score + (wide ? -TOLERATED_LOSS * best.count : MARGIN);
    worse = better ? 0 : worse + 1;
    if (better) best = { score, count };
    if (worse >= PATIENCE) break;
  }
  return best.count < sorted.length ? fenceAbove(sorted, best.count) : Number.POSITIVE_INFINITY;
}

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
