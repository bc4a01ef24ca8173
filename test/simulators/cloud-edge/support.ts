import type { Json } from '../../../src/base/json.ts';
import { stream } from '../../../src/base/random.ts';
import type { ArrivalSource } from '../../../src/simulators/cloud-edge/arrivals.ts';
import { tracedArrivals } from '../../../src/simulators/cloud-edge/arrivals.ts';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import type { CloudEdgeConfig } from '../../../src/simulators/cloud-edge/config-schema.ts';
import { type Features, toFeatures } from '../../../src/simulators/cloud-edge/features.ts';
import { createScheduler } from '../../../src/simulators/cloud-edge/scheduler-table.ts';
import { type RunRecord, simulate } from '../../../src/simulators/cloud-edge/simulate.ts';

export function vector(...values: readonly number[]): Features {
  return toFeatures(Float32Array.from(values));
}

export type Overrides = Readonly<Record<string, Json>>;

/** Runs a listed sequence of arrivals to its end. */
export function runTrace(overrides: Overrides, seed = 1): { config: CloudEdgeConfig; record: RunRecord } {
  const config = parseConfig({ ...overrides });
  const arrivals = tracedArrivals(config);
  const scheduler = createScheduler(config, arrivals.dimension, seed);
  const options = { duration: config.simulation_duration, recordDecisions: true };
  return { config, record: simulate(config, arrivals, scheduler, options) };
}

/** Completion minus arrival by request id. */
export function jctById({ completed }: RunRecord): readonly number[] {
  const out: number[] = [];
  for (const { id, arrivedAt, completedAt } of completed) out[id] = completedAt - arrivedAt;
  return out;
}

export function sidesById({ completed }: RunRecord): string {
  const out: string[] = [];
  for (const { id, side } of completed) out[id] = side === 'edge' ? 'E' : 'C';
  return out.join('');
}

/** Poisson arrivals with times from `draw`; features carry nothing. */
export function poisson(rate: number, seed: number, draw: (uniform: () => number) => number): ArrivalSource {
  const rng = stream(seed, 'test', 'arrivals');
  const features = vector(1);
  let time = 0;
  return {
    dimension: 1,
    next: () => {
      time += rng.exponential() / rate;
      return { time, baseTime: draw(() => rng.uniform()), features };
    },
  };
}
