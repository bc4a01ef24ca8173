import { reachedAfter } from '../advice.ts';
import { namedPoints } from '../chart-figures.ts';
import { formatChange, formatNumber, formatShare } from '../format.ts';
import type { ComparisonRow, PointCheck, StudyReport } from '../study-report.ts';
import { bestText, changeOf, changeText, checkText, doubtText } from './change-text.ts';
import { escapeHtml } from './escape.ts';
import { htmlTable, trialButton } from './html.ts';

/** The first screen: what was tuned, what to take, what that rests on. */
export function decisionSection(report: StudyReport): string {
  return [facts(report), notes(report), pointCards(report), bestLines(report)].join('\n');
}

function facts(report: StudyReport): string {
  const items = report.facts.map(
    ({ name, value }) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`,
  );
  return `<dl class="facts">${items.join('')}</dl>`;
}

function notes(report: StudyReport): string {
  return report.notes.map((note) => `<p class="note">${escapeHtml(note)}</p>`).join('\n');
}

/** The recommended point and its alternatives, and the baseline beside them. */
function pointCards(report: StudyReport): string {
  const points = namedPoints(report);
  const { recommended } = report.decision;
  const missing = recommended === null ? '<p class="note">No point is recommended: see the constraints below.</p>' : '';
  const cards = points.map(({ trial }) => pointCard(report, trial));
  return `<h2 id="decision">Which point to take</h2>${missing}<div class="cards">${cards.join('')}</div>`;
}

function pointCard(report: StudyReport, number: number): string {
  const { baseline, decision } = report;
  const title =
    number === baseline
      ? decision.baseline === 'infeasible'
        ? 'Baseline (infeasible)'
        : 'Baseline'
      : number === decision.recommended
        ? 'Recommended'
        : 'Alternative';
  const style = number === decision.recommended ? 'card chosen' : 'card';
  const rows = [
    ...report.objectives.map((metric) => objectiveLine(report, number, metric)),
    ...constraintLines(report, number),
    ...completionLine(report, number),
  ];
  return `<article class="${style}"><h3>${title}: trial ${trialButton(number)}</h3><ul>${rows.join('')}</ul></article>`;
}

/** Green or red only where the paired interval excludes zero; the words say it too. */
function objectiveLine(report: StudyReport, number: number, metric: string): string {
  const { unit } = report.metrics.find(({ name }) => name === metric)!;
  const trial = report.trials[number]!;
  const value = trial.metrics[metric];
  const figure = value === undefined ? '–' : `${formatNumber(value.mean)}${unit === '1' ? '' : ` ${unit}`}`;
  const change = changeOf(report, number, metric);
  const how =
    change === undefined
      ? ''
      : ` <b class="${verdictStyle(change.row)}">${formatChange(change.row.scale, change.row.improvement)}</b> <span class="soft">${escapeHtml(doubtText(change.row))}, ${change.stage === 'validation' ? 'fresh' : 'tuning'} seeds</span>`;
  return `<li>${escapeHtml(metric)} <span class="figure">${escapeHtml(figure)}</span>${how}</li>`;
}

export function verdictStyle({ verdict }: ComparisonRow): 'good' | 'bad' | 'soft' {
  return verdict === 'better' ? 'good' : verdict === 'worse' ? 'bad' : 'soft';
}

function constraintLines(report: StudyReport, number: number): readonly string[] {
  const own = report.checks.filter(({ trial }) => trial === number);
  return own.flatMap(({ stage, rows }) =>
    rows.map((row) => {
      const style = row.met ? 'good' : 'bad';
      const seeds = stage === 'tuning' ? 'tuning' : 'fresh';
      return `<li>${escapeHtml(row.text)}: <b class="${style}">${row.met ? 'holds' : 'BREAKS'}</b> <span class="soft">${escapeHtml(checkText(row))}, ${seeds} seeds</span></li>`;
    }),
  );
}

function completionLine({ decision }: StudyReport, number: number): readonly string[] {
  const low = decision.lowCompletion.find(({ trial }) => trial === number);
  return low === undefined ? [] : [`<li class="bad">serves ${formatShare(low.share)} of requests</li>`];
}

function bestLines({ decision }: StudyReport): string {
  if (decision.best.length === 0) return '';
  return `<ul class="soft">${decision.best.map((best) => `<li>${escapeHtml(bestText(best))}</li>`).join('')}</ul>`;
}

/** Files of the points, with what each leaves out. */
export function deploySection({ deployments, decision }: StudyReport): string {
  if (deployments.length === 0) return '';
  const points = [...new Set(deployments.map(({ trial }) => trial))];
  const blocks = points.map((number) => {
    const files = deployments
      .filter(({ trial }) => trial === number)
      .map(({ target, file, text, leftOut }) => {
        const lost =
          leftOut.length === 0
            ? '<p class="soft">Leaves nothing out.</p>'
            : `<p class="note">Leaves out: ${escapeHtml(leftOut.join('; '))}</p>`;
        return `<details><summary>${escapeHtml(file)} <span class="soft">(--as ${target})</span></summary>${lost}<pre tabindex="0">${escapeHtml(text)}</pre></details>`;
      });
    return `<h3>Trial ${number}${number === decision.recommended ? ', recommended' : ''}</h3>${files.join('')}`;
  });
  return `<h2 id="deploy">What to deploy</h2><p class="soft">As <code>paretune export DIR --point N</code> writes it.</p>${blocks.join('')}`;
}

const MOST_REASONS = 10;

/** What else clearly changed at the recommended point: the counters behind the objectives. */
export function whySection(report: StudyReport): string {
  const { recommended } = report.decision;
  const own = report.comparisons.filter(({ trial }) => trial === recommended);
  const comparison = own.find(({ stage }) => stage === 'validation') ?? own[0];
  if (comparison === undefined) return '';
  const aims = new Set(report.objectives);
  const clear = comparison.rows
    .filter(({ metric, verdict }) => !aims.has(metric) && verdict !== 'no clear difference')
    .sort((a, b) => Math.abs(b.improvement) - Math.abs(a.improvement))
    .slice(0, MOST_REASONS);
  if (clear.length === 0) return '';
  const rows = clear.map((row) => [
    escapeHtml(row.metric),
    formatNumber(row.baseline),
    formatNumber(row.value),
    `<b class="${verdictStyle(row)}">${escapeHtml(changeText(row))}</b>`,
  ]);
  const { mechanism } = report.strategy;
  const said = mechanism === '' ? '' : `<p>${escapeHtml(mechanism)}</p>`;
  return `<h2 id="why">Why it differs</h2>${said}<p class="soft">Counters and metrics of trial ${comparison.trial} that clearly differ from the baseline, on ${comparison.stage === 'validation' ? 'fresh' : 'tuning'} seeds.</p>${htmlTable('Why the point differs', ['metric', 'baseline', 'this point', 'change'], rows)}`;
}

/** How much of the budget mattered, and what to try next. */
export function adviceSection(report: StudyReport): string {
  const half = reachedAfter(report.hypervolume, 0.5);
  const most = reachedAfter(report.hypervolume, 0.95);
  const budget =
    most === null || half === null
      ? ''
      : `<p>Half of the gain was there after ${half} of ${report.trials.length} trials, 95 % after ${most}.</p>`;
  const items = report.advice.map((line) => `<li>${escapeHtml(line)}</li>`).join('');
  if (budget === '' && items === '') return '';
  return `<h2 id="next">The budget, and what next</h2>${budget}${items === '' ? '' : `<ul>${items}</ul>`}`;
}

/** Every constraint with bound, mean, room and broken seeds, beside each point and the baseline, on both sets of seeds. */
export function constraintSection(report: StudyReport): string {
  if (report.checks.length === 0) return '';
  const rows = report.checks.map((check) => checkRow(report, check));
  const head = ['trial', 'seeds', 'verdict', ...report.constraints.map(({ text }) => text)];
  return `<h2 id="constraints">Constraints</h2>
<p class="soft">Mean over the seeds, in brackets the room up to the bound, and how many seeds break it by themselves.</p>
${htmlTable('Constraints', head, rows)}`;
}

function checkRow({ baseline }: StudyReport, { trial, stage, holds, rows }: PointCheck): readonly string[] {
  return [
    `${trialButton(trial)}${trial === baseline ? ' baseline' : ''}`,
    stage === 'tuning' ? 'tuning' : 'fresh',
    `<b class="${holds ? 'good' : 'bad'}">${holds ? 'holds' : 'breaks'}</b>`,
    ...rows.map((row) => escapeHtml(checkText(row))),
  ];
}
