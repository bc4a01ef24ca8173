import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import type { EngineConfig, LatencyConfig } from '../../simulators/cluster/engine-config.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';
import { simulateCluster } from '../../simulators/cluster/simulate-cluster.ts';
import type { Workload } from '../../simulators/workload/follow-ups.ts';
import { recordedWorkload } from '../../simulators/workload/recorded-workload.ts';
import { type Observations, startUs } from './observations.ts';
import type { Latencies } from './schedule.ts';

/** The same requests in a simulation. */
export type SimulateLatencies = (latency: LatencyConfig) => Latencies;

const ONE_RUN = { seed: 42, horizonUs: Number.POSITIVE_INFINITY, traceDecisions: false, counterfactualK: 0 } as const;

/** More of the requests than this must be served, or the settings are not those of the server. */
const LEAST_SERVED = 0.95;

/**
 * Simulations of a trace with other latencies.
 * @param stepUs - about the length of a step: the clock of the arrivals wavers by as much, slowly, so that requests of one burst stay
 *   together. Where a request meets the step that is running is chance, and two simulations with wavers of their own know nothing
 *   of each other's; 0 = arrivals as they were
 * @param label - names the waver
 */
export function latencySimulation(
  observed: Observations,
  config: ClusterConfig,
  { stepUs, label }: { readonly stepUs: number; readonly label: string },
): SimulateLatencies {
  const waver = stepUs === 0 ? () => 0 : slowWaver(stepUs, label);
  const rows = observed.rows.map((row, place) => {
    const at = startUs(row);
    const us = Math.max(0, Math.round(at + waver(at)));
    return { ...row, requestId: place, arrivalTimeUs: us, sendTimeUs: us, deadlineUs: 0, model: '' };
  });
  const workload = recordedWorkload({ rows, mode: 'fixed', accumulate: false, rateFactor: 1 }, {});
  const places = placesOf(workload);
  return (latency) => run(config, latency, workload, places);
}

/** Steps from one random shift to the next. */
const STEPS_BETWEEN_SHIFTS = 40;

/** Shifts of up to a step either way, with straight lines between them. */
function slowWaver(stepUs: number, label: string): (atUs: number) => number {
  const spanUs = STEPS_BETWEEN_SHIFTS * stepUs;
  const shift = (knot: number): number => (2 * stream(label, knot).uniform() - 1) * stepUs;
  return (atUs) => {
    const knot = Math.floor(atUs / spanUs);
    const share = atUs / spanUs - knot;
    return (1 - share) * shift(knot) + share * shift(knot + 1);
  };
}

/** Place in the trace of each row of the table, which is in order of times. */
function placesOf({ initial }: Workload): Int32Array {
  return Int32Array.from({ length: initial.length }, (_, row) => Number(initial.id(row).slice('request_'.length)));
}

function run(config: ClusterConfig, latency: LatencyConfig, workload: Workload, places: Int32Array): Latencies {
  const engine: EngineConfig = { ...config, ...ONE_RUN, instance: { ...config.instance, latency } };
  const result = simulateCluster(engine, workload);
  const n = places.length;
  const simulated = {
    arrivalUs: new Float64Array(n),
    ttftUs: new Float64Array(n),
    decodeUs: new Float64Array(n),
  };
  let served = 0;
  for (let row = 0; row < n; row++) {
    const place = places[row]!;
    if (result.completed[row] === 1) served++;
    simulated.arrivalUs[place] = workload.initial.arrivalUs[row]!;
    simulated.ttftUs[place] = result.ttftUs[row]!;
    simulated.decodeUs[place] = result.e2eUs[row]! - result.ttftUs[row]!;
  }
  if (served < LEAST_SERVED * n) {
    throw new InputError(`${n - served} of ${n} requests of the trace are not served in the simulation`, {
      suggestion: 'are instances, total_kv_blocks, max_num_seqs and max_model_len those of the server?',
    });
  }
  return simulated;
}
