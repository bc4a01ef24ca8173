import { namedPoints } from '../chart-figures.ts';
import { formatChange, formatNumber, formatValue } from '../format.ts';
import type { Comparison, Estimate, ReportTrial, StudyReport } from '../study-report.ts';
import { verdictStyle } from './decision-section.ts';
import { escapeHtml } from './escape.ts';
import { htmlTable, textTable, trialButton } from './html.ts';
import { stateText } from './page-data.ts';

export function header(report: StudyReport): string {
  const { strategy } = report;
  return [
    `<h1>${escapeHtml(report.name)}</h1>`,
    report.description === '' ? '' : `<p>${escapeHtml(report.description)}</p>`,
    `<p class="soft">Strategy <b>${escapeHtml(strategy.name)}</b>, sampler ${escapeHtml(report.sampler)}${report.ended === null ? '' : `; ended: ${escapeHtml(report.ended)}`}.</p>`,
  ].join('\n');
}

/** Best points against the baseline, on tuning seeds and on fresh ones. */
export function comparisonSection(report: StudyReport): string {
  if (report.comparisons.length === 0) return '';
  const shown = report.metrics
    .filter(({ name, role }) => role !== 'context' || /^completion_fraction$|fairness|^slo_attainment/.test(name))
    .map(({ name }) => name);
  const blocks = report.comparisons.map((comparison) => comparisonTable(report, comparison, shown));
  return `<h2 id="comparison">Points against the baseline</h2>
<p class="soft">Changes are paired by seed, with 95 % Student-t intervals: relative changes from the mean logarithm of the ratio or, where a value is 0 or negative, differences in the metric's unit. Positive is better.</p>
${blocks.join('\n')}`;
}

function comparisonTable(
  report: StudyReport,
  { trial, stage, rows: all }: Comparison,
  shown: readonly string[],
): string {
  const seeds = stage === 'tuning' ? report.seeds : report.validationSeeds;
  const title = `Trial ${trial}, ${stage === 'tuning' ? 'tuning seeds' : 'fresh seeds'} ${seeds.join(', ')}`;
  const rows = all
    .filter(({ metric }) => shown.includes(metric))
    .map((row) => {
      const unit = report.metrics.find(({ name }) => name === row.metric)?.unit ?? '';
      const interval =
        row.low === null || row.high === null
          ? ''
          : `${formatChange(row.scale, row.low)} … ${formatChange(row.scale, row.high)}`;
      return [
        escapeHtml(row.metric),
        escapeHtml(unit === '1' ? '' : unit),
        formatNumber(row.baseline),
        formatNumber(row.value),
        `<span class="${verdictStyle(row)}">${formatChange(row.scale, row.improvement)}</span>`,
        interval,
        row.verdict,
      ];
    });
  const head = ['metric', 'unit', 'baseline', 'this point', 'change', '95 % interval', 'verdict'];
  return `<details${stage === 'validation' ? ' open' : ''}><summary>${escapeHtml(title)}</summary>${htmlTable(title, head, rows)}</details>`;
}

/** Objectives and constraints of every outcome on the front; parameters of the points to choose from stand below, turned. */
export function frontSection(report: StudyReport): string {
  const { outcomes, shortList, baseline } = report;
  const listed = shortList.map((number) => outcomes.find((group) => group.includes(number))!);
  const groups = [...listed, ...outcomes.filter((group) => !listed.includes(group))];
  const all = baseline === null || groups.some((group) => group.includes(baseline)) ? groups : [[baseline], ...groups];
  const columns = figureColumns(report);
  const rows = all.map(([number, ...others]) => {
    const trial = report.trials[number!]!;
    return [
      trialButton(number!),
      escapeHtml(stateText(report, trial)),
      ...columns.map((name) => escapeHtml(estimateText(trial.metrics[name]))),
      sameText(others),
    ];
  });
  const count = outcomes.flat().length;
  return `<h2 id="front">Pareto front</h2>
<p class="soft">${outcomes.length} distinct outcome${outcomes.length === 1 ? '' : 's'} of ${count} feasible vector${count === 1 ? '' : 's'} that no other point beats on every objective; the balanced one first, then the most different ones.</p>
${htmlTable('Pareto front', ['trial', 'state', ...columns, 'same outcome'], rows, (index) => ` data-trial="${all[index]![0]}"`)}
${parameterTable(report)}`;
}

const MOST_NAMED = 6;

function sameText(others: readonly number[]): string {
  if (others.length === 0) return '';
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  return `also trial${others.length === 1 ? '' : 's'} ${others.slice(0, MOST_NAMED).join(', ')}${more}`;
}

function figureColumns({ objectives, constraints }: StudyReport): readonly string[] {
  return [...new Set([...objectives, ...constraints.map(({ metric }) => metric)])];
}

function parameterTable(report: StudyReport): string {
  const points = namedPoints(report);
  if (points.length === 0) return '';
  const rows = report.parameters.map(({ column }) => [
    column,
    ...points.map(({ trial }) => formatValue(report.trials[trial]!.parameters[column])),
  ]);
  return `<h3>Parameters</h3>${textTable('Parameters', ['parameter', ...points.map(({ name }) => name)], rows)}`;
}

export function trialsSection(report: StudyReport): string {
  return `<h2 id="trials">All trials</h2>${trialTable(report, report.trials)}`;
}

function trialTable(report: StudyReport, trials: readonly ReportTrial[]): string {
  const columns = figureColumns(report);
  const head = ['trial', 'state', ...columns, ...report.parameters.map(({ column }) => column)];
  const rows = trials.map((trial) => [
    trialButton(trial.number),
    escapeHtml(stateText(report, trial)),
    ...columns.map((name) => escapeHtml(estimateText(trial.metrics[name]))),
    ...report.parameters.map(({ column }) => escapeHtml(formatValue(trial.parameters[column]))),
  ]);
  return `<div class="tall">${htmlTable('All trials', head, rows, (index) => ` data-trial="${trials[index]!.number}"`)}</div>`;
}

function estimateText(value: Estimate | undefined): string {
  if (value === undefined) return '–';
  return value.high === null
    ? formatNumber(value.mean)
    : `${formatNumber(value.mean)} ± ${formatNumber(value.high - value.mean)}`;
}

export function provenance(report: StudyReport): string {
  return `<h2 id="repeat">How to repeat this</h2>
<p>The folder of this page holds <code>plan.json</code> (every input, word for word) and <code>journal.jsonl</code> (every proposal and outcome). <code>paretune verify DIR</code> recomputes all of it and names the first difference.</p>
<p class="soft">Plan <code class="hash">${escapeHtml(report.planHash)}</code>; paretune ${escapeHtml(report.tool)}.</p>`;
}
