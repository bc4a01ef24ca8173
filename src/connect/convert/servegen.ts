import { checkedCohorts } from '../../simulators/workload/expand-servegen.ts';
import type { ChunkFiles } from '../../simulators/workload/servegen/chunk.ts';
import type { ServegenOptions } from '../../simulators/workload/servegen/servegen-cohorts.ts';
import type { Conversion } from './conversion.ts';

const SEED = 42;

/**
 * A workload from chunks of ServeGen.
 * @param files - in the order of their names
 * @throws InputError where files cannot be read or the workload could not run
 */
export function convertServegen(files: readonly ChunkFiles[], options: Omit<ServegenOptions, 'seed'>): Conversion {
  const { category, cohorts, notes } = checkedCohorts(files, { ...options, seed: BigInt(SEED) });
  return { document: { version: '2', seed: SEED, category, clients: [], cohorts, aggregate_rate: 0 }, notes };
}
