import { unknownName } from '../base/errors.ts';
import { createCloudEdge } from './cloud-edge/simulator.ts';
import { createClusterSimulator } from './cluster/cluster-simulator.ts';
import { createGpuJobsSimulator } from './gpu-jobs/simulator.ts';
import { createKvschedSimulator } from './kvsched/simulator.ts';
import { createPdSloSimulator } from './pd-slo/simulator.ts';
import type { Simulator, SimulatorFactory } from './simulator.ts';

/** Backends by name. */
const BACKENDS: Readonly<Record<string, SimulatorFactory>> = {
  'cloud-edge': createCloudEdge,
  cluster: createClusterSimulator,
  'gpu-jobs': createGpuJobsSimulator,
  kvsched: createKvschedSimulator,
  'pd-slo': createPdSloSimulator,
};

export function simulatorNames(): readonly string[] {
  return Object.keys(BACKENDS).sort();
}

/** @throws InputError naming the known backends */
export async function createSimulator(name: string): Promise<Simulator> {
  const factory = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (factory === undefined) throw unknownName('simulator', name, simulatorNames(), { path: ['simulator'] });
  return factory();
}
