import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { type Measurement, type SloTargets, WHOLE_RUN } from '../../simulators/measurement.ts';
import { createSimulator } from '../../simulators/registry.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import type { CapacitySetting } from '../capacity/measure-capacities.ts';
import { nominalRate } from '../capacity/meets-targets.ts';
import { type EvaluationSetup, evaluationSetups } from '../evaluation.ts';
import { choosePoint } from '../experiment/choose-point.ts';
import { readTrial } from '../experiment/point-text.ts';
import type { PolicySource } from '../plan/plan-sources.ts';
import type { StudyPlan } from '../plan/study-plan.ts';
import { instantiate } from '../plan/template.ts';
import { loadExperiment } from './load-experiment.ts';
import { documentKind, loadStudySources } from './load-study.ts';
import type { PolicyTrust } from './policy-trust.ts';
import { planOf, readRecorded } from './study-session.ts';
import { readYamlFile } from './yaml-file.ts';

/** Settings whose capacities are compared, and what they run in. */
export interface CapacitySettings {
  readonly name: string;
  readonly setups: readonly EvaluationSetup[];
  readonly settings: readonly CapacitySetting[];
  readonly seeds: readonly number[];
  /** Whether every setting has latency targets to meet. */
  readonly hasTargets: boolean;
  /** Policy modules that will run. */
  readonly policies: readonly PolicySource[];
}

export interface CapacityRequest {
  /** A study, whose points are compared, or an experiment, whose arms are. */
  readonly file: string;
  /** Points of a study: `baseline`, or `RUN#TRIAL` of a recorded run. */
  readonly points: readonly string[];
  /** Arms of an experiment; none = all. */
  readonly arms: readonly string[];
  /** In place of the targets of the file. */
  readonly slo: SloTargets | null;
  readonly trust: PolicyTrust;
}

/** A search without a window would see the run fill up and drain. */
const DEFAULT_WINDOW = { warmup: { share: 0.3 }, endS: null, drain: 'outside' } as const;

/** @throws InputError placed in the documents, or naming the point or arm */
export async function capacitySettings(request: CapacityRequest): Promise<CapacitySettings> {
  const isExperiment = documentKind(readYamlFile(request.file)) === 'experiment';
  const found = isExperiment ? await ofExperiment(request) : await ofStudy(request);
  const setups = found.setups.map((setup) => ({ ...setup, measurement: measurementOf(setup, request.slo) }));
  let hasTargets = true;
  for (const setting of found.settings) {
    const metrics = await metricsOf(setups[setting.setup]!, setting);
    hasTargets &&= metrics.some(({ name }) => name === 'slo_attainment_min');
  }
  return { ...found, setups, hasTargets };
}

function measurementOf({ measurement = WHOLE_RUN }: EvaluationSetup, slo: SloTargets | null): Measurement {
  return { ...measurement, window: measurement.window ?? DEFAULT_WINDOW, slo: slo ?? measurement.slo };
}

/** Complaints of the backend come before anything runs. */
async function metricsOf(setup: EvaluationSetup, { values }: CapacitySetting): Promise<readonly MetricSpec[]> {
  const simulator = await createSimulator(setup.simulator);
  if (simulator.measures !== true)
    throw new InputError(`simulator ${shortText(setup.simulator)} has no rates to search`);
  const prepared = simulator.prepare({
    config: instantiate(setup.template, setup.space, values),
    workload: setup.workload,
    policies: setup.policies.length === 0 ? [] : 'not-loaded',
    ...(setup.measurement === undefined ? {} : { measurement: setup.measurement }),
  });
  return prepared.metrics;
}

async function ofExperiment({
  file,
  arms,
  points,
  trust,
}: CapacityRequest): Promise<Omit<CapacitySettings, 'hasTargets'>> {
  if (points.length > 0) throw new InputError('is for studies; an experiment has --arm', { path: ['--point'] });
  const plan = await loadExperiment(file, trust);
  const unknown = arms.find((arm) => !plan.armNames.includes(arm));
  if (unknown !== undefined) {
    throw new InputError(`unknown arm ${shortText(unknown)}`, {
      path: ['--arm'],
      suggestion: `arms: ${plan.armNames.join(', ')}`,
    });
  }
  const settings = plan.armNames.flatMap((name, setup): CapacitySetting[] =>
    arms.length > 0 && !arms.includes(name)
      ? []
      : [{ name, setup, values: {}, nominal: nominalRate(plan.setups[setup]!.workload) }],
  );
  return { name: plan.spec.name, setups: plan.setups, settings, seeds: plan.spec.seeds, policies: plan.policies };
}

async function ofStudy({ file, points, arms, trust }: CapacityRequest): Promise<Omit<CapacitySettings, 'hasTargets'>> {
  if (arms.length > 0) throw new InputError('is for experiments; a study has --point', { path: ['--arm'] });
  const sources = loadStudySources(file);
  const plan = await planOf(sources, trust);
  const setups = evaluationSetups(plan);
  const named = await Promise.all(
    (points.length === 0 ? ['baseline'] : points).map(async (text) => ({ text, values: await pointOf(plan, text) })),
  );
  const settings = named.flatMap(({ text, values }) =>
    setups.map((setup, index): CapacitySetting => {
      const workload = plan.regimes?.workloads[index]?.name;
      const name = workload === undefined ? text : `${text}@${workload}`;
      return { name, setup: index, values, nominal: nominalRate(setup.workload) };
    }),
  );
  return { name: plan.name, setups, settings, seeds: plan.seeds, policies: sources.policies };
}

async function pointOf(plan: StudyPlan, text: string): Promise<StudyPlan['first'][number]> {
  if (text === 'baseline') {
    if (plan.baseline !== null) return plan.baseline;
    throw new InputError('the study has no baseline', { path: ['--point'] });
  }
  const [run, trial] = text.split(/#(.*)/s);
  if (trial === undefined || run === '') {
    throw new InputError(`cannot be read: ${shortText(text)}`, {
      path: ['--point'],
      suggestion: '"baseline", or a run and a trial such as "runs/mine#knee" or "runs/mine#12"',
    });
  }
  const recorded = await readRecorded(run!);
  return choosePoint({ plan: recorded.plan, trials: recorded.state.trials }, readTrial(trial)).values;
}
