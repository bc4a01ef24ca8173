import { PythonRandom } from './python-random.ts';
import type { Fidelity, WeightedValues, WorkloadSpec } from './scenario.ts';

/** Requests that a run cycles through; column i of each array is template i. */
export interface RequestTemplates {
  readonly count: number;
  readonly promptTokens: Float64Array;
  readonly maxNewTokens: Float64Array;
  readonly kvBytes: Float64Array;
}

const LEGACY_KV_BYTES = 2_147_483_648;

/** `legacy`: the fixed pattern of the published program. `wired`: drawn from the scenario's distributions. */
export function requestTemplates(workload: WorkloadSpec, fidelity: Fidelity, seed: number): RequestTemplates {
  const count = workload.numRequests;
  const promptTokens = new Float64Array(count);
  const maxNewTokens = new Float64Array(count);
  const kvBytes = new Float64Array(count);
  const rng = new PythonRandom(seed);
  for (let i = 0; i < count; i++) {
    if (fidelity === 'legacy') {
      promptTokens[i] = i % 3 === 0 ? 512 : 256;
      maxNewTokens[i] = i % 4 === 0 ? 256 : 128;
      kvBytes[i] = LEGACY_KV_BYTES;
    } else {
      promptTokens[i] = draw(workload.promptTokens, workload.defaultPromptTokens, rng);
      maxNewTokens[i] = draw(workload.maxNewTokens, workload.defaultMaxNewTokens, rng);
      kvBytes[i] = workload.kvBaseBytes + workload.kvBytesPerToken * promptTokens[i]!;
    }
  }
  return { count, promptTokens, maxNewTokens, kvBytes };
}

function draw(values: WeightedValues, fallback: number, rng: PythonRandom): number {
  if (values.length === 0) return fallback;
  let total = 0;
  for (const [, weight] of values) total += weight;
  const threshold = rng.random() * total;
  let cumulative = 0;
  for (const [value, weight] of values) {
    cumulative += weight;
    if (threshold <= cumulative) return value;
  }
  return values.at(-1)![0];
}
