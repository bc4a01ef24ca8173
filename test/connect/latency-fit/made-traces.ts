import { stream } from '../../../src/base/random.ts';
import { observations } from '../../../src/connect/latency-fit/observations.ts';
import { latencySimulation } from '../../../src/connect/latency-fit/simulated-latencies.ts';
import { EMPTY_BUNDLE } from '../../../src/simulators/cluster/settings/policy-bundle.ts';
import { type ClusterConfig, resolveCluster } from '../../../src/simulators/cluster/settings/resolve-cluster.ts';
import { parseTraceFields } from '../../../src/simulators/workload/trace-csv.ts';
import type { TraceRow } from '../../../src/simulators/workload/trace-row.ts';

export const WHOLE = { holdOut: 0, seed: 1, rttUs: 0, warmUp: 0 };

export interface MadeTrace {
  readonly alpha: readonly number[];
  readonly beta: readonly number[];
  readonly requests: number;
  readonly perSecond: number;
  /** Standard deviation of every measured duration, as a share of it. */
  readonly noise: number;
  readonly seed: number;
  readonly evenly?: true;
}

/** One server with alpha and beta. */
export function oneServer(settings: Readonly<Record<string, unknown>> = {}): ClusterConfig {
  const cluster = resolveCluster({
    settings: {
      model: 'meta-llama/llama-3.1-8b-instruct',
      hardware: 'H100',
      tp: 1,
      latency_model: 'blackbox',
      alpha_coeffs: [0, 0, 0],
      beta_coeffs: [1, 0, 0],
      total_kv_blocks: 1_000_000,
      ...settings,
    },
    bundle: EMPTY_BUNDLE,
    modelConfig: null,
    hardware: null,
    offload: null,
    defaults: null,
  });
  if (cluster.kind === 'infeasible') throw new Error(cluster.reason);
  return cluster.config;
}

/** Arrivals at one server, by chance or evenly, even lengths of prompts and answers, and what a client measures with some error. */
export function madeTrace({ alpha, beta, requests, perSecond, noise, seed, evenly }: MadeTrace): readonly TraceRow[] {
  const random = stream(seed, 'made trace');
  let us = 0;
  const rows = Array.from({ length: requests }, (_, index): TraceRow => {
    us += Math.round(((evenly ? 1 : -Math.log(1 - random.uniform())) / perSecond) * 1e6);
    const at = String(us);
    const row = parseTraceFields({
      request_id: String(index),
      client_id: '',
      round_index: '0',
      input_tokens: String(50 + Math.floor(900 * random.uniform())),
      output_tokens: String(12 + Math.floor(230 * random.uniform())),
      arrival_time_us: at,
    });
    return { ...row, sendTimeUs: us, firstChunkTimeUs: us + 1, lastChunkTimeUs: us + 2, status: 'ok' };
  });
  const simulate = latencySimulation(observations(rows, WHOLE), oneServer(), { stepUs: 0, label: '' });
  const { ttftUs, decodeUs } = simulate({ kind: 'blackbox', alpha, beta });
  const measured = (value: number): number =>
    Math.round(value * (1 + noise * Math.sqrt(3) * (2 * random.uniform() - 1)));
  return rows.map((row, i) => {
    const firstChunkTimeUs = row.sendTimeUs + measured(ttftUs[i]!);
    return { ...row, firstChunkTimeUs, lastChunkTimeUs: firstChunkTimeUs + measured(decodeUs[i]!) };
  });
}
