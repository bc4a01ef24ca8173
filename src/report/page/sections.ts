import type { Comparison, Estimate, ReportTrial, Savings, StudyReport } from '../study-report.ts';
import { bestText, changeOf, changeText, checkText } from './change-text.ts';
import { escapeHtml } from './escape.ts';
import { formatChange, formatNumber, formatValue } from './format.ts';

/** A chart already rendered, with the sentence below it. */
export interface Figure {
  readonly svg: string;
  readonly caption: string;
}

export interface ReportFigures {
  readonly pareto: readonly Figure[];
  readonly history: Figure | null;
  readonly sensitivity: readonly Figure[];
  readonly parallel: Figure | null;
}

export function header(report: StudyReport): string {
  const { strategy } = report;
  return [
    `<h1>${escapeHtml(report.name)}</h1>`,
    report.description === '' ? '' : `<p>${escapeHtml(report.description)}</p>`,
    `<p class="soft">Strategy <b>${escapeHtml(strategy.name)}</b>, simulator ${escapeHtml(report.simulator)}, sampler ${escapeHtml(report.sampler)}, ` +
      `${report.trials.length} trials × ${report.seeds.length} seeds (${report.seeds.join(', ')})${report.ended === null ? '' : `; ended: ${escapeHtml(report.ended)}`}.</p>`,
    ...(report.savings === undefined ? [] : [`<p class="soft">${escapeHtml(savingsText(report.savings))}</p>`]),
    ...report.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`),
  ].join('\n');
}

/** One sentence on what budget savers spared. */
export function savingsText({ stopped, simulations, withoutSavers, shortRuns, shortFraction, saved }: Savings): string {
  const share = `${Math.abs(100 * saved).toFixed(1)} % ${saved < 0 ? 'more' : 'saved'}`;
  const short =
    shortRuns === undefined ? '' : ` and ${shortRuns} short runs of ${formatNumber(100 * (shortFraction ?? 0))} %`;
  return `Budget savers: ${stopped} trial${stopped === 1 ? '' : 's'} stopped early; ${simulations} simulations${short} instead of ${withoutSavers} (${share}).`;
}

/** One card for each objective: green or red only where the paired interval excludes zero. */
export function cards(report: StudyReport): string {
  const items = report.decision.best.map((best) => {
    const change = changeOf(report, best.trial, best.metric);
    const text = `<span>${escapeHtml(bestText(best))}</span>`;
    if (change === undefined) return `<div class="card"><b class="soft">${formatNumber(best.value)}</b>${text}</div>`;
    const { row, stage } = change;
    const style = row.verdict === 'better' ? 'good' : row.verdict === 'worse' ? 'bad' : 'soft';
    const seeds = stage === 'validation' ? 'fresh' : 'tuning';
    return `<div class="card"><b class="${style}">${formatChange(row.scale, row.improvement)}</b><span>${escapeHtml(changeText(row))} against the baseline on ${seeds} seeds</span>${text}</div>`;
  });
  const { outcomes } = report;
  const count = outcomes.flat().length;
  const vectors = `${count} vector${count === 1 ? '' : 's'}`;
  return `<div class="cards">${items.join('')}<div class="card"><b>${outcomes.length}</b><span>distinct outcomes on the Pareto front, from ${vectors}</span></div></div>`;
}

/** Every constraint with bound, mean, room and broken seeds, beside each point and the baseline, on both sets of seeds. */
export function constraintSection(report: StudyReport): string {
  if (report.checks.length === 0) return '';
  const rows = report.checks.map(({ trial, stage, holds, rows: checks }) => {
    const cells = [
      `${trial}${trial === report.baseline ? ' (baseline)' : ''}`,
      stage === 'tuning' ? 'tuning' : 'fresh',
      ...checks.map(checkText),
    ].map((cell) => `<td>${escapeHtml(cell)}</td>`);
    return `<tr>${cells.join('')}<td class="${holds ? 'good' : 'bad'}">${holds ? 'holds' : 'breaks'}</td></tr>`;
  });
  const head = ['trial', 'seeds', ...report.constraints.map(({ text }) => text), ''];
  return `<h2>Constraints</h2>
<p class="soft">Mean over the seeds, in brackets the room up to the bound, and how many seeds break it by themselves.</p>
<div class="wide"><table><thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

export function figureBlock(figures: readonly (Figure | null)[]): string {
  const items = figures.flatMap((figure) =>
    figure === null ? [] : [`<figure>${figure.svg}<figcaption>${escapeHtml(figure.caption)}</figcaption></figure>`],
  );
  return `<div class="charts">${items.join('\n')}</div>`;
}

/** Best points against the baseline, on tuning seeds and on fresh ones. */
export function comparisonSection(report: StudyReport): string {
  if (report.comparisons.length === 0) return '';
  const shown = report.metrics
    .filter(({ name, role }) => role !== 'context' || /^completion_fraction$|fairness|^slo_attainment/.test(name))
    .map(({ name }) => name);
  const blocks = report.comparisons.map((comparison) => comparisonTable(report, comparison, shown));
  return `<h2>Best points against the baseline</h2>
<p class="soft">Changes are paired by seed, with 95 % Student-t intervals: relative changes from the mean logarithm of the ratio or, where a value is 0 or negative, differences in the metric's unit. Positive is better.</p>
${blocks.join('\n')}`;
}

function comparisonTable(report: StudyReport, comparison: Comparison, shown: readonly string[]): string {
  const seeds = comparison.stage === 'tuning' ? report.seeds : report.validationSeeds;
  const title = `Trial ${comparison.trial}, ${comparison.stage === 'tuning' ? 'tuning seeds' : 'fresh seeds'} ${seeds.join(', ')}`;
  const rows = comparison.rows
    .filter(({ metric }) => shown.includes(metric))
    .map((row) => {
      const unit = report.metrics.find(({ name }) => name === row.metric)?.unit ?? '';
      const interval =
        row.low === null || row.high === null
          ? ''
          : `${formatChange(row.scale, row.low)} … ${formatChange(row.scale, row.high)}`;
      const style = row.verdict === 'better' ? 'good' : row.verdict === 'worse' ? 'bad' : '';
      return `<tr><td>${escapeHtml(row.metric)}</td><td>${escapeHtml(unit === '1' ? '' : unit)}</td><td>${formatNumber(row.baseline)}</td><td>${formatNumber(row.value)}</td><td class="${style}">${formatChange(row.scale, row.improvement)}</td><td>${interval}</td><td>${row.verdict}</td></tr>`;
    });
  return `<h3>${escapeHtml(title)}</h3>
<table><thead><tr><th>metric</th><th>unit</th><th>baseline</th><th>this point</th><th>change</th><th>95 % interval</th><th>verdict</th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

export function frontSection(report: StudyReport): string {
  const listed = [...report.shortList, ...report.front.filter((number) => !report.shortList.includes(number))];
  const numbers = report.baseline === null || listed.includes(report.baseline) ? listed : [report.baseline, ...listed];
  return `<h2>Pareto front</h2>
<p class="soft">Feasible points that no other point beats on every objective; the balanced one first, then the most different ones.</p>
${trialTable(
  report,
  numbers.map((number) => report.trials[number]!),
)}`;
}

export function trialsSection(report: StudyReport): string {
  return `<h2>All trials</h2><div class="scroll">${trialTable(report, report.trials)}</div>${stoppedList(report)}`;
}

/** Why trials were stopped early; empty without budget savers. */
function stoppedList(report: StudyReport): string {
  const stopped = report.trials.filter(({ status }) => status === 'stopped');
  if (stopped.length === 0) return '';
  const items = stopped.map(({ number, reason }) => `<li>Trial ${number}: ${escapeHtml(reason ?? '')}</li>`);
  return `\n<h3>Stopped early</h3><ul class="soft">${items.join('')}</ul>`;
}

function trialTable(report: StudyReport, trials: readonly ReportTrial[]): string {
  const metrics = report.metrics.filter(({ role, name }) => role !== 'context' || name === 'completion_fraction');
  const head = [
    'trial',
    'origin',
    'status',
    ...(report.savings === undefined ? [] : ['seeds']),
    ...report.parameters.map(({ column }) => column),
    ...metrics.map(({ name }) => name),
  ];
  const rows = trials.map((trial) => {
    const cells = [
      String(trial.number),
      trial.origin,
      trial.status === 'observed' ? (trial.onFront ? 'front' : trial.feasible ? 'feasible' : 'violates') : trial.status,
      ...(trial.replicates === undefined ? [] : [`${trial.replicates} of ${report.seeds.length}`]),
      ...report.parameters.map(({ column }) =>
        trial.parameters[column] === undefined ? '–' : formatValue(trial.parameters[column]),
      ),
      ...metrics.map(({ name }) => estimateText(trial.metrics[name])),
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`;
  });
  return `<div class="wide"><table><thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function estimateText(value: Estimate | undefined): string {
  if (value === undefined) return '–';
  return value.high === null
    ? formatNumber(value.mean)
    : `${formatNumber(value.mean)} ± ${formatNumber(value.high - value.mean)}`;
}

export function provenance(report: StudyReport): string {
  return `<h2>How to repeat this</h2>
<p>The folder of this page holds <code>plan.json</code> (every input, word for word) and <code>journal.jsonl</code> (every proposal and outcome). <code>paretune verify DIR</code> recomputes all of it and names the first difference.</p>
<p class="soft">Plan ${escapeHtml(report.planHash)}; paretune ${escapeHtml(report.tool)}.</p>`;
}
