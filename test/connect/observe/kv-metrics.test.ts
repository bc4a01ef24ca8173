import { describe, expect, it } from 'vitest';
import { hitRate, hitRateBlock, parseCounters } from '../../../src/connect/observe/kv-metrics.ts';

const counters = (values: Record<string, number>) => new Map(Object.entries(values));

describe('counters of a Prometheus page', () => {
  it('are summed over labels, without comments and the _total of their names', () => {
    const text = [
      '# HELP vllm:prefix_cache_hits_total Cached tokens',
      'vllm:prefix_cache_hits_total{engine="0",model_name="a b"} 1.5e3',
      'vllm:prefix_cache_hits_total{engine="1"} 500 1795953438483',
      'up 1',
      'no number',
      '',
    ].join('\n');
    expect([...parseCounters(text)]).toEqual([
      ['vllm:prefix_cache_hits', 2000],
      ['up', 1],
    ]);
  });
});

describe('the hit rate between two readings', () => {
  it('is that of vLLM’s counters of today, with what a connector had', () => {
    const before = counters({ 'vllm:prefix_cache_hits': 10, 'vllm:prefix_cache_queries': 100 });
    const after = counters({
      ...{ 'vllm:prefix_cache_hits': 40, 'vllm:prefix_cache_queries': 200 },
      ...{ 'vllm:external_prefix_cache_hits': 20, 'vllm:external_prefix_cache_queries': 70 },
    });
    expect(hitRate(before, after, 'today')).toEqual({
      source: 'prefix-cache+external',
      rate: 0.5,
      hits: 50,
      queries: 100,
    });
    expect(hitRate(before, after, 'reference')).toBeNull();
  });

  it('is that of the tiers first, and of the old names last', () => {
    const old = { 'vllm:gpu_prefix_cache_hits': 1, 'vllm:gpu_prefix_cache_queries': 4 };
    const tiers = { 'vllm:kv_offload_tiering_block_hits': 3, 'vllm:kv_offload_tiering_block_queries': 4 };
    for (const names of ['today', 'reference'] as const) {
      expect(hitRate(new Map(), counters({ ...old, ...tiers }), names)?.source).toBe('tiered');
      expect(hitRate(new Map(), counters(old), names)).toMatchObject({
        source: 'gpu-prefix-cache-fallback',
        rate: 0.25,
      });
      expect(hitRate(new Map(), counters({ 'vllm:gpu_prefix_cache_hit_rate': 0.7 }), names)?.rate).toBe(0.7);
    }
  });

  it('is not known where nothing was looked up', () => {
    const idle = counters({ 'vllm:prefix_cache_hits': 10, 'vllm:prefix_cache_queries': 100 });
    expect(hitRate(idle, idle, 'today')).toBeNull();
  });

  it('goes into the header with the commit of the server', () => {
    const block = hitRateBlock({ source: 'tiered', rate: 0.75, hits: 3, queries: 4 }, 'abc');
    expect(block).toEqual({ source: 'tiered', hit_rate: 0.75, block_hits: 3, block_queries: 4, vllm_commit: 'abc' });
  });
});
