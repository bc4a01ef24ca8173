import type { Workload } from '../workload/follow-ups.ts';
import { ClusterEngine } from './engine/cluster-engine.ts';
import { summarizeRun } from './engine/engine-summary.ts';
import { RunMemory } from './engine/run-memory.ts';
import type { EngineConfig } from './engine-config.ts';
import type { EngineResult } from './engine-result.ts';
import type { EngineHooks } from './policy/policy.ts';

/**
 * Simulates a cluster from the first arrival until nothing is left to do, or to the horizon.
 * @param hooks - makes fresh extension points for a run: one whose policies ask for more than is kept is done again
 * @param memory - of runs one after the other; results do not depend on it
 * @throws InputError for unknown scorer names; CannotProgress for configurations whose requests block each other for ever
 */
export function simulateCluster(
  config: EngineConfig,
  workload: Workload,
  hooks: () => EngineHooks = () => ({}),
  memory = new RunMemory(),
): EngineResult {
  const { books } = memory;
  try {
    const result = completed(config, workload, hooks(), memory);
    if (memory.books === books) return result;
  } catch (error) {
    if (memory.books === books) throw error;
  }
  return completed(config, workload, hooks(), memory);
}

function completed(config: EngineConfig, workload: Workload, hooks: EngineHooks, memory: RunMemory): EngineResult {
  const engine = new ClusterEngine(config, workload, hooks, memory);
  engine.run();
  const result = summarizeRun(engine);
  engine.parts.release();
  return result;
}
