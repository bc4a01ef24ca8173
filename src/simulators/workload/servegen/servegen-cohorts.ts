import { InputError } from '../../../base/errors.ts';
import type { JsonObject } from '../../../base/json.ts';
import { goRandom } from '../go-random.ts';
import { type ChunkFiles, readChunk } from './chunk.ts';
import { languageCohorts, type Period } from './language-cohorts.ts';
import { reasoningCohorts } from './reasoning-cohorts.ts';

export interface ServegenOptions {
  readonly windowS: number;
  readonly drainS: number;
  /** Keeps the cohorts of this period alone. */
  readonly period: Period | null;
  /** Decides with the order of the chunks which of them gets which class. */
  readonly seed: bigint;
}

export interface ServegenCohorts {
  readonly category: '' | 'reasoning';
  /** As a workload document has them, each with a rate of its own. */
  readonly cohorts: readonly JsonObject[];
  /** What a user should know of the conversion. */
  readonly notes: readonly string[];
}

/**
 * Cohorts from chunks of ServeGen.
 * @param files - in the order of their names
 * @throws InputError where files cannot be read or no chunk has traffic at the right time
 */
export function servegenCohorts(files: readonly ChunkFiles[], options: ServegenOptions): ServegenCohorts {
  const chunks = files.map(readChunk);
  const isReasoning = chunks[0]?.isReasoning === true;
  const { period, seed } = options;
  if (isReasoning && period !== null) {
    throw new InputError('has no effect on reasoning data: it has one window', { path: ['time_window'] });
  }
  const random = goRandom(seed);
  const all = isReasoning ? reasoningCohorts(chunks, random, options) : languageCohorts(chunks, random, options);
  const cohorts = period === null ? all : all.filter(({ id }) => String(id).startsWith(period));
  if (cohorts.length === 0) throw new InputError('no chunk has traffic at the times that are looked at');
  const notes = chunks.flatMap(({ skipped, strange }, i) => [
    ...counted(skipped, `${files[i]!.traceFile}: rows without start, rate, variation and pattern`, 'left out'),
    ...counted(strange, `${files[i]!.traceFile}: rows with a pattern other than Gamma and Weibull`, 'taken for none'),
  ]);
  return { category: isReasoning ? 'reasoning' : '', cohorts, notes };
}

function counted(count: number, what: string, fate: string): readonly string[] {
  return count === 0 ? [] : [`${what}: ${count}, ${fate}`];
}
