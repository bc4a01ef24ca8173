import { InputError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { goRandom } from '../../simulators/workload/go-random.ts';
import { parseWorkload } from '../../simulators/workload/parse-workload.ts';
import type { Conversion } from './conversion.ts';
import { type ChunkFiles, readChunk } from './servegen-chunk.ts';
import { languageCohorts, type Period } from './servegen-language.ts';
import { reasoningCohorts } from './servegen-reasoning.ts';

export interface ServegenOptions {
  readonly windowS: number;
  readonly drainS: number;
  /** Keeps the cohorts of this period alone. */
  readonly period: Period | null;
}

const SEED = 42;

/**
 * A workload from chunks of ServeGen. Their order and the seed decide which chunk gets which class.
 * @param files - in the order of their names
 * @throws InputError where files cannot be read or the workload could not run
 */
export function convertServegen(files: readonly ChunkFiles[], options: ServegenOptions): Conversion {
  const chunks = files.map(readChunk);
  const isReasoning = chunks[0]?.reasonRatio !== null && chunks[0] !== undefined;
  const { period } = options;
  if (isReasoning && period !== null) {
    throw new InputError('has no effect on reasoning data: it has one window', { path: ['--time'] });
  }
  const random = goRandom(SEED);
  const all = isReasoning ? reasoningCohorts(chunks, random, options) : languageCohorts(chunks, random, options);
  const cohorts = period === null ? all : all.filter(({ id }) => String(id).startsWith(period));
  if (cohorts.length === 0) throw new InputError('no chunk has traffic at the times that are looked at');
  const document = { version: '2', seed: SEED, category: '', clients: [], cohorts, aggregate_rate: 0 };
  checkCohorts(document);
  const notes = chunks.flatMap(({ skipped }, i) =>
    skipped === 0
      ? []
      : [`${files[i]!.traceFile}: rows without start, rate, variation and pattern: ${skipped}, left out`],
  );
  return { document, notes };
}

/** @throws InputError with the first problem alone, and the cohort that has it */
function checkCohorts(document: { readonly cohorts: readonly JsonObject[] }): void {
  try {
    parseWorkload(document);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [{ message, path }] = error.problems() as [InputError];
    const cohort = path[0] === 'cohorts' ? document.cohorts[Number(path[1])] : undefined;
    if (cohort === undefined) throw error;
    const cause =
      path[2] === 'arrival' ? ': none of its chunks has rows with pattern, shape and scale at that time' : '';
    throw new InputError(message, { path, suggestion: `this is cohort ${shortText(cohort['id'])}${cause}` });
  }
}
