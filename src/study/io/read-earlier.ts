import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { canonicalText, type Json, type JsonObject } from '../../base/json.ts';
import { shortKey } from '../../base/short-text.ts';
import { parseYaml, type YamlSource } from '../../document/yaml.ts';
import { meanMetrics } from '../objective.ts';
import type { EarlierPoint } from '../plan/earlier-point.ts';
import type { PlanSource } from '../plan/plan-sources.ts';
import type { StudySpec } from '../plan/study-spec.ts';
import { readJournal } from './journal-file.ts';
import { PLAN_FILE, readPlanFile } from './plan-file.ts';
import { shownSource } from './shown-source.ts';

/** The study that names earlier runs. */
interface WarmStudy {
  readonly spec: StudySpec;
  readonly workload: PlanSource | null;
}

/**
 * Measured points of earlier runs as one document, so that the plan holds them word for word. Metrics are means over the
 * seeds that both have: equal seeds meet equal requests. Without any there are none, and the point is not used.
 */
export function readEarlier(study: YamlSource, folder: string, { spec, workload }: WarmStudy): PlanSource {
  const points = (spec.warm_start ?? []).flatMap((run, index) => {
    const path = ['warm_start', index];
    const place = { path, position: study.locate(path) };
    if (!existsSync(join(folder, run, PLAN_FILE))) {
      throw new InputError(`no run was recorded in ${shortKey(run)}`, place);
    }
    const own = pointsOf(join(folder, run), run, spec.seeds);
    if (own.length === 0) throw new InputError(`no trial was measured in ${shortKey(run)}`, place);
    const other = workloadText(study, workload) === recordedWorkload(join(folder, run)) ? {} : { otherWorkload: true };
    return own.map((point) => ({ ...point, ...other }));
  });
  return shownSource(parseYaml(JSON.stringify(points), join(folder, 'earlier.json')));
}

function pointsOf(folder: string, run: string, seeds: readonly number[]): readonly EarlierPoint[] {
  return readJournal(folder).state.trials.flatMap(({ values, outcome }) => {
    if (outcome?.kind !== 'observed') return [];
    const common = outcome.replicates.filter(({ seed }) => seeds.includes(seed));
    const measuredOn = outcome.replicates.map(({ seed }) => seed);
    return [{ run, seeds: common.map(({ seed }) => seed), measuredOn, values, metrics: meanMetrics(common) }];
  });
}

function recordedWorkload(folder: string): string {
  const { study, workload } = readPlanFile(folder);
  return workloadText(study, workload);
}

/** What decides the requests of a study, as text. */
function workloadText({ value }: Pick<PlanSource, 'value'>, workload: PlanSource | null): string {
  const study = value as JsonObject;
  const keys = ['workload_overrides', 'workloads', 'vary', ...(workload === null ? ['workload'] : [])];
  return canonicalText([workload?.text ?? null, ...keys.map((key): Json => study[key] ?? null)]);
}
