import { type Rng, stream } from '../../base/random.ts';
import { type ArrivalProcess, arrivalTimes } from './arrival-process.ts';
import { type CountLaw, drawCount } from './count-law.ts';
import { MODELS } from './model-catalog.ts';
import type { Task } from './task.ts';

/** Importance of tasks: drawn like a count, or two classes. */
export type WeightLaw =
  | CountLaw
  | { readonly kind: 'two-class'; readonly low: number; readonly high: number; readonly highShare: number };

export interface GeneratorSpec {
  readonly count: number;
  readonly arrivals: ArrivalProcess;
  readonly prefill: CountLaw;
  readonly decode: CountLaw;
  readonly weights: WeightLaw;
  /** Model name → share; shares need not sum to 1. */
  readonly models: Readonly<Record<string, number>>;
  /** `both`: each task has a prompt and an output. `separate`: a task has one of them. */
  readonly phases: 'both' | 'separate';
  /** Share of prefill tasks when phases are separate. */
  readonly prefillShare: number;
  /** Prompts that start alike; null = none. */
  readonly prefixes: PrefixSpec | null;
}

export interface PrefixSpec {
  readonly groups: number;
  /** Tokens that each group shares; they come on top of the drawn prompt. */
  readonly tokens: number;
  /** Share of tasks that belong to a group. */
  readonly share: number;
}

/** Load levels of seed document 002: uniform arrivals, token counts and weights. */
export const PRESETS: Readonly<Record<string, GeneratorSpec>> = {
  low: preset(100, 100, [512, 4096], [128, 1024], [1, 5]),
  medium: preset(500, 50, [512, 8192], [128, 2048], [1, 10]),
  high: preset(1000, 30, [1024, 16_384], [256, 4096], [1, 10]),
  extreme: preset(2000, 20, [2048, 32_768], [512, 8192], [1, 10]),
};

/** Seed that the seed document uses for its presets. */
export const DEFAULT_WORKLOAD_SEED = 42;

/** Draws the tasks. Arrivals, sizes, weights, models and prefixes have streams of their own. */
export function generateTasks(spec: GeneratorSpec, seed: number): Task[] {
  const random = (label: string): Rng => stream(seed, 'gpu-jobs', label);
  const times = arrivalTimes(spec.arrivals, spec.count, random('arrivals'));
  const prefill = random('prefill');
  const decode = random('decode');
  const weights = random('weights');
  const models = random('models');
  const phases = random('phases');
  const prefixes = random('prefixes');
  return Array.from(times, (arrival, index) => {
    const model = MODELS[pickShare(spec.models, models)]!;
    const prompt = drawCount(spec.prefill, prefill);
    const output = drawCount(spec.decode, decode);
    const isPrefill = spec.phases === 'both' || phases.uniform() < spec.prefillShare;
    const isDecode = spec.phases === 'both' || !isPrefill;
    const prefix = isPrefill && spec.prefixes !== null ? pickPrefix(spec.prefixes, prefixes) : null;
    const shared = prefix === null ? 0 : spec.prefixes!.tokens;
    return {
      id: `T${index + 1}`,
      model: model.name,
      memoryGB: model.parametersBillions,
      weight: drawWeight(spec.weights, weights),
      arrival,
      prefillTokens: isPrefill ? prompt + shared : 0,
      decodeTokens: isDecode ? output : 0,
      tp: model.recommendedTp,
      prefix,
      prefixTokens: shared,
    };
  });
}

function drawWeight(law: WeightLaw, rng: Rng): number {
  if (law.kind !== 'two-class') return drawCount(law, rng);
  return rng.uniform() < law.highShare ? law.high : law.low;
}

function pickShare(shares: Readonly<Record<string, number>>, rng: Rng): string {
  const entries = Object.entries(shares);
  let left = rng.uniform() * entries.reduce((sum, [, share]) => sum + share, 0);
  for (const [name, share] of entries) {
    left -= share;
    if (left < 0) return name;
  }
  return entries.findLast(([, share]) => share > 0)![0];
}

function pickPrefix(spec: PrefixSpec, rng: Rng): string | null {
  const belongs = rng.uniform() < spec.share;
  const group = rng.below(spec.groups);
  return belongs ? `prefix-${group + 1}` : null;
}

function preset(
  count: number,
  seconds: number,
  prefill: readonly [number, number],
  decode: readonly [number, number],
  weights: readonly [number, number],
): GeneratorSpec {
  const uniform = ([min, max]: readonly [number, number]): CountLaw => ({ kind: 'uniform', min, max });
  return {
    count,
    arrivals: { kind: 'uniform', start: 0, end: seconds },
    prefill: uniform(prefill),
    decode: uniform(decode),
    weights: uniform(weights),
    models: { Qwen3: 1 },
    phases: 'both',
    prefillShare: 0.7,
    prefixes: null,
  };
}
