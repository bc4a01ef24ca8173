import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject, textHash } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { ExportRequest } from '../../connect/deploy/export-target.ts';
import { formatYaml } from '../../document/yaml.ts';
import { meanInterval } from '../../numeric/statistics.ts';
import type { ParameterValues } from '../../optimizer/space/parameter.ts';
import { pointChecks } from '../../report/constraint-tables.ts';
import { brokenText } from '../../report/decision-notes.ts';
import { formatNumber } from '../../report/page/format.ts';
import { breaksOnFresh, recommendable } from '../../study/constraint-check.ts';
import { choosePoint } from '../../study/experiment/choose-point.ts';
import { paretoFront } from '../../study/front.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';
import { metricValues } from '../../study/objective.ts';
import type { StudyPlan } from '../../study/plan/study-plan.ts';
import { instantiate } from '../../study/plan/template.ts';
import type { Trial } from '../../study/trial.ts';

interface NamedPoint {
  readonly name: string;
  readonly values: ParameterValues;
  /** null where it was not measured. */
  readonly trial: Trial | null;
}

export interface ExportChoice {
  /** Trial number, `knee`, `best:METRIC` or `baseline`. */
  readonly point: string;
  readonly routerVersion: string;
  /** Also a point that breaks a constraint. */
  readonly evenIfBroken: boolean;
}

/**
 * A point of a run, ready to be written for other programs.
 * @throws InputError for a point that breaks a constraint, on tuning or on fresh seeds, unless that is asked for
 */
export function exportRequest(
  recorded: RecordedStudy,
  { point: id, routerVersion, evenIfBroken }: ExportChoice,
): ExportRequest {
  const { plan } = recorded;
  const point = evenIfBroken ? pointOf(recorded, id) : soundPoint(recorded, id);
  const config = instantiate(plan.template, plan.space, point.values);
  return {
    strategy: { simulator: plan.simulator, policies: plan.policies, config },
    routerVersion,
    provenance: provenance(plan, point, config),
    workload: plan.workload,
    seeds: plan.seeds,
    point: { study: plan.name, plan: plan.hash, point: point.name, values: point.values as unknown as JsonObject },
  };
}

/** The point itself or, where a rule chose one that breaks on fresh seeds, what it chooses from those that hold there. */
function soundPoint(recorded: RecordedStudy, id: string): NamedPoint {
  const point = pointOf(recorded, id);
  const broken = brokenAt(recorded, point);
  if (broken === null) return point;
  const trials = recommendableOnly(recorded);
  const isRule = id === 'knee' || id.startsWith('best:');
  if (isRule && trials !== null) {
    const other = pointOf({ ...recorded, state: { ...recorded.state, trials } }, id);
    process.stderr.write(`paretune: ${point.name} ${broken}; ${other.name} is written instead\n`);
    return other;
  }
  throw new InputError(`${point.name} ${broken}`, { suggestion: '--force writes it all the same' });
}

/** What a point breaks, in words; null where it meets every constraint. */
function brokenAt({ plan, state }: RecordedStudy, { trial }: NamedPoint): string | null {
  if (trial === null) return null;
  const broken = pointChecks(plan, [state.trials[trial.number]!]).find(({ holds }) => !holds);
  if (broken !== undefined) return `breaks its constraints: ${brokenText(broken)}`;
  return breaksOnFresh(plan, trial) ? 'could not be measured on fresh seeds' : null;
}

/** The trials with those that may not be recommended as if they were never measured; null where none may. */
function recommendableOnly({ plan, state }: RecordedStudy): readonly Trial[] | null {
  const front = paretoFront(plan, state.trials);
  const sound = new Set(recommendable(plan, front));
  if (sound.size === 0) return null;
  return state.trials.map((trial) => (sound.has(trial) ? trial : { ...trial, outcome: null }));
}

function pointOf({ plan, state }: RecordedStudy, id: string): NamedPoint {
  if (id === 'baseline' && plan.baseline !== null) {
    const trial = state.trials.find(({ origin }) => origin === 'baseline') ?? null;
    return { name: 'baseline', values: plan.baseline, trial };
  }
  const rule = /^\d+$/.test(id) ? Number(id) : id;
  try {
    const trial = choosePoint({ plan, trials: state.trials }, rule as Parameters<typeof choosePoint>[1]);
    const name = `trial ${trial.number}${typeof rule === 'number' ? '' : ` (${id})`}`;
    return { name, values: trial.values, trial };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const best = plan.objectives.map(({ metric }) => `best:${metric}`).join(', ');
    throw new InputError(`--point: the run has no point ${shortText(id)}`, {
      suggestion: `a trial number below ${state.trials.length}, knee, ${best} or baseline`,
    });
  }
}

/** Where the point comes from, one line each. */
function provenance(plan: StudyPlan, { name, trial }: NamedPoint, config: Json): readonly string[] {
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
    `paretune ${packageVersion()}, study ${plan.name}, ${name}`,
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
