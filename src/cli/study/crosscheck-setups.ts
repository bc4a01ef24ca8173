import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { toBlis } from '../../connect/deploy/export-blis.ts';
import { blisCommand } from '../../connect/evaluators/blis-command.ts';
import { placed } from '../../document/yaml.ts';
import type { MetricSpec } from '../../simulators/simulator.ts';
import type { CheckedPoint } from '../../study/crosscheck.ts';
import type { EvaluationSetup } from '../../study/evaluation.ts';
import { createBackend } from '../../study/io/backends.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { parseStrategyFile } from '../../study/plan/strategy-file.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { checkHoles, instantiate, type StrategyTemplate } from '../../study/plan/template.ts';

/** Points to measure elsewhere, one setup each. */
export interface Elsewhere {
  readonly setups: readonly EvaluationSetup[];
  readonly points: readonly CheckedPoint[];
  /** What is told there. */
  readonly metrics: readonly MetricSpec[];
}

/** @param target - `blis=PROGRAM`, `command=FILE`, `http=FILE` or `http=URL` @throws InputError */
export async function elsewhere(plan: StudyPlan, points: readonly CheckedPoint[], target: string): Promise<Elsewhere> {
  const [kind, name = ''] = target.split(/=(.*)/s);
  if (name !== '' && kind === 'blis') return await inBlis(plan, points, name);
  if (name !== '' && kind === 'http' && /^https?:/.test(name)) return await asItStands(plan, points, name);
  if (name !== '' && (kind === 'command' || kind === 'http'))
    return await byStrategy(plan, points, { kind, file: name });
  throw new InputError(`--with must be blis=PROGRAM, command=FILE, http=FILE or http=URL, got ${shortText(target)}`);
}

async function inBlis(plan: StudyPlan, points: readonly CheckedPoint[], program: string): Promise<Elsewhere> {
  const configs = points.map(({ name, values }) => {
    const config = instantiate(plan.template, plan.space, values);
    const blis = toBlis({ simulator: plan.simulator, policies: plan.policies, config });
    if (blis.leftOut.length > 0) throw new InputError(`${name}: BLIS cannot express ${blis.leftOut.join(', ')}`);
    return blisCommand(program, blis, { workload: plan.workload, metrics: plan.metrics });
  });
  return await together(plan, points, await Promise.all(configs.map((config) => template('command', config))));
}

/** One point at most: without a hook nothing puts another one in place. */
async function asItStands(plan: StudyPlan, points: readonly CheckedPoint[], url: string): Promise<Elsewhere> {
  if (points.length > 1) {
    throw new InputError('--with http=URL measures a server as it stands, so it can be compared with one point only', {
      suggestion: 'give http=FILE, a strategy whose `apply` puts each point in place',
    });
  }
  const config = plan.template.config as { readonly model?: Json };
  return await together(plan, points, [await template('http', { url, model: config.model ?? 'default' })]);
}

async function byStrategy(
  plan: StudyPlan,
  points: readonly CheckedPoint[],
  { kind, file }: { readonly kind: string; readonly file: string },
): Promise<Elsewhere> {
  const source = readYamlFile(file);
  const parsed = placed(source, 0, () => parseStrategyFile(source.value));
  if (parsed.template.simulator !== kind) {
    throw new InputError(`must be ${kind}, got ${shortText(parsed.template.simulator)}`, {
      path: ['simulator'],
      position: source.locate(['simulator']),
    });
  }
  const { runHoles = [] } = await createBackend(kind);
  const own = { ...parsed.template, runHoles };
  placed(source, 0, () => checkHoles(own, plan.space));
  return await together(
    plan,
    points,
    points.map(() => own),
  );
}

async function template(simulator: string, config: Json): Promise<StrategyTemplate> {
  const { runHoles = [] } = await createBackend(simulator);
  return {
    name: simulator,
    description: '',
    mechanism: '',
    source: '',
    simulator,
    config,
    baseline: {},
    policies: [],
    runHoles,
  };
}

async function together(
  plan: StudyPlan,
  points: readonly CheckedPoint[],
  templates: readonly StrategyTemplate[],
): Promise<Elsewhere> {
  const setups = templates.map(
    (one): EvaluationSetup => ({
      simulator: one.simulator,
      template: one,
      space: plan.space,
      workload: plan.workload,
      policies: [],
    }),
  );
  const backend = await createBackend(templates[0]!.simulator);
  const config = instantiate(templates[0]!, plan.space, points[0]!.values);
  const { metrics } = backend.prepare({ config, workload: plan.workload });
  return { setups, points, metrics };
}
