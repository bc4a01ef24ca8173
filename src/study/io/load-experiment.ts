import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { createSimulator } from '../../simulators/registry.ts';
import type { ArmSpec, ExperimentSpec } from '../experiment-file.ts';
import { type ArmSources, type ExperimentPlan, resolveExperiment, type TunedPoint } from '../experiment-plan.ts';
import { paretoFront, shortList } from '../front.ts';
import { replay } from '../journal.ts';
import { parseStrategyFile } from '../strategy-file.ts';
import { resolvePlan } from '../study-plan.ts';
import { readJournal } from './journal-file.ts';
import { loadPolicies } from './load-policy.ts';
import { readPolicy, shownSource } from './load-study.ts';
import { readPlanFile } from './plan-file.ts';
import { placed, readYamlFile } from './yaml-file.ts';

/** Reads an experiment file and everything its arms name; names are relative to the file. */
export async function loadExperiment(file: string): Promise<ExperimentPlan> {
  const source = shownSource(readYamlFile(file));
  const folder = dirname(file);
  return await resolveExperiment(source, (spec, _, arm) => readArm(folder, spec, arm), createSimulator);
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
      workloadName === undefined ? null : shownSource(readYamlFile(existing(folder, workloadName, ['workload']))),
    point: arm.point === undefined ? null : await tunedPoint(join(folder, arm.point.run), arm.point.trial),
    policies,
    modules: await loadPolicies(policies.map((policy) => policy.file)),
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

/** @param which - a trial number, `knee`, or `best:<metric>` */
async function tunedPoint(run: string, which: number | string): Promise<TunedPoint> {
  const sources = readPlanFile(run);
  const plan = await resolvePlan(
    sources,
    createSimulator,
    await loadPolicies(sources.policies.map(({ file }) => file)),
  );
  const { trials } = replay(readJournal(run).entries);
  const front = paretoFront(plan, trials);
  const best = typeof which === 'string' && which.startsWith('best:') ? which.slice('best:'.length) : null;
  const objective = plan.objectives.find(({ metric }) => metric === best);
  const mean = (number: number, metric: string): number => {
    const outcome = trials[number]!.outcome;
    const replicates = outcome?.kind === 'observed' ? outcome.replicates : [];
    return replicates.reduce((sum, { metrics }) => sum + (metrics[metric] ?? Number.NaN), 0) / replicates.length;
  };
  const chosen =
    typeof which === 'number'
      ? trials[which]
      : which === 'knee'
        ? shortList(plan, front, 1)[0]
        : objective === undefined
          ? undefined
          : [...front].sort(
              (a, b) =>
                (objective.direction === 'minimize' ? 1 : -1) *
                (mean(a.number, objective.metric) - mean(b.number, objective.metric)),
            )[0];
  if (chosen === undefined) {
    throw new InputError(`the run has no point ${JSON.stringify(which)}`, {
      path: ['point', 'trial'],
      suggestion: `a trial number below ${trials.length}, "knee", or ${plan.objectives.map(({ metric }) => `"best:${metric}"`).join(', ')}`,
    });
  }
  return { space: plan.space, values: chosen.values };
}
