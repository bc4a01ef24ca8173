import { formatChange, formatNumber, formatPercent, formatValue } from '../../report/page/format.ts';
import { savingsText } from '../../report/page/sections.ts';
import type { StudyReport } from '../../report/study-report.ts';
import { stdoutColours as pc } from '../terminal/colours.ts';
import { aligned } from '../terminal/table.ts';

/** The short version of a report, for the terminal. */
export function printSummary(report: StudyReport, files: readonly string[]): void {
  const lines = [
    ...report.notes.map((note) => pc.yellow(note)),
    ...(report.savings === undefined ? [] : [savingsText(report.savings)]),
    ...frontTable(report),
    ...comparisonLines(report),
    ...regimeLines(report),
    '',
  ];
  lines.push(...files.map((file) => `wrote ${file}`));
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** The front as aligned text: the short list first. */
export function frontTable(report: StudyReport): string[] {
  const numbers = [...report.shortList, ...report.front.filter((number) => !report.shortList.includes(number))];
  const all = report.baseline === null || numbers.includes(report.baseline) ? numbers : [...numbers, report.baseline];
  if (all.length === 0) return [];
  const shown = [
    ...report.objectives,
    ...report.metrics
      .filter(({ name }) => name === 'completion_fraction' && !report.objectives.includes(name))
      .map(({ name }) => name),
  ];
  const head = ['trial', ...shown, ...report.parameters.map(({ column }) => column)];
  const rows = all.map((number) => {
    const trial = report.trials[number]!;
    return [
      `${number}${number === report.baseline ? ' (baseline)' : ''}`,
      ...shown.map((name) => (trial.metrics[name] === undefined ? '–' : formatNumber(trial.metrics[name].mean))),
      ...report.parameters.map(({ column }) =>
        trial.parameters[column] === undefined ? '–' : formatValue(trial.parameters[column]),
      ),
    ];
  });
  return [
    pc.bold(`Pareto front (${report.front.length} of ${report.trials.length} trials)`),
    ...aligned([head, ...rows]),
  ];
}

function comparisonLines(report: StudyReport): string[] {
  const stage = report.comparisons.some((comparison) => comparison.stage === 'validation') ? 'validation' : 'tuning';
  const lines = report.comparisons
    .filter((comparison) => comparison.stage === stage)
    .map(({ trial, rows }) => {
      const parts = rows
        .filter(({ metric }) => report.objectives.includes(metric))
        .map(({ metric, scale, improvement, verdict }) => {
          const text = `${metric} ${formatChange(scale, improvement)}`;
          return verdict === 'better' ? pc.green(text) : verdict === 'worse' ? pc.red(text) : text;
        });
      return `trial ${trial}: ${parts.join(', ')}`;
    });
  if (lines.length === 0) return [];
  return [
    '',
    pc.bold(`Against the baseline on ${stage === 'validation' ? 'fresh' : 'tuning'} seeds (positive is better)`),
    ...lines,
  ];
}

/** Of a study over several workloads: what the robust optimum does on each, beside the best found for it alone. */
function regimeLines({ regimes = [] }: StudyReport): string[] {
  return regimes.flatMap(({ metric, aggregate, of, robust, robustRatio, rows }) => [
    '',
    pc.bold(
      `${metric}: trial ${robust} has the best ${aggregate} ${of ?? 'ratio to the baseline'}, ${formatNumber(robustRatio)}`,
    ),
    ...aligned([
      ['workload', 'baseline', 'robust', 'change', 'own optimum', 'robust against it'],
      ...rows.map(({ workload, baseline, robustValue, gain, own, ownValue, gap }) => [
        workload,
        formatNumber(baseline),
        formatNumber(robustValue),
        formatPercent(gain),
        `${formatNumber(ownValue)} (trial ${own})`,
        formatPercent(gap),
      ]),
    ]),
  ]);
}
