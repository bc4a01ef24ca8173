import { InputError } from '../../base/errors.ts';
import type { ExportRequest } from '../../connect/deploy/export-target.ts';
import { pointChecks } from '../../report/constraint-tables.ts';
import { brokenText } from '../../report/decision-notes.ts';
import { deploymentRequest, type NamedPoint } from '../../report/deployment-request.ts';
import { breaksOnFresh, recommendable } from '../../study/constraint-check.ts';
import { paretoFront } from '../../study/front.ts';
import { packageVersion } from '../../study/io/package-file.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';
import { nameOfTrial } from '../../study/named-trial.ts';
import type { Trial } from '../../study/trial.ts';
import { trialByName } from './trial-by-name.ts';

export interface ExportChoice {
  /** Trial number, `knee`, `best:METRIC`, `recommended` or `baseline`. */
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
  return deploymentRequest(plan, point, { routerVersion, tool: packageVersion() });
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
  const trial = trialByName({ plan, state }, id);
  return { name: nameOfTrial(trial, id), values: trial.values, trial };
}
