import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import { validateValues } from '../../optimizer/space/search-space.ts';
import { formatNumber } from '../../report/format.ts';
import { evaluationSetup } from '../../study/evaluation.ts';
import { loadStudySources } from '../../study/io/load-study.ts';
import { openEvaluator } from '../../study/io/open-evaluator.ts';
import { documentFile } from '../../study/io/package-file.ts';
import { planOf } from '../../study/io/study-session.ts';
import { defaultWorkers } from '../../study/io/worker-pool.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import type { BaselineValue } from '../../study/plan/template.ts';
import { baselineValues, normalizeWeights } from '../../study/plan/template.ts';
import { driftWarnings } from '../../study/stationarity.ts';
import type { ReplicateOutcome } from '../../study/trial.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { integerFlag } from '../terminal/schema-flag.ts';
import { fitted } from '../terminal/table.ts';
import { noteOutside, trustFlag, trustOf } from './policy-trust.ts';

export const simulateCommand: LoadedCommand = {
  build: (parser) =>
    trustFlag(parser)
      .positional('study', { type: 'string', describe: 'study file or name: its strategy, workload and baseline' })
      .option('set', { type: 'string', array: true, describe: 'parameter=value; a weight vector as a=1,b=2' })
      .option('seed', { type: 'number', describe: "seed of the run; default: the study's seeds" })
      .option('json', { type: 'boolean', describe: 'print the metrics as JSON' })
      .example('$0 simulate studies/quickstart.yaml', "measure the study's baseline")
      .example('$0 simulate studies/quickstart.yaml --set prefill_threshold=128 --seed 7', 'one vector, one seed'),
  run: async (flags) => {
    const sources = loadStudySources(documentFile(requiredText(flags, 'study')));
    const plan = await planOf(sources, trustOf(flags));
    noteOutside(sources);
    if (plan.regimes !== undefined) {
      throw new InputError('simulates one workload, but this study has several', {
        path: ['workloads'],
        suggestion: 'use `paretune run`',
      });
    }
    const values = withSettings(plan, flags);
    const seed = integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER);
    const outcomes = await measured(plan, values, seed === undefined ? plan.seeds : [seed]);
    if (switchFlag(flags, 'json')) printJson('simulate', { values, outcomes });
    else printOutcomes(plan, outcomes);
    return outcomes.every(({ outcome }) => outcome.kind === 'measured') ? EXIT.ok : EXIT.failure;
  },
};

interface SeedOutcome {
  readonly seed: number;
  readonly outcome: ReplicateOutcome;
}

async function measured(
  plan: StudyPlan,
  values: ParameterValues,
  seeds: readonly number[],
): Promise<readonly SeedOutcome[]> {
  const workers = Math.min(seeds.length, defaultWorkers());
  const evaluator = await openEvaluator([evaluationSetup(plan)], { workers });
  try {
    const outcomes = seeds.map((seed) => evaluator.evaluate({ setup: 0, values, seed }));
    return await Promise.all(outcomes.map(async (outcome, index) => ({ seed: seeds[index]!, outcome: await outcome })));
  } finally {
    await evaluator.close();
  }
}

function withSettings(plan: StudyPlan, flags: Flags): ParameterValues {
  const settings: Record<string, BaselineValue> = {};
  for (const text of (flags['set'] as readonly string[] | undefined) ?? []) {
    const [name, value] = text.split(/=(.*)/s);
    const parameter = plan.space.parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined || value === undefined) {
      throw new InputError(`--set needs parameter=value, got ${shortText(text)}`, {
        suggestion: `parameters: ${plan.space.parameters.map((one) => one.name).join(', ')}`,
      });
    }
    settings[parameter.name] = parameter.kind === 'simplex' ? weights(text, value) : scalar(value);
  }
  const names = Object.keys(settings);
  const values = baselineValues({ ...plan.template, baseline: { ...plan.template.baseline, ...settings } }, plan.space);
  const changed = Object.fromEntries(names.map((name) => [name, values[name]!]));
  const parameters = plan.space.parameters
    .filter(({ name }) => names.includes(name))
    .map(({ activeWhen: _, ...parameter }) => parameter);
  validateValues({ parameters }, normalizeWeights({ parameters }, changed));
  return values;
}

function scalar(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}

function weights(setting: string, text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name, value] = part.split('=');
      const weight = Number(value);
      if (value === undefined || !(weight >= 0))
        throw new InputError(`a weight vector reads name=w,name=w with weights ≥ 0, got ${shortText(setting)}`);
      return [name!, weight];
    }),
  );
}

function printOutcomes(plan: StudyPlan, outcomes: readonly SeedOutcome[]): void {
  const head = ['metric', 'unit', ...outcomes.map(({ seed }) => `seed ${seed}`)];
  const rows = plan.metrics.map(({ name, unit }) => [
    name,
    unit,
    ...outcomes.map(({ outcome }) =>
      outcome.kind === 'measured' ? formatNumber(outcome.metrics[name] ?? Number.NaN) : outcome.kind,
    ),
  ]);
  process.stdout.write(`${fitted([head, ...rows]).join('\n')}\n`);
  for (const { seed, outcome } of outcomes) {
    const warnings = outcome.kind === 'measured' ? driftWarnings(outcome.metrics) : [];
    for (const warning of warnings) process.stdout.write(`warning: seed ${seed} is ${warning}\n`);
  }
  for (const { seed, outcome } of outcomes) {
    if (outcome.kind !== 'measured')
      process.stderr.write(`paretune: seed ${seed}: ${outcome.kind === 'failed' ? outcome.message : outcome.reason}\n`);
  }
}
