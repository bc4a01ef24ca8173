import type { JsonObject } from '../../base/json.ts';

/** Counters of a Prometheus page by name, summed over label sets, without `_total`. */
export type Counters = ReadonlyMap<string, number>;

/** The text format. Lines that are no samples are passed over. */
export function parseCounters(text: string): Counters {
  const counters = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{.*\})?\s+(\S+)/.exec(line);
    if (match === null) continue;
    const name = match[1]!.replace(/_total$/, '');
    const value = Number(match[2]!.replace(/^([+-]?)Inf$/, '$1Infinity'));
    if (!Number.isNaN(value)) counters.set(name, (counters.get(name) ?? 0) + value);
  }
  return counters;
}

export interface HitRate {
  readonly source: string;
  readonly rate: number;
  readonly hits: number;
  readonly queries: number;
}

/** Which counters are looked at. `reference`: those that the reference knows, which vLLM no longer has. */
export type CounterNames = 'today' | 'reference';

const TIERED = 'vllm:kv_offload_tiering_block';
const TODAY = 'vllm:prefix_cache';
/** Tokens that were not in the GPU's cache and were asked of a connector. */
const EXTERNAL = 'vllm:external_prefix_cache';
const OLD = 'vllm:gpu_prefix_cache';
const OLD_SOURCE = 'gpu-prefix-cache-fallback';

/** Share of looked-up content that was cached between two readings; null where no counter tells. */
export function hitRate(before: Counters, after: Counters, names: CounterNames): HitRate | null {
  const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  const share = (source: string, hits: number, queries: number): HitRate | null =>
    queries > 0 && hits >= 0 ? { source, rate: hits / queries, hits, queries } : null;
  const today = (): HitRate | null => {
    const external = grown(`${EXTERNAL}_hits`);
    const source = external > 0 ? 'prefix-cache+external' : 'prefix-cache';
    return share(source, grown(`${TODAY}_hits`) + external, grown(`${TODAY}_queries`));
  };
  const gauge = after.get(`${OLD}_hit_rate`);
  return (
    share('tiered', grown(`${TIERED}_hits`), grown(`${TIERED}_queries`)) ??
    (names === 'today' ? today() : null) ??
    share(OLD_SOURCE, grown(`${OLD}_hits`), grown(`${OLD}_queries`)) ??
    (gauge === undefined ? null : { source: OLD_SOURCE, rate: gauge, hits: 0, queries: 0 })
  );
}

/** The block of a trace header. */
export function hitRateBlock({ source, rate, hits, queries }: HitRate, vllmCommit: string): JsonObject {
  return {
    source,
    hit_rate: rate,
    ...(hits > 0 ? { block_hits: hits } : {}),
    ...(queries > 0 ? { block_queries: queries } : {}),
    ...(vllmCommit === '' ? {} : { vllm_commit: vllmCommit }),
  };
}
