import type { Json, JsonObject } from '../base/json.ts';
import { createClusterSimulator } from '../simulators/cluster/cluster-simulator.ts';
import type { ClusterPolicy } from '../simulators/cluster/policy/policy-modules.ts';
import type { SettingKey } from '../simulators/cluster/settings/cluster-settings.ts';
import type { SimulationResult } from '../simulators/simulator.ts';
import type { WorkloadDocument } from './read-workload.ts';

/**
 * A cluster as a strategy file describes it: settings by name, sections (`admission`, `routing`, `preemption`, …) and
 * inline documents.
 */
export type ClusterConfig = { readonly [Key in SettingKey | ClusterSection]?: Json };

type ClusterSection =
  | 'admission'
  | 'hardware_config'
  | 'kv_offload'
  | 'model_config'
  | 'policy'
  | 'preemption'
  | 'priority'
  | 'routing'
  | 'tenant_budgets';

export interface ClusterSimulation {
  readonly config: ClusterConfig;
  readonly workload: WorkloadDocument;
  /** Drives every random stream: equal seeds meet equal requests, whatever the configuration. */
  readonly seed: number;
  /** Share of the workload to simulate, in (0, 1]. Default 1. */
  readonly fidelity?: number;
  /** Own policies; they get `config.policy` as their settings. */
  readonly policies?: readonly ClusterPolicy[];
}

/**
 * Simulates a cluster of inference engines once. The same input gives the same result, to the bit.
 *
 * @example
 * ```ts
 * const result = simulateCluster({
 *   config: { model: 'qwen/qwen3-14b', hardware: 'H100', tp: 1, num_instances: 4, routing_policy: 'least-loaded' },
 *   workload: readWorkload('workload.yaml'),
 *   seed: 42,
 * });
 * if (result.kind === 'measured') console.log(result.metrics.ttft_p99_ms);
 * ```
 * @returns metrics by name with diagnostics, or why the configuration cannot run
 * @throws InputError for a mistake in the configuration or the workload
 */
export function simulateCluster({
  seed,
  fidelity = 1,
  policies = [],
  config,
  workload,
}: ClusterSimulation): SimulationResult {
  const prepared = createClusterSimulator().prepare({
    config: config as JsonObject,
    workload,
    policies: policies.map((create, index) => ({ file: `policies[${index}]`, create })),
  });
  return prepared.run({ seed, fidelity });
}
