import { formatNumber, formatPercent, formatShare, formatValue } from '../../report/format.ts';
import { bestText, changeOf, changeText, checkText } from '../../report/page/change-text.ts';
import type { PointCheck, StudyReport } from '../../report/study-report.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { fitted, wrapped } from '../terminal/table.ts';

/** Outcomes of the front in the summary after a run; `paretune pareto` prints all. */
const SUMMARY_ROWS = 10;

/** The short version of a report, for the terminal. */
export function printSummary(report: StudyReport, files: readonly string[]): void {
  const lines = [
    ...report.notes.flatMap((note) => wrapped(note).map((line) => pc.yellow(line))),
    ...frontTable(report, SUMMARY_ROWS),
    ...freshChecks(report),
    ...comparisonLines(report),
    ...decisionLines(report),
    ...regimeLines(report),
    '',
  ];
  lines.push(...files.map((file) => `wrote ${file}`));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** One row for each outcome on the front and one for the baseline: objectives, constraints with room, parameters. */
export function frontTable(report: StudyReport, rows = Number.POSITIVE_INFINITY): string[] {
  const groups = listedOutcomes(report);
  if (groups.length === 0 && report.baseline === null) return [];
  const shown = groups.slice(0, rows);
  const own = shown.some((group) => group.includes(report.baseline ?? -1));
  const all = report.baseline === null || own ? shown : [...shown, [report.baseline]];
  const hidden = groups.length - shown.length;
  return [
    pc.bold(
      `Pareto front: ${counted(report.outcomes.length, 'outcome')} of ${counted(report.outcomes.flat().length, 'vector')}, ${counted(report.trials.length, 'trial')}`,
    ),
    ...fitted([frontHead(report), ...all.map((group) => frontRow(report, group))]),
    ...(hidden > 0 ? [`… and ${counted(hidden, 'outcome')} more, which \`paretune pareto\` prints`] : []),
  ];
}

/** The short list first. */
function listedOutcomes({ outcomes, shortList }: StudyReport): readonly (readonly number[])[] {
  const listed = shortList.map((number) => outcomes.find((group) => group.includes(number))!);
  return [...listed, ...outcomes.filter((group) => !listed.includes(group))];
}

function frontHead({ objectives, constraints, parameters }: StudyReport): readonly string[] {
  return [
    'trial',
    '',
    ...objectives,
    ...constraints.map(({ text }) => text),
    ...parameters.map(({ column }) => column),
  ];
}

function frontRow(report: StudyReport, group: readonly number[]): readonly string[] {
  const [number] = group;
  const trial = report.trials[number!]!;
  const check = checkOf(report, number!, 'tuning');
  return [
    `${number}${number === report.baseline ? ' (baseline)' : ''}`,
    marks(report, group),
    ...report.objectives.map((name) =>
      trial.metrics[name] === undefined ? '–' : formatNumber(trial.metrics[name].mean),
    ),
    ...report.constraints.map((_, index) => (check === undefined ? '–' : checkText(check.rows[index]!))),
    ...report.parameters.map(({ column }) => formatValue(trial.parameters[column])),
  ];
}

/** What a reader must see beside the number of a trial. */
function marks({ baseline, decision }: StudyReport, group: readonly number[]): string {
  const [number] = group;
  const low = decision.lowCompletion.find(({ trial }) => trial === number);
  const words = [
    ...(number === baseline && decision.baseline === 'infeasible' ? ['infeasible'] : []),
    ...(group.length > 1 ? [`= ${counted(group.length, 'vector')}`] : []),
    ...(decision.breakOnFresh.includes(number!) ? ['breaks on fresh seeds'] : []),
    ...(low === undefined ? [] : [`serves ${formatShare(low.share)}`]),
  ];
  return words.join(', ');
}

function checkOf({ checks }: StudyReport, trial: number, stage: PointCheck['stage']): PointCheck | undefined {
  return checks.find((one) => one.trial === trial && one.stage === stage);
}

/** Every constraint at every point that was measured on fresh seeds, the baseline among them. */
function freshChecks(report: StudyReport): string[] {
  const fresh = report.checks.filter(({ stage }) => stage === 'validation');
  if (fresh.length === 0) return [];
  const rows = fresh.map(({ trial, holds, rows: checks }) => [
    `${trial}${trial === report.baseline ? ' (baseline)' : ''}`,
    holds ? 'holds' : 'BREAKS',
    ...checks.map(checkText),
  ]);
  return [
    '',
    pc.bold(`Constraints on fresh seeds ${report.validationSeeds.join(', ')}`),
    ...fitted([['trial', '', ...report.constraints.map(({ text }) => text)], ...rows]),
  ];
}

function comparisonLines(report: StudyReport): string[] {
  const trials = [...new Set(report.comparisons.map(({ trial }) => trial))];
  const lines = trials.flatMap((trial) =>
    report.objectives.flatMap((metric) => {
      const change = changeOf(report, trial, metric);
      if (change === undefined) return [];
      const seeds = change.stage === 'validation' ? 'fresh' : 'tuning';
      return wrapped(`trial ${trial}: ${metric} ${changeText(change.row)} (${seeds} seeds)`).map((line) =>
        change.row.verdict === 'better' ? pc.green(line) : change.row.verdict === 'worse' ? pc.red(line) : line,
      );
    }),
  );
  if (lines.length === 0) return [];
  return ['', pc.bold('Against the baseline, paired by seed (positive is better, 95 % intervals)'), ...lines];
}

function decisionLines({ decision }: StudyReport): string[] {
  const { recommended, alternatives, best } = decision;
  if (best.length === 0) return [];
  const also =
    alternatives.length === 0 ? '' : `; alternatives: ${alternatives.map((one) => `trial ${one}`).join(', ')}`;
  return [
    '',
    ...best.flatMap((one) => wrapped(bestText(one))),
    pc.bold(recommended === null ? 'recommended: none' : `recommended: trial ${recommended}${also}`),
  ];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Of a study over several workloads: what the robust optimum does on each, beside the best found for it alone. */
function regimeLines({ regimes = [] }: StudyReport): string[] {
  return regimes.flatMap(({ metric, aggregate, of, robust, robustRatio, rows }) => [
    '',
    pc.bold(
      `${metric}: trial ${robust} has the best ${aggregate} ${of ?? 'ratio to the baseline'}, ${formatNumber(robustRatio)}`,
    ),
    ...fitted([
      ['workload', 'baseline', 'robust', 'change', 'own optimum', 'robust against it'],
      ...rows.map(({ workload, baseline, robustValue, gain, own, ownValue, gap }) => [
        workload,
        formatNumber(baseline),
        formatNumber(robustValue),
        gain === null ? '–' : formatPercent(gain),
        `${formatNumber(ownValue)} (trial ${own})`,
        formatPercent(gap),
      ]),
    ]),
  ]);
}
