import { InputError, unknownName } from '../../../base/errors.ts';
import { shortText } from '../../../base/short-text.ts';
import type { EngineResult } from '../engine-result.ts';
import { distribution } from './distribution.ts';
import type { HeadlineMetrics } from './headline-metrics.ts';

type Component = (headline: HeadlineMetrics, result: EngineResult) => number;

const latency = (us: number) => 1 / (1 + us / 1000);

/** Components of the reference's single score, each in [0, 1], by key. */
const COMPONENTS: Readonly<Record<string, Component>> = {
  mean_e2e: (_, result) => latency(distribution(result.e2eUs.subarray(0, result.table.length)).mean),
  mean_ttft: (_, result) => latency(distribution(result.ttftUs.subarray(0, result.table.length)).mean),
  p50_e2e: (_, result) => latency(distribution(result.e2eUs.subarray(0, result.table.length)).p50),
  p50_ttft: (_, result) => latency(distribution(result.ttftUs.subarray(0, result.table.length)).p50),
  p99_e2e: (_, result) => latency(distribution(result.e2eUs.subarray(0, result.table.length)).p99),
  p99_ttft: (_, result) => latency(distribution(result.ttftUs.subarray(0, result.table.length)).p99),
  throughput: (headline) => headline.responsesPerSec / (headline.responsesPerSec + 100),
  tokens_per_sec: (headline) => headline.tokensPerSec / (headline.tokensPerSec + 10_000),
};

export interface Fitness {
  readonly score: number;
  /** Sorted by key. */
  readonly components: readonly { readonly key: string; readonly value: number }[];
}

/** Reads `key:value,…`: finite weights ≥ 0. */
export function parseFitnessWeights(text: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const pair of text === '' ? [] : text.split(',')) {
    const [key = '', value = '', ...rest] = pair.split(':').map((part) => part.trim());
    if (value === '' || rest.length > 0) throw new InputError(`must be key:value,…, got ${shortText(pair)}`);
    if (!Object.hasOwn(COMPONENTS, key)) throw unknownName('fitness key', key, Object.keys(COMPONENTS));
    const weight = Number(value);
    if (!Number.isFinite(weight) || weight < 0)
      throw new InputError(`weight of ${key} must be finite and ≥ 0, got ${shortText(value)}`);
    weights.set(key, weight);
  }
  return weights;
}

/** Weighted sum over the chosen components, keys in alphabetical order; weights are not normalized. */
export function fitness(
  result: EngineResult,
  headline: HeadlineMetrics,
  weights: ReadonlyMap<string, number>,
): Fitness {
  const components = [...weights.keys()].sort().map((key) => ({ key, value: COMPONENTS[key]!(headline, result) }));
  let score = 0;
  for (const { key, value } of components) score += value * weights.get(key)!;
  return { score, components };
}
