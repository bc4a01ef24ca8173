import { InputError } from '../../../base/errors.ts';
import type { Json } from '../../../base/json.ts';
import { shortText } from '../../../base/short-text.ts';
import type { HardwareSpec } from '../engine-config.ts';
import type { ClusterSettings } from './cluster-settings.ts';
import { findHardware } from './hardware-catalog.ts';
import { DEFAULT_DEPLOYMENTS } from './model-catalog.ts';

/** Key of a strategy's configuration: whose defaults hold for engine settings that it does not name. */
export const ENGINE_DEFAULTS_KEY = 'engine_defaults';

export type EngineDefaults = 'blis' | 'vllm';

export function parseEngineDefaults(value: Json): EngineDefaults {
  if (value === 'blis' || value === 'vllm') return value;
  throw new InputError(`must be blis or vllm, got ${shortText(value)}`, { path: [ENGINE_DEFAULTS_KEY] });
}

/** Limits of a batch that a request leaves open; none under the reference's defaults. */
export function batchLimits(
  request: {
    readonly engineDefaults?: EngineDefaults;
    readonly hardware: Readonly<Record<string, HardwareSpec>> | null;
  },
  given: Partial<ClusterSettings>,
): Partial<ClusterSettings> {
  if (request.engineDefaults !== 'vllm') return {};
  const model = given.model?.toLowerCase();
  const gpu = given.hardware ?? DEFAULT_DEPLOYMENTS.find((row) => row.model === model)?.hardware;
  return gpu === undefined ? {} : vllmDefaults(findHardware(gpu, request.hardware));
}

/** The release that the defaults are of. */
export const VLLM_RELEASE = '0.28';

const LARGE_GIB = 70;
const HUGE_GIB = 160;

/**
 * Batch limits of vLLM's API server where neither is given, by GPU: 1,024 sequences from 70 GiB of memory on, A100
 * apart, which lost throughput with large budgets.
 * @see `get_batch_defaults` in vllm/engine/arg_utils.py, v0.28
 */
export function vllmDefaults({
  name,
  memoryGiB,
}: HardwareSpec): Pick<ClusterSettings, 'max_num_seqs' | 'max_num_batched_tokens'> {
  const large = memoryGiB >= LARGE_GIB && !name.toLowerCase().includes('a100');
  if (!large) return { max_num_seqs: 256, max_num_batched_tokens: 2048 };
  return { max_num_seqs: 1024, max_num_batched_tokens: memoryGiB >= HUGE_GIB ? 16_384 : 8192 };
}
