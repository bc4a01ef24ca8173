import type { DisaggregationConfig } from '../engine-config.ts';

/** Roles of the instances, by index: prefill first, then decode, shared, encode; the rest stay unused. */
export interface Pools {
  /** Instances that run prefill sub-requests: the prefill pool, then the shared one. Ascending. */
  readonly prefill: Int32Array;
  readonly decode: Int32Array;
  readonly encode: Int32Array;
}

export function divideIntoPools(config: DisaggregationConfig): Pools {
  const decodeStart = config.prefill;
  const sharedStart = decodeStart + config.decode;
  const encodeStart = sharedStart + config.shared;
  const shared = range(sharedStart, encodeStart);
  return {
    prefill: Int32Array.from([...range(0, decodeStart), ...shared]),
    decode: Int32Array.from([...range(decodeStart, sharedStart), ...shared]),
    encode: Int32Array.from(range(encodeStart, encodeStart + config.encode)),
  };
}

/**
 * Whether a request is prefilled elsewhere than on its decode instance.
 * @param cachedBlocks - consecutive prompt blocks that the decode instance already holds
 */
export function disaggregates(
  config: DisaggregationConfig,
  inputTokens: number,
  cachedBlocks: number,
  blockSize: number,
): boolean {
  switch (config.decider) {
    case 'never':
      return false;
    case 'always':
      return true;
    case 'prefix-threshold':
      return (
        inputTokens > 0 &&
        inputTokens >= (config.promptTokens ?? 0) &&
        inputTokens - cachedBlocks * blockSize > config.prefixThreshold
      );
    default:
      return config.decider satisfies never;
  }
}

/**
 * Time to move a prompt's KV blocks from prefill to decode, µs; fixed when the transfer starts.
 * @param active - transfers under way, this one included; they share the link when contention is on
 */
export function transferDurationUs(
  config: DisaggregationConfig,
  inputTokens: number,
  blockSize: number,
  active: number,
): number {
  const bytes = Math.ceil(inputTokens / blockSize) * (blockSize * config.kvBytesPerToken);
  const base = config.transferBaseMs * 1000;
  let bandwidth = config.transferBandwidth * 1000;
  if (config.contention && active > 1) bandwidth /= active;
  return bandwidth === 0 ? Math.ceil(base) : Math.max(1, Math.ceil(base + bytes / bandwidth));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
