import { InputError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { type ExportTarget, exportTarget } from '../../connect/deploy/export-target.ts';
import { ROUTER_VERSIONS } from '../../connect/epp/catalogue.ts';
import { cubeDimension, decode } from '../../optimizer/space/encode.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { instantiate } from '../../study/plan/template.ts';

/** Points that are tried besides those at the ends of single parameters. */
const DRAWN_POINTS = 64;

/**
 * Says which points of a study's space cannot be written for the targets that it names, one line for each reason; none
 * where all points that were tried can be.
 */
export function deployWarnings(plan: StudyPlan): readonly string[] {
  const targets = plan.deployTo ?? [];
  if (targets.length === 0) return [];
  if (plan.simulator !== 'cluster') {
    return targets.map((target) => `deploy_to ${target}: points of simulator ${plan.simulator} are no deployments`);
  }
  const points = triedPoints(plan);
  return targets.flatMap((target) => {
    const reasons = new Map<string, number>();
    for (const values of points) {
      for (const reason of leftOut(plan, values, target as ExportTarget)) {
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    return [...reasons].map(
      ([reason, count]) => `deploy_to ${target} cannot express ${reason} (${count} of ${points.length} points tried)`,
    );
  });
}

/** What a target cannot express of a point; nothing of one that could not run either. */
function leftOut(plan: StudyPlan, values: ParameterValues, target: ExportTarget): ReadonlySet<string> {
  const config = instantiate(plan.template, plan.space, values);
  try {
    const exported = exportTarget(target, {
      strategy: { simulator: plan.simulator, policies: plan.policies, config },
      routerVersion: ROUTER_VERSIONS[0]!,
      provenance: [],
      workload: null,
      seeds: plan.seeds,
      point: {},
    });
    return new Set(exported.leftOut.map(withoutNumbers));
  } catch (error) {
    if (error instanceof InputError) return new Set();
    throw error;
  }
}

/** Reasons that differ in a number alone are one. */
function withoutNumbers(reason: string): string {
  return reason.replace(/ \(weight [^)]*\)/, '').replace(/ \d[\d.e+-]*(?=[ :]|$)/g, '');
}

/** The baseline, the ends of each parameter from there, and points all over the space; the same ones every time. */
function triedPoints({ space, baseline }: StudyPlan): readonly ParameterValues[] {
  const dimension = cubeDimension(space);
  const rng = stream(1, 'deployable');
  const cube = (value: (i: number) => number): Float64Array =>
    Float64Array.from({ length: dimension }, (_, i) => value(i));
  const ends = Array.from({ length: dimension }, (_, axis) =>
    [0, 1].map((end) =>
      decode(
        space,
        cube((i) => (i === axis ? end : 0.5)),
      ),
    ),
  ).flat();
  const drawn = Array.from({ length: DRAWN_POINTS }, () =>
    decode(
      space,
      cube(() => rng.uniform()),
    ),
  );
  return [...(baseline === null ? [] : [baseline]), ...ends, ...drawn];
}
