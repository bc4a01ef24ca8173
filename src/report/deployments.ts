import { InputError } from '../base/errors.ts';
import { EXPORT_FILES, type ExportTarget, exportTarget } from '../connect/deploy/export-target.ts';
import { ROUTER_VERSIONS } from '../connect/epp/catalogue.ts';
import type { StudyPlan } from '../study/plan/study-plan.ts';
import type { Trial } from '../study/trial.ts';
import { deploymentRequest } from './deployment-request.ts';

/** What one point is written as for one target. */
export interface ReportDeployment {
  readonly trial: number;
  readonly target: ExportTarget;
  readonly file: string;
  readonly text: string;
  /** What the strategy has and the target cannot say. */
  readonly leftOut: readonly string[];
}

const SHOWN: readonly ExportTarget[] = ['epp', 'vllm', 'helm-values'];

/** Files of the points to deploy; none for a strategy that is no deployment. */
export function deployments(plan: StudyPlan, trials: readonly Trial[], tool: string): readonly ReportDeployment[] {
  if (plan.simulator !== 'cluster') return [];
  return trials.flatMap((trial) => SHOWN.flatMap((target) => deployment(plan, trial, target, tool)));
}

function deployment(plan: StudyPlan, trial: Trial, target: ExportTarget, tool: string): ReportDeployment[] {
  const point = { name: `trial ${trial.number}`, values: trial.values, trial };
  try {
    const request = deploymentRequest(plan, point, { routerVersion: ROUTER_VERSIONS[0]!, tool });
    return [{ trial: trial.number, target, file: EXPORT_FILES[target], ...exportTarget(target, request) }];
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}
