import { textHash } from '../base/json.ts';
import { formatNumber } from '../report/format.ts';
import { constraintSection, decisionSection } from '../report/page/decision-section.ts';
import { escapeHtml } from '../report/page/escape.ts';
import { htmlTable } from '../report/page/html.ts';
import { DIALOG, figureBlock, htmlDocument } from '../report/page/page.ts';
import { jsonBlock, pageData } from '../report/page/page-data.ts';
import { comparisonSection, frontSection, header, trialsSection } from '../report/page/sections.ts';
import { type PageChart, type PageCharts, pageCharts } from '../report/page-charts.ts';
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

interface LivePart {
  readonly hash: string;
  readonly html: string;
}

type LiveParts = Readonly<Record<string, LivePart>>;

/** What the page's script fetches after each change: `LiveData` in `src/report/browser/page-data.ts`. */
export interface LiveState {
  readonly data: object | null;
  readonly parts: LiveParts;
  readonly last: LiveParts;
}

/** @param trials - the budget of the study */
export function liveState(report: StudyReport, trials: number): LiveState {
  const charts = pageCharts(report);
  const finished = report.trials.filter(({ status }) => status !== 'pending').length;
  const tables = [constraintSection(report), comparisonSection(report), frontSection(report), trialsSection(report)];
  return {
    data: pageData(report, charts),
    parts: withHashes({
      'live-progress': progress(finished, trials, report.ended),
      'live-decision': decisionSection(report),
      'live-figures': figuresWithoutCaptions(charts),
      ...Object.fromEntries(shown(charts).map(({ id, caption }) => [`caption-${id}`, escapeHtml(caption)])),
    }),
    last: withHashes({ 'live-tables': tables.join('\n') }),
  };
}

export function listState(runs: readonly ListedRun[]): LiveState {
  return { data: null, parts: withHashes({ 'live-list': listTable(runs) }), last: {} };
}

function withHashes(parts: Readonly<Record<string, string>>): LiveParts {
  return Object.fromEntries(
    Object.entries(parts).map(([id, html]) => [id, { hash: textHash(html).slice(0, 16), html }]),
  );
}

function shown({ charts }: PageCharts): readonly PageChart[] {
  return PLACES.flatMap((place) => charts.filter((chart) => chart.place === place));
}

/** Captions name values that change; apart from them the figures stay, and with them what is drawn in them. */
function figuresWithoutCaptions({ charts, datasets }: PageCharts): string {
  const bare = charts.map((chart) => ({ ...chart, caption: '' }));
  const parts = { charts: { charts: bare, datasets }, drawn: new Map<string, string>() };
  return PLACES.map((place) => figureBlock(parts, place)).join('\n');
}

function withCaptions(html: string, { parts }: LiveState): string {
  return html.replace(
    /(<span id="caption-([^"]*)">)/g,
    (_, open, id) => `${open}${parts[`caption-${id}`]?.html ?? ''}`,
  );
}

interface LivePageParts {
  readonly state: LiveState;
  readonly script: string;
  /** Other runs, to compare with. */
  readonly beside: readonly string[];
}

export function livePage(id: string, report: StudyReport, { state, script, beside }: LivePageParts): string {
  const address = `/run/${encodeURIComponent(id)}`;
  const places = ['live-progress', 'live-decision', 'live-figures'].map((part) => [part, state.parts[part]!] as const);
  const parts = [...places, ...Object.entries(state.last)].map(
    ([part, { hash, html }]) => `<div id="${part}" data-hash="${hash}">${withCaptions(html, state)}</div>`,
  );
  return htmlDocument({
    title: `${report.name}, live`,
    attributes: ` data-events="${escapeHtml(address)}/events" data-state="${escapeHtml(address)}/state"`,
    body: `<p><a href="/">All runs</a> · <a href="${escapeHtml(address)}/report">whole report</a>${compareLinks(id, beside)}</p>\n${header({ ...report, ended: null })}\n${parts.join('\n')}\n${DIALOG}`,
    script,
    data: jsonBlock(state.data),
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

function listTable(runs: readonly ListedRun[]): string {
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
