import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { Backend } from '../../simulators/simulator.ts';
import type { StudySpec } from './study-spec.ts';

/** Racing over seeds, as resolved. */
export interface Racing {
  /** Seeds that every trial is measured on; the rest come one by one. */
  readonly firstSeeds: number;
  /** Greatest estimated chance that a stopped trial belonged on the front. */
  readonly risk: number;
  /** Complete trials before the first trial may be stopped. */
  readonly after: number;
}

/** Screening on a short horizon, as resolved. */
export interface Screening {
  /** Share of the workload, in (0, 1). */
  readonly fraction: number;
  /** How many of the study's seeds, from the first. */
  readonly seeds: number;
  /** Least rank correlation between short and long results for every objective. */
  readonly correlation: number;
  readonly risk: number;
  /** Trials with both results before the first may be stopped. */
  readonly after: number;
}

/** Racing as a study file says it, with defaults. */
function resolveRacing(block: NonNullable<StudySpec['racing']>): Racing {
  return { firstSeeds: block.first_seeds ?? 1, risk: block.risk ?? 0.01, after: block.after ?? 4 };
}

/**
 * Screening as a study file says it, with defaults.
 * @throws InputError when a number of requests cannot be read as a share of the workload
 */
function resolveScreening(block: NonNullable<StudySpec['screening']>, workload: Json, regimeCount: number): Screening {
  return {
    fraction: block.fraction ?? fractionOf(block.requests!, workload, regimeCount),
    seeds: block.seeds ?? 1,
    correlation: block.correlation ?? 0.5,
    risk: block.risk ?? 0.01,
    after: block.after ?? 8,
  };
}

/** Backends round the number of requests up or to the nearest: a quarter less than N of them gives N. */
function fractionOf(requests: number, workload: Json, regimeCount: number): number {
  const path = ['screening', 'requests'];
  const total = isJsonObject(workload) ? Number(workload['num_requests']) : Number.NaN;
  if (regimeCount > 0 || !(total > 0)) {
    const why = regimeCount > 0 ? 'the study has several workloads' : 'the workload has no `num_requests`';
    throw new InputError(`cannot be read as a share: ${why}`, { path, suggestion: 'say `fraction: 0.2` instead' });
  }
  if (requests < total) return (requests - 0.25) / total;
  throw new InputError(`must be < ${total}, the requests of the workload, got ${requests}`, { path });
}

/** The savers of a study as the end of one line; empty without any. */
export function describeSavers(plan: { readonly racing?: Racing; readonly screening?: Screening }): string {
  const parts: string[] = [];
  if (plan.screening !== undefined) {
    const { fraction, seeds, risk, correlation, after } = plan.screening;
    const share = `${Number((100 * fraction).toPrecision(3))} % of the workload`;
    parts.push(
      `screening on ${share} (${seeds} seed${seeds === 1 ? '' : 's'}, risk ${risk}, correlation ${correlation}, after ${after} pairs)`,
    );
  }
  if (plan.racing !== undefined) {
    const { firstSeeds, risk, after } = plan.racing;
    parts.push(`racing over seeds (first ${firstSeeds}, risk ${risk}, after ${after} complete trials)`);
  }
  return parts.map((part) => `, ${part}`).join('');
}

/** Racing and screening as the study asks for them. @throws InputError where the backend has no short horizons */
export function resolveSavers(
  spec: StudySpec,
  simulator: Backend,
  workload: Json,
): { readonly racing?: Racing; readonly screening?: Screening } {
  return {
    ...(spec.racing === undefined ? {} : { racing: resolveRacing(spec.racing) }),
    ...(spec.screening === undefined ? {} : { screening: screeningOf(spec, simulator, workload) }),
  };
}

function screeningOf(spec: StudySpec, simulator: Backend, workload: Json): Screening {
  if (simulator.shortHorizons === false) {
    throw new InputError(`simulator ${shortText(simulator.name)} has no short horizons`, {
      path: ['screening'],
      suggestion: 'remove `screening`; `racing` works with every simulator',
    });
  }
  return resolveScreening(spec.screening!, workload, spec.workloads?.length ?? Object.keys(spec.vary ?? {}).length);
}
