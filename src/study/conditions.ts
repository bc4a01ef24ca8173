import { contentHash, type Json } from '../base/json.ts';
import type { StudyPlan } from './plan/study-plan.ts';
import { instantiate } from './plan/template.ts';

/** What makes a seed mean something else in another study; empty where equal vectors on equal seeds meet the same. */
export function otherConditions(a: StudyPlan, b: StudyPlan): readonly string[] {
  if (a.simulator !== b.simulator) {
    return [`other simulators: ${a.simulator} and ${b.simulator} draw nothing alike from a seed`];
  }
  const lines: string[] = [];
  if (differ(a.regimes ?? a.workload, b.regimes ?? b.workload)) {
    lines.push('other workloads: a seed stands for other requests');
  }
  if (differ(a.measurement, b.measurement)) {
    lines.push('other parts of a run are measured, or against other targets: `measure` and `slo` differ');
  }
  if (differ(a.capacity, b.capacity)) lines.push('other ranges of `capacity`');
  if (a.regimes !== undefined && a.regimes.of === undefined && differ(baselineOf(a), baselineOf(b))) {
    lines.push('figures over several workloads are ratios to the baseline, and the baselines differ');
  }
  return lines;
}

function baselineOf({ baseline, template, space }: StudyPlan): unknown {
  return baseline === null ? null : instantiate(template, space, baseline);
}

/** Whether two values of a plan are not the same text. */
export function differ(a: unknown, b: unknown): boolean {
  const hash = (value: unknown): string => contentHash(JSON.parse(JSON.stringify(value ?? null)) as Json);
  return hash(a) !== hash(b);
}
