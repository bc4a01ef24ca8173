import { power } from '../../numeric/power.ts';
import type { CloudEdgeConfig } from './config-schema.ts';

/** Mean of the largest of `size` independent draws from the sample. @param sorted - ascending */
export function expectedMaximum(sorted: ArrayLike<number>, size: number): number {
  const n = sorted.length;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += sorted[i]! * (power((i + 1) / n, size) - power(i / n, size));
  return sum;
}

/**
 * Requests per second that both nodes can serve when kept busy: full edge batches in arrival order plus cloud slots.
 * @param seconds - edge times of the dataset
 */
export function capacity(seconds: Iterable<number>, config: CloudEdgeConfig): number {
  const sorted = Float64Array.from(seconds).sort();
  const mean = expectedMaximum(sorted, 1);
  const { edge_concurrency, edge_batch_capacity_k: batch, cloud_concurrency } = config;
  const stay =
    config.mode === 'continuous'
      ? mean * (1 + config.edge_slowdown * (edge_concurrency * batch - 1))
      : expectedMaximum(sorted, batch);
  const cloudTime = config.cloud_time_multiplier * mean + config.network_rtt;
  return (edge_concurrency * batch) / stay + cloud_concurrency / cloudTime;
}
