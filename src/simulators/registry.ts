import { unknownName } from '../base/errors.ts';
import type { Simulator, SimulatorFactory } from './simulator.ts';

/** Backends by name; each is loaded when it is asked for, since threads of workers start often and need one. */
const BACKENDS: Readonly<Record<string, () => Promise<SimulatorFactory>>> = {
  'cloud-edge': async () => (await import('./cloud-edge/simulator.ts')).createCloudEdge,
  cluster: async () => (await import('./cluster/cluster-simulator.ts')).createClusterSimulator,
  'gpu-jobs': async () => (await import('./gpu-jobs/simulator.ts')).createGpuJobsSimulator,
  kvsched: async () => (await import('./kvsched/simulator.ts')).createKvschedSimulator,
  'pd-slo': async () => (await import('./pd-slo/simulator.ts')).createPdSloSimulator,
};

export function simulatorNames(): readonly string[] {
  return Object.keys(BACKENDS).sort();
}

/** @throws InputError naming the known backends */
export async function createSimulator(name: string): Promise<Simulator> {
  const load = Object.hasOwn(BACKENDS, name) ? BACKENDS[name] : undefined;
  if (load === undefined) throw unknownName('simulator', name, simulatorNames(), { path: ['simulator'] });
  return (await load())();
}
