import { InputError, within } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { integer64 } from '../../document/form-values.ts';
import { parseWorkload } from './parse-workload.ts';
import type { ChunkFiles } from './servegen/chunk.ts';
import { type ServegenCohorts, type ServegenOptions, servegenCohorts } from './servegen/servegen-cohorts.ts';
import { SERVEGEN_KEY, type ServegenSection } from './servegen-section.ts';

const OTHER_SOURCES = ['clients', 'inference_perf'];

/**
 * A workload document with cohorts in place of its section `servegen_data`. Their rates are their own, so that there is no
 * total rate.
 * @param seed - in place of the document's: decides which chunk gets which class
 * @throws InputError whose path starts at the document
 */
export function expandServegen(
  document: JsonObject,
  {
    section,
    files,
    seed,
  }: { readonly section: ServegenSection; readonly files: readonly ChunkFiles[]; readonly seed: bigint | null },
): { readonly document: JsonObject; readonly notes: readonly string[] } {
  const ownSeed = within(['seed'], () => integer64({}).read(document['seed'] ?? 0));
  return within([SERVEGEN_KEY], () => {
    const other = OTHER_SOURCES.find((key) => !isEmpty(document[key]));
    if (other !== undefined) {
      throw new InputError(`cannot be combined with ${other}`, { suggestion: 'remove one of the two' });
    }
    const { [SERVEGEN_KEY]: _, ...rest } = document;
    const converted = checkedCohorts(files, { ...section, seed: seed ?? ownSeed });
    const own = Array.isArray(document['cohorts']) ? (document['cohorts'] as readonly Json[]) : [];
    return {
      document: {
        ...rest,
        ...(converted.category === '' ? {} : { category: converted.category }),
        cohorts: [...own, ...converted.cohorts],
        aggregate_rate: 0,
      },
      notes: [
        ...section.notes,
        ...(Number(document['aggregate_rate'] ?? 0) === 0
          ? []
          : [`aggregate_rate has no effect beside ${SERVEGEN_KEY}: its cohorts have rates of their own`]),
        ...converted.notes,
      ],
    };
  });
}

function isEmpty(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

/**
 * Cohorts from chunks of ServeGen, in a workload that could run.
 * @throws InputError as `servegenCohorts`, and for cohorts without a law of arrivals
 */
export function checkedCohorts(files: readonly ChunkFiles[], options: ServegenOptions): ServegenCohorts {
  const converted = servegenCohorts(files, options);
  checkCohorts(converted.cohorts);
  return converted;
}

/** @throws InputError with the first problem alone, and the cohort that has it */
function checkCohorts(cohorts: readonly JsonObject[]): void {
  try {
    parseWorkload({ version: '2', cohorts, aggregate_rate: 0 });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [{ message, path }] = error.problems() as [InputError];
    const cohort = path[0] === 'cohorts' ? cohorts[Number(path[1])] : undefined;
    if (cohort === undefined) throw error;
    const cause =
      path[2] === 'arrival' ? ': none of its chunks has rows with pattern, shape and scale at that time' : '';
    throw new InputError(message, { path, suggestion: `this is cohort ${shortText(cohort['id'])}${cause}` });
  }
}
