import { textHash } from '../../base/json.ts';
import { type GpModel, type OutcomeData, refineModel, type SelectEffort, selectModels } from './fit.ts';
import { featureRows } from './kernel.ts';
import { fitTransform, IDENTITY, type TransformShape } from './outcome-transform.ts';

/** Up to this many points the family is chosen on all of them, beyond on a sample; what is chosen and searched there is leaner. */
export const MANY_POINTS = 64;
const SAMPLED_CHOICE = 40;
/** Hyperparameters are refined on at most this many points; a posterior may still use more. */
const MOST_REFINED = 64;
const REFINE_ITERATIONS = 10;
const SAMPLED_REFINE_ITERATIONS = 6;

const THOROUGH: SelectEffort = { starts: 3, firstIterations: 15, shapeIterations: 8, finalIterations: 30, families: 3 };
const LEAN: SelectEffort = { starts: 2, firstIterations: 3, shapeIterations: 2, finalIterations: 10, families: 1 };

/**
 * Remembers fits by their exact input. It only saves time: the same call without it gives the same answer, to the bit.
 */
export class ModelMemory {
  readonly #models = new Map<string, readonly GpModel[]>();
  readonly #capacity: number;

  constructor(capacity = 512) {
    this.#capacity = capacity;
  }

  recall(key: string, compute: () => readonly GpModel[]): readonly GpModel[] {
    const known = this.#models.get(key);
    if (known !== undefined) return known;
    const models = compute();
    if (this.#models.size >= this.#capacity) this.#models.delete(this.#models.keys().next().value!);
    this.#models.set(key, models);
    return models;
  }
}

/**
 * Kernel, transform and hyperparameters for all of the data, the most probable model first, then the best of other kernel
 * shapes (none beyond a few dozen points). The family is chosen at checkpoints only, on the points told
 * by then; between checkpoints the hyperparameters are refined from there. So a proposal depends on the evidence alone,
 * while a long session pays for a choice only now and then.
 */
export function chooseModels(
  data: OutcomeData,
  shapes: readonly TransformShape[],
  memory: ModelMemory,
): readonly GpModel[] {
  const { rows } = data.points;
  const reached = rows <= MANY_POINTS ? checkpoint(rows) : rareCheckpoint(rows);
  const prefix = rowsOf(data, range(reached));
  if (rows <= MANY_POINTS) {
    const chosen = memory.recall(keyOf(prefix, shapes), () => selectModels(prefix, shapes, THOROUGH));
    if (reached === rows) return chosen;
    return memory.recall(keyOf(data, shapes), () =>
      chosen.map((model) => refineModel(data, model, REFINE_ITERATIONS)).sort((a, b) => b.score - a.score),
    );
  }
  return memory.recall(keyOf(prefix, shapes), () => {
    const chosen = selectModels(rowsOf(prefix, representative(prefix, SAMPLED_CHOICE)), shapes, LEAN);
    const sample = rowsOf(prefix, representative(prefix, MOST_REFINED));
    return chosen.map((model) => refineModel(sample, model, SAMPLED_REFINE_ITERATIONS));
  });
}

/** The fit by which it is judged how well a process explains an outcome; the tag keeps it apart from others in the memory. */
export interface Judgement {
  readonly tag: string;
  readonly shapes: readonly TransformShape[];
  readonly effort: SelectEffort;
}

/** The most probable process, its log posterior density per unit of the outcome, and the noise it infers. */
export function explain(data: OutcomeData, { tag, shapes, effort }: Judgement, memory: ModelMemory): Explanation {
  const [model] = memory.recall(`${tag}${keyOf(data, shapes)}`, () => selectModels(data, shapes, effort));
  const { span } = fitTransform(data.losses, IDENTITY);
  const density = model!.score - (span > 0 ? data.losses.length * (Math.log(span) + Math.LN2) : 0);
  return { model: model!, density, noise: Math.exp(model!.theta[data.points.width + 1]!) };
}

interface Explanation {
  readonly model: GpModel;
  readonly density: number;
  readonly noise: number;
}

/** Largest of 1, 2, …, 16, 18, 20, … (steps of an eighth) that is at most n. */
export function checkpoint(n: number): number {
  let at = Math.min(n, 10);
  for (;;) {
    const next = at + Math.max(1, Math.floor(at / 8));
    if (next > n) return at;
    at = next;
  }
}

/** Largest of 64, 80, 100, 125, … (steps of a quarter) that is at most n ≥ 64: one choice says little more than the one before. */
function rareCheckpoint(n: number): number {
  let at = MANY_POINTS;
  for (let next = at; next <= n; next += Math.floor(next / 4)) at = next;
  return at;
}

/** Half the best, half evenly spread over the order of the tells; ascending. */
export function representative({ losses }: OutcomeData, count: number): number[] {
  const n = losses.length;
  if (n <= count) return range(n);
  const byLoss = range(n).sort((a, b) => losses[a]! - losses[b]! || a - b);
  const kept = new Set(byLoss.slice(0, Math.floor(count / 2)));
  const rest = range(n).filter((i) => !kept.has(i));
  const missing = count - kept.size;
  for (let k = 0; k < missing; k++) kept.add(rest[Math.floor(((k + 0.5) * rest.length) / missing)]!);
  return [...kept].sort((a, b) => a - b);
}

export function rowsOf({ points, losses, variances }: OutcomeData, rows: readonly number[]): OutcomeData {
  if (rows.length === losses.length) return { points, losses, variances };
  const { width, features, categorical } = points;
  return {
    points: featureRows(
      rows.map((i) => features.subarray(i * width, (i + 1) * width)),
      categorical,
    ),
    losses: Float64Array.from(rows, (i) => losses[i]!),
    variances: Float64Array.from(rows, (i) => variances[i]!),
  };
}

function keyOf({ points, losses, variances }: OutcomeData, shapes: readonly TransformShape[]): string {
  const [x, y, noise] = [points.features, losses, variances].map(bytesAsText);
  return textHash(`${shapes.length}|${losses.length}|${x}${y}${noise}`);
}

/** The bytes of numbers as characters: their digits would take longer than all else in a key. */
function bytesAsText({ buffer, byteOffset, byteLength }: Float64Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
