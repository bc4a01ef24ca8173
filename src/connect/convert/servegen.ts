import { InputError, unknownName } from '../../base/errors.ts';
import { checkedCohorts } from '../../simulators/workload/expand-servegen.ts';
import type { ChunkFiles } from '../../simulators/workload/servegen/chunk.ts';
import { PERIODS, type Period } from '../../simulators/workload/servegen/language-cohorts.ts';
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

/** The period of the day that `--time` names; null, all of them, where it names none. */
export function periodNamed(name: string): Period | null {
  if (name === '') return null;
  const names = PERIODS.map((one) => one.name);
  const known = names.find((one) => one === name);
  if (known === undefined) throw unknownName('period', name, names, { path: ['--time'] });
  return known;
}

/** The key of a workload file is a flag of those who convert. */
export function namingTime<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof InputError) || error.path[0] !== 'time_window') throw error;
    throw new InputError(error.message, { path: ['--time'] });
  }
}
