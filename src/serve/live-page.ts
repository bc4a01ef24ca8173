import { formatNumber } from '../report/format.ts';
import { constraintSection, decisionSection } from '../report/page/decision-section.ts';
import { escapeHtml } from '../report/page/escape.ts';
import { htmlTable } from '../report/page/html.ts';
import { DIALOG, figureBlock, htmlDocument } from '../report/page/page.ts';
import { jsonBlock, pageData } from '../report/page/page-data.ts';
import { comparisonSection, frontSection, header, trialsSection } from '../report/page/sections.ts';
import { type PageCharts, pageCharts } from '../report/page-charts.ts';
import type { StudyReport } from '../report/study-report.ts';

/** One run in the list of runs. */
export interface ListedRun {
  readonly id: string;
  readonly name: string;
  readonly finished: number;
  readonly trials: number;
  readonly ended: string | null;
  readonly best: readonly { readonly metric: string; readonly trial: number; readonly value: number }[];
  /** Why it cannot be shown. */
  readonly problem: string | null;
}

const PLACES = ['front', 'seeds', 'history', 'trials'] as const;

/** Parts of a live page that change, by the id of the element that holds them. */
function liveParts(report: StudyReport, trials: number, charts: PageCharts): Readonly<Record<string, string>> {
  const drawn = new Map<string, string>();
  return {
    'live-progress': progress(report.trials.filter(({ status }) => status !== 'pending').length, trials, report.ended),
    'live-decision': decisionSection(report),
    'live-figures': PLACES.map((place) => figureBlock({ charts, drawn }, place)).join('\n'),
    'live-tables': [
      constraintSection(report),
      comparisonSection(report),
      frontSection(report),
      trialsSection(report),
    ].join('\n'),
  };
}

/** What the page's script fetches after each change. */
export function liveData(report: StudyReport, trials: number): object {
  const charts = pageCharts(report);
  return { data: pageData(report, charts), parts: liveParts(report, trials, charts) };
}

interface LivePageParts {
  readonly trials: number;
  readonly script: string;
  /** Other runs, to compare with. */
  readonly beside: readonly string[];
}

export function livePage(id: string, report: StudyReport, { trials, script, beside }: LivePageParts): string {
  const charts = pageCharts(report);
  const address = `/run/${encodeURIComponent(id)}`;
  const parts = Object.entries(liveParts(report, trials, charts)).map(
    ([part, html]) => `<div id="${part}">${html}</div>`,
  );
  return htmlDocument({
    title: `${report.name}, live`,
    attributes: ` data-events="${escapeHtml(address)}/events" data-state="${escapeHtml(address)}/state"`,
    body: `<p><a href="/">All runs</a> · <a href="${escapeHtml(address)}/report">whole report</a>${compareLinks(id, beside)}</p>\n${header({ ...report, ended: null })}\n${parts.join('\n')}\n${DIALOG}`,
    script,
    data: jsonBlock(pageData(report, charts)),
  });
}

function compareLinks(id: string, beside: readonly string[]): string {
  if (beside.length === 0) return '';
  const links = beside.map(
    (other) =>
      `<a href="/compare?a=${encodeURIComponent(id)}&amp;b=${encodeURIComponent(other)}">${escapeHtml(other)}</a>`,
  );
  return ` · compare with ${links.join(', ')}`;
}

function progress(finished: number, trials: number, ended: string | null): string {
  const text = `${finished} of ${trials} trials${ended === null ? '' : `; ended: ${ended}`}`;
  return `<p><progress max="${trials}" value="${finished}" aria-label="trials finished"></progress> <b>${escapeHtml(text)}</b></p>`;
}

/** The list of runs, the parts that change in it included. */
export function listPage(runs: readonly ListedRun[], script: string): string {
  return htmlDocument({
    title: 'Runs',
    attributes: ' data-events="/events" data-state="/state"',
    body: `<h1>Runs</h1>\n<div id="live-list">${listTable(runs)}</div>`,
    script,
    data: 'null',
  });
}

export function listTable(runs: readonly ListedRun[]): string {
  if (runs.length === 0) return '<p>No run here yet: start one with <code>paretune run</code>.</p>';
  const rows = runs.map(({ id, name, finished, trials, ended, best, problem }) => [
    problem === null ? `<a href="/run/${encodeURIComponent(id)}">${escapeHtml(id)}</a>` : escapeHtml(id),
    escapeHtml(problem ?? name),
    problem === null ? `${finished} of ${trials}` : '–',
    problem === null ? escapeHtml(ended ?? 'running or interrupted') : '–',
    escapeHtml(
      best.map(({ metric, trial, value }) => `${metric} ${formatNumber(value)} (trial ${trial})`).join(', '),
    ) || '–',
  ]);
  return htmlTable('Runs', ['run', 'study', 'trials', 'state', 'best of the front'], rows);
}
