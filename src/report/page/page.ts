import { textHash } from '../../base/json.ts';
import type { ChartPlace, PageChart, PageCharts } from '../page-charts.ts';
import type { StudyReport } from '../study-report.ts';
import { calibrationSection } from './calibration-section.ts';
import { adviceSection, constraintSection, decisionSection, deploySection, whySection } from './decision-section.ts';
import { escapeHtml } from './escape.ts';
import { jsonBlock, pageData } from './page-data.ts';
import { regimeSection } from './regime-section.ts';
import { comparisonSection, frontSection, header, provenance, trialsSection } from './sections.ts';
import { sensitivitySection } from './sensitivity-section.ts';
import { STYLES } from './styles.ts';

/** What a page carries beside the report. */
export interface PageParts {
  readonly charts: PageCharts;
  /** Charts already drawn, by id, for print and for readers without scripts. */
  readonly drawn: ReadonlyMap<string, string>;
  /** Text of the page's script. */
  readonly script: string;
}

/** The whole report as one HTML text that needs no other file and no network. */
export function renderPage(report: StudyReport, parts: PageParts): string {
  const figures = (place: ChartPlace): string => figureBlock(parts, place);
  const body = [
    header(report),
    decisionSection(report),
    figures('latency'),
    figures('front'),
    deploySection(report),
    whySection(report),
    adviceSection(report),
    constraintSection(report),
    figures('seeds'),
    comparisonSection(report),
    regimeSection(report),
    frontSection(report),
    titled('history', 'Course of the study', figures('history')),
    sensitivitySection(report, figures('sensitivity')),
    titled('model', 'What the model believes', figures('surrogate')),
    trialsSection(report),
    figures('trials'),
    calibrationSection(report),
    provenance(report),
  ].join('\n');
  return htmlDocument({
    title: report.name,
    body: `${body}\n${DIALOG}`,
    script: parts.script,
    data: jsonBlock(pageData(report, parts.charts)),
  });
}

/** A document that runs one script and loads nothing: the policy names both by their hashes. */
export function htmlDocument({
  title,
  body,
  script,
  data,
  attributes = '',
}: {
  readonly title: string;
  readonly body: string;
  readonly script: string;
  /** JSON for the script. */
  readonly data: string;
  /** Of the body. */
  readonly attributes?: string;
}): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(script)}">
<title>${escapeHtml(title)} · paretune</title><style>${STYLES}</style></head>
<body${attributes}><header class="bar"><span>paretune</span><span id="connection" role="status"></span><button type="button" data-do="theme">Light or dark</button></header>
<main>
${body}
<div id="marked" role="status" hidden><span></span> <button type="button" data-do="unmark">Show all</button></div>
</main>
<script type="application/json" id="page-data">${data}</script>
<script>${script}</script>
</body></html>
`;
}

/** Runs and styles by what is inside the page alone; a page from a server may ask that server for news. */
export function contentPolicy(script: string): string {
  const hash = (text: string): string => `'sha256-${Buffer.from(textHash(text), 'hex').toString('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(STYLES)}`,
    "style-src-attr 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

export const DIALOG =
  '<dialog id="detail" aria-labelledby="detail-title"><div class="content"></div><button type="button" data-do="close">Close</button></dialog>';

function titled(id: string, title: string, content: string): string {
  return content === '' ? '' : `<h2 id="${id}">${title}</h2>${content}`;
}

export function figureBlock({ charts, drawn }: Pick<PageParts, 'charts' | 'drawn'>, place: ChartPlace): string {
  const items = charts.charts
    .filter((chart) => chart.place === place)
    .map((chart) => figure(chart, drawn.get(chart.id)));
  return items.length === 0 ? '' : `<div class="charts">${items.join('\n')}</div>`;
}

function figure({ id, label, caption, spec }: PageChart, svg: string | undefined): string {
  const panels = spec['concat'] === undefined && spec['hconcat'] === undefined ? '' : ' class="panels"';
  return `<figure${panels} data-chart="${escapeHtml(id)}"><div class="plot" role="img" aria-label="${escapeHtml(label)}"><div class="drawing" aria-hidden="true">${svg ?? ''}</div></div><figcaption><b>${escapeHtml(label)}.</b> <span id="caption-${escapeHtml(id)}">${escapeHtml(caption)}</span></figcaption></figure>`;
}
