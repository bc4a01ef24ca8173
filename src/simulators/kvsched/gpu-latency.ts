import type { Scenario } from './scenario.ts';

/** Time per token, in ms. */
const MS_PER_TOKEN: Readonly<Record<string, number>> = {
  A100_80GB: 0.002,
  L40S_48GB: 0.0025,
  RTX6000_ADA_48GB: 0.0022,
  RTX4000_ADA_20GB: 0.003,
  RTX2000_ADA_16GB: 0.0035,
};
const REFERENCE_GPU = 'A100_80GB';

/** Slowness of each node against an A100; 1 for GPUs outside the table, and for all when the option is off. */
export function gpuFactors({ nodes, gpuLatency }: Scenario): Float64Array {
  return Float64Array.from(nodes, ({ gpu }) => {
    const perToken = gpuLatency && Object.hasOwn(MS_PER_TOKEN, gpu) ? MS_PER_TOKEN[gpu] : undefined;
    return perToken === undefined ? 1 : perToken / MS_PER_TOKEN[REFERENCE_GPU]!;
  });
}

/** One line per GPU that the table does not know. */
export function gpuWarnings({ nodes, gpuLatency }: Scenario): readonly string[] {
  if (!gpuLatency) return [];
  const unknown = [...new Set(nodes.map(({ gpu }) => gpu))].filter((gpu) => !Object.hasOwn(MS_PER_TOKEN, gpu));
  return unknown.map((gpu) => `no latency figures for GPU "${gpu}": taken to be as fast as ${REFERENCE_GPU}`);
}
