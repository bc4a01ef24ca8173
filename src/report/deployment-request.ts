import { isJsonObject, type Json, type JsonObject, textHash } from '../base/json.ts';
import type { ExportRequest } from '../connect/deploy/export-target.ts';
import { formatYaml } from '../document/yaml.ts';
import { meanInterval } from '../numeric/statistics.ts';
import type { ParameterValues } from '../optimizer/space/parameter.ts';
import { metricValues } from '../study/objective.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import { instantiate } from '../study/plan/template.ts';
import type { Trial } from '../study/trial.ts';
import { formatNumber } from './format.ts';

export interface NamedPoint {
  readonly name: string;
  readonly values: ParameterValues;
  /** null where it was not measured. */
  readonly trial: Trial | null;
}

/** A point of a run, ready to be written for other programs. */
export function deploymentRequest(
  plan: StudyPlan,
  point: NamedPoint,
  { routerVersion, tool }: { readonly routerVersion: string; readonly tool: string },
): ExportRequest {
  const config = instantiate(plan.template, plan.space, point.values);
  return {
    strategy: { simulator: plan.simulator, policies: plan.policies, config },
    routerVersion,
    provenance: provenance(plan, point, config, tool),
    workload: plan.workload,
    seeds: plan.seeds,
    point: { study: plan.name, plan: plan.hash, point: point.name, values: point.values as unknown as JsonObject },
  };
}

/** Where the point comes from, one line each. */
function provenance(plan: StudyPlan, { name, trial }: NamedPoint, config: Json, tool: string): readonly string[] {
  const replicates = trial?.outcome?.kind === 'observed' ? trial.outcome.replicates : [];
  const figures = plan.objectives.map(({ metric, direction }) => {
    const values = metricValues(replicates, metric);
    if (values.length === 0) return `objective: ${direction} ${metric}, not measured`;
    const { value, low, high } = meanInterval(values);
    const interval = low === null || high === null ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`;
    return `objective: ${direction} ${metric}, ${formatNumber(value)}${interval}`;
  });
  const seeds = replicates.map(({ seed }) => seed).join(', ');
  return [
    `paretune ${tool}, study ${plan.name}, ${name}`,
    `plan ${plan.hash}`,
    `workload ${textHash(formatYaml(plan.workload))}`,
    ...cluster(config),
    ...figures,
    ...(seeds === '' ? [] : [`means over seeds ${seeds}, with 95 % intervals; simulated, not measured on a cluster`]),
  ];
}

function cluster(config: Json): readonly string[] {
  if (!isJsonObject(config) || typeof config['model'] !== 'string') return [];
  const { model, hardware, tp, num_instances: instances } = config;
  const on = typeof hardware === 'string' ? ` on ${hardware}` : '';
  return [`model ${model}${on}, TP ${String(tp ?? 'of the model')}, ${String(instances ?? 1)} instances`];
}
