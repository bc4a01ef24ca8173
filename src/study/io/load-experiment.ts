import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { placed } from '../../document/yaml.ts';
import { createSimulator } from '../../simulators/registry.ts';
import { choosePoint, meanOf, type PointLimit, type RecordedRun } from '../experiment/choose-point.ts';
import type { ArmSpec, ExperimentSpec, PointRule } from '../experiment/experiment-file.ts';
import {
  type ArmSources,
  type ExperimentPlan,
  resolveExperiment,
  type TunedPoint,
} from '../experiment/experiment-plan.ts';
import type { PlanSource, PolicySource } from '../plan/plan-sources.ts';
import { parseStrategyFile } from '../plan/strategy-file.ts';
import { resolvePlan } from '../plan/study-plan.ts';
import { createBackend } from './backends.ts';
import { readJournal } from './journal-file.ts';
import { readPolicy } from './load-study.ts';
import { readPlanFile } from './plan-file.ts';
import { checkPolicies } from './policy-check.ts';
import { type PolicyTrust, requireTrusted } from './policy-trust.ts';
import { shownSource } from './shown-source.ts';
import { withWorkloadData } from './workload-data.ts';
import { readYamlFile } from './yaml-file.ts';

export interface LoadedExperiment extends ExperimentPlan {
  /** Policy modules of all arms, each once. */
  readonly policies: readonly PolicySource[];
}

/** Reads an experiment file and everything its arms name; names are relative to the file. */
export async function loadExperiment(file: string, trust: PolicyTrust = 'own'): Promise<LoadedExperiment> {
  const source = shownSource(readYamlFile(file));
  const folder = dirname(file);
  const modules = new Map<string, PolicySource>();
  const plan = await resolveExperiment(
    source,
    async (spec, _, arm) => {
      const sources = await readArm(folder, spec, arm);
      requireTrusted(sources.policies, trust);
      for (const policy of sources.policies) modules.set(policy.file, policy);
      return sources;
    },
    createSimulator,
  );
  for (const [index, setup] of plan.setups.entries()) {
    if (setup.policies.length === 0) continue;
    try {
      await checkPolicies([setup], {});
    } catch (error) {
      throw error instanceof InputError ? error.map((problem) => inArm(source, plan.armNames[index]!, problem)) : error;
    }
  }
  return { ...plan, policies: [...modules.values()] };
}

/** A complaint about the modules of an arm, in their files or in the arm. */
function inArm(source: PlanSource, arm: string, problem: InputError): InputError {
  if (problem.position !== undefined) return problem;
  return problem.at({ prefix: ['arms', arm], position: source.locate(['arms', arm]) });
}

async function readArm(folder: string, spec: ExperimentSpec, arm: ArmSpec): Promise<ArmSources> {
  const strategyName = arm.strategy ?? spec.strategy;
  if (strategyName === undefined) {
    throw new InputError('is required but missing', {
      path: ['strategy'],
      suggestion: 'name a strategy in the arm or at the top of the file',
    });
  }
  const strategy = readYamlFile(existing(folder, strategyName, ['strategy']));
  const strategyFolder = dirname(resolve(folder, strategyName));
  const { template } = placed(strategy, 0, () => parseStrategyFile(strategy.value));
  const policies = template.policies.map((name, index) => readPolicy(strategy, index, strategyFolder, name));
  const inlineArm = arm.workload !== undefined && typeof arm.workload !== 'string';
  const workloadName = inlineArm
    ? undefined
    : ((arm.workload as string | undefined) ?? (typeof spec.workload === 'string' ? spec.workload : undefined));
  return {
    strategy: shownSource(strategy),
    workload:
      workloadName === undefined
        ? null
        : shownSource(withWorkloadData(readYamlFile(existing(folder, workloadName, ['workload']))).source),
    point: arm.point === undefined ? null : await tunedPoint(folder, arm.point),
    policies,
  };
}

function existing(folder: string, name: string, path: readonly (string | number)[]): string {
  const file = isAbsolute(name) ? name : join(folder, name);
  if (existsSync(file)) return file;
  throw new InputError(`file not found: ${name}`, {
    path,
    suggestion: `paths are relative to ${relative(process.cwd(), folder) || '.'}/`,
  });
}

async function tunedPoint(folder: string, rule: PointRule): Promise<TunedPoint> {
  const run = await recordedRun(join(folder, rule.run));
  const limits: PointLimit[] = [];
  for (const [index, { metric, at_most, at_least, of }] of (rule.where ?? []).entries()) {
    let unit = 1;
    if (of !== undefined) unit = meanOf(choosePoint(await recordedRun(join(folder, of.run)), of.trial), metric);
    if (Number.isNaN(unit))
      throw new InputError(`the point has no ${shortText(metric)}`, { path: ['point', 'where', index] });
    limits.push({
      metric,
      atMost: (at_most ?? Number.POSITIVE_INFINITY) * unit,
      atLeast: (at_least ?? Number.NEGATIVE_INFINITY) * unit,
    });
  }
  return { space: run.plan.space, values: choosePoint(run, rule.trial, limits).values };
}

async function recordedRun(folder: string): Promise<RecordedRun> {
  const sources = readPlanFile(folder);
  const plan = await resolvePlan(sources, createBackend, 'not-loaded');
  return { plan, trials: readJournal(folder).state.trials };
}
