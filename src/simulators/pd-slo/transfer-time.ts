import type { Millis } from '../../base/units.ts';
import type { PdSloConfig } from './config-schema.ts';

/** How long the KV cache of a prompt takes from its prefill pod to its decode pod. */
export function transferTime(transfer: PdSloConfig['transfer'], inputTokens: number): Millis {
  if (transfer.kind === 'fixed') return transfer.ms;
  const bytes = inputTokens * transfer.kv_bytes_per_token;
  return (bytes / ((transfer.gbit_per_s * 1e9) / 8)) * 1000 + transfer.rtt_ms;
}
