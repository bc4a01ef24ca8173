import type { MetricSpec } from '../simulator.ts';
import { quantile } from './quantile.ts';
import type { RunRecord } from './simulate.ts';

const QUANTILES = [
  ['p50', 0.5],
  ['p95', 0.95],
  ['p99', 0.99],
] as const;

export const SUMMARY_KEYS = [
  'p50_ms',
  'p95_ms',
  'p99_ms',
  'p50_prefill_ms',
  'p95_prefill_ms',
  'p99_prefill_ms',
  'p50_decode_ms',
  'p95_decode_ms',
  'p99_decode_ms',
  'kv_migrations',
  'kv_migration_bytes',
] as const;

/** Latency quantiles in ms, and what was migrated. */
export type Summary = Readonly<Record<(typeof SUMMARY_KEYS)[number], number>>;

export const METRICS: readonly MetricSpec[] = SUMMARY_KEYS.map((name) => ({
  name,
  unit: name === 'kv_migrations' ? '1' : name === 'kv_migration_bytes' ? 'bytes' : 'ms',
  better: 'lower',
  description: describe(name),
}));

export function summarize(record: RunRecord): Summary {
  const summary: Record<string, number> = {};
  const stages = [
    ['', record.totalMs],
    ['prefill_', record.prefillMs],
    ['decode_', record.decodeMs],
  ] as const;
  for (const [stage, samples] of stages) {
    const sorted = Float64Array.from(samples).sort();
    for (const [label, q] of QUANTILES) summary[`${label}_${stage}ms`] = quantile(sorted, q);
  }
  summary['kv_migrations'] = record.migrations;
  summary['kv_migration_bytes'] = record.migrationBytes;
  return summary as Summary;
}

function describe(name: string): string {
  if (name === 'kv_migrations') return 'requests whose KV cache moved to another node';
  if (name === 'kv_migration_bytes') return 'KV cache moved between nodes';
  const [, percent, stage] = name.match(/^p(\d+)_(?:(prefill|decode)_)?ms$/)!;
  return `${percent}th percentile of the ${stage ?? 'total'} latency`;
}
