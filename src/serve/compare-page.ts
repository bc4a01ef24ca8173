import { formatChange, formatNumber, formatValue } from '../report/format.ts';
import { checkText } from '../report/page/change-text.ts';
import { escapeHtml } from '../report/page/escape.ts';
import { textTable } from '../report/page/html.ts';
import { figureBlock, htmlDocument } from '../report/page/page.ts';
import { jsonBlock } from '../report/page/page-data.ts';
import type { PageChart } from '../report/page-charts.ts';
import type { ComparedRow, ComparedSide, ComparedStage, RunComparison } from '../report/run-comparison.ts';

/** Two points of two runs side by side, tuning and fresh seeds apart. */
export function comparePage(comparison: RunComparison, charts: readonly PageChart[], script: string): string {
  const { a, b, stages, parameters, leftOut } = comparison;
  const parts = { charts: { charts, datasets: {} }, drawn: new Map<string, string>() };
  const body = [
    '<p><a href="/">All runs</a></p>',
    `<h1>${escapeHtml(a.run)} and ${escapeHtml(b.run)}</h1>`,
    `<p>${sideText('A', a)}<br>${sideText('B', b)}</p>`,
    ...leftOut.map((one) => `<p class="soft">Not compared: ${escapeHtml(one)}.</p>`),
    ...stages.map(stageSection),
    '<h2>What differs</h2>',
    parameters.length === 0
      ? '<p>The points have the same parameters.</p>'
      : textTable(
          'Parameters that differ',
          ['parameter', 'A', 'B'],
          parameters.map((row) => [row.name, formatValue(row.a), formatValue(row.b)]),
        ),
    charts.length === 0 ? '' : '<h2>Course of both runs</h2>',
    figureBlock(parts, 'history'),
    figureBlock(parts, 'trials'),
  ].join('\n');
  return htmlDocument({ title: `${a.run} and ${b.run}`, body, script, data: jsonBlock(chartData(charts)) });
}

/** What the script of the page draws from: charts that bring their rows, and no points to open. */
function chartData(charts: readonly PageChart[]): object {
  const specs = Object.fromEntries(charts.map(({ id, spec }) => [id, spec]));
  return { charts: specs, datasets: {}, parameters: [], metrics: [], seeds: [], freshSeeds: [], points: [] };
}

function sideText(letter: string, { run, study, point, strategy }: ComparedSide): string {
  const text = `${study}, ${point}, strategy ${strategy}`;
  return `<b>${letter}</b> <a href="/run/${encodeURIComponent(run)}">${escapeHtml(run)}</a>: ${escapeHtml(text)}`;
}

function stageSection({ kind, seeds, rows, constraints }: ComparedStage): string {
  const title = `${kind === 'fresh' ? 'Fresh seeds' : 'Seeds on which points were chosen'} ${seeds.join(', ')}`;
  const bounds = [
    ...constraints.a.map((row) => ['A', row.text, row.met ? 'holds' : 'BREAKS', checkText(row)]),
    ...constraints.b.map((row) => ['B', row.text, row.met ? 'holds' : 'BREAKS', checkText(row)]),
  ];
  const head = ['metric', 'unit', 'A', 'B', 'B against A', '95 % interval', 'verdict'];
  return [
    `<h2>${escapeHtml(title)}</h2>`,
    textTable(title, head, rows.map(rowCells)),
    bounds.length === 0
      ? ''
      : textTable(`Constraints, ${title}`, ['side', 'constraint', 'state', 'mean and room'], bounds),
  ].join('\n');
}

function rowCells({ metric, unit, a, b, change, verdict }: ComparedRow): readonly string[] {
  const { scale, value, low, high } = change;
  const interval = low === null || high === null ? '–' : `${formatChange(scale, low)} … ${formatChange(scale, high)}`;
  return [
    metric,
    unit === '1' ? '' : unit,
    formatNumber(a),
    formatNumber(b),
    formatChange(scale, value),
    interval,
    verdict,
  ];
}
