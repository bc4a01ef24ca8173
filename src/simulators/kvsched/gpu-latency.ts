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
export function gpuFactors(scenario: Scenario): Float64Array {
  const reference = msPerToken(scenario, REFERENCE_GPU)!;
  return Float64Array.from(scenario.nodes, ({ gpu }) =>
    scenario.gpuLatency ? (msPerToken(scenario, gpu) ?? reference) / reference : 1,
  );
}

/** One line per GPU that the table does not know. */
export function gpuWarnings(scenario: Scenario): readonly string[] {
  if (!scenario.gpuLatency) return [];
  const gpus = [...new Set(scenario.nodes.map(({ gpu }) => gpu))];
  const unknown = gpus.filter((gpu) => msPerToken(scenario, gpu) === undefined);
  return unknown.map((gpu) => `no latency figures for GPU "${gpu}": taken to be as fast as ${REFERENCE_GPU}`);
}

/** As the scenario says, else as the table does. */
function msPerToken({ gpuMsPerToken }: Scenario, gpu: string): number | undefined {
  const table = Object.hasOwn(gpuMsPerToken, gpu) ? gpuMsPerToken : MS_PER_TOKEN;
  return Object.hasOwn(table, gpu) ? table[gpu] : undefined;
}
