import { formatNumber, formatValue } from '../format.ts';
import type { LevelRow, ObjectiveSensitivity, SensitivityRow } from '../sensitivity-report.ts';
import type { StudyReport } from '../study-report.ts';
import type { SurrogateQuality } from '../surrogate-table.ts';
import { escapeHtml } from './escape.ts';
import { textTable } from './html.ts';

export function sensitivitySection(report: StudyReport, figures: string): string {
  if (report.sensitivity.length === 0) return '';
  return `<h2 id="sensitivity">Sensitivity</h2>
<p class="soft">Sobol indices of the surrogate's mean over the search space, with 95 % intervals: the share of variance a parameter explains alone (first order) and with all its interactions (total). The intervals hold what the trials leave open: the surrogate itself and what it misses at points left out. Among the best fifth of the trials, the share of each parameter in what sets them apart (PED-ANOVA) and the chance p of as much by luck. As cross-checks on the trials themselves: the main effect of a standardised linear regression, and R² of the metric's trend over the parameter alone (a line or a parabola). The good range holds the values met in the best predicted tenth of the space.</p>
${report.surrogates.map(warningNote).join('')}${qualityLine(report.surrogates)}${figures}${report.sensitivity.map(objectiveTables).join('\n')}`;
}

function warningNote({ warning }: SurrogateQuality): string {
  return warning === undefined ? '' : `<p class="note">${escapeHtml(warning)}</p>`;
}

function qualityLine(surrogates: readonly SurrogateQuality[]): string {
  const constraints = surrogates.filter(({ role }) => role === 'constraint');
  return constraints.length === 0 ? '' : `<p class="soft">${escapeHtml(constraintLine(constraints))}</p>`;
}

/** R² of the surrogates of constraints as one sentence. */
export function constraintLine(constraints: readonly SurrogateQuality[]): string {
  const each = constraints.map(({ metric, leaveOneOutR2 }) => `${metric} ${r2Text(leaveOneOutR2)}`);
  return `Surrogates of constraints, leave-one-out R²: ${each.join(', ')}.`;
}

export function r2Text(r2: number | null): string {
  return r2 === null ? '– (no variation)' : r2.toFixed(2);
}

/** `0.62 (p 0.01)` */
export function amongBestText({ amongBest: { share, pValue } }: Pick<SensitivityRow, 'amongBest'>): string {
  return `${share.toFixed(2)} (p ${pValue < 0.01 ? pValue.toFixed(3) : pValue.toFixed(2)})`;
}

function objectiveTables({ metric, surrogateR2, rows }: ObjectiveSensitivity): string {
  const trust = ` <span class="soft">(surrogate: leave-one-out R² ${r2Text(surrogateR2)})</span>`;
  const head = [
    'parameter',
    'first order',
    'total',
    'among the best',
    'main effect',
    't',
    'trend R²',
    'good range',
    'note',
  ];
  const body = rows.map((row) => [
    row.parameter,
    indexText(row.first),
    indexText(row.total),
    amongBestText(row),
    row.mainEffect === null ? '–' : formatNumber(row.mainEffect),
    row.tStatistic === null ? '–' : formatNumber(row.tStatistic),
    trendText(row),
    row.goodRange,
    row.flat ? 'flat' : '',
  ]);
  const levels = rows.flatMap((row) =>
    row.levels === undefined ? [] : [levelTable(metric, row.parameter, row.levels)],
  );
  return `<h3>${escapeHtml(metric)}${trust}</h3>${textTable(`Sensitivity of ${metric}`, head, body)}${levels.join('')}`;
}

/** R² of the strongest trend; of a weight vector with the name of the weight. */
export function trendText({ parameter, trends }: Pick<SensitivityRow, 'parameter' | 'trends'>): string {
  const [strongest] = [...trends].sort((a, b) => b.r2 - a.r2);
  if (strongest === undefined) return '–';
  const { column, r2 } = strongest;
  return column === parameter ? r2.toFixed(2) : `${r2.toFixed(2)} (${column.slice(parameter.length + 1)})`;
}

function levelTable(metric: string, parameter: string, levels: readonly LevelRow[]): string {
  const head = [parameter, 'trials', 'feasible', 'mean', 'standard deviation', 'best'];
  const body = levels.map(({ level, trials, feasible, mean, deviation, best }) => [
    formatValue(level),
    String(trials),
    String(feasible),
    formatNumber(mean),
    deviation === null ? '–' : formatNumber(deviation),
    formatNumber(best),
  ]);
  return `<p class="soft">Observed trials by ${escapeHtml(parameter)}; they lie where the sampler went, so rows differ in more than this.</p>${textTable(`${metric} by ${parameter}`, head, body)}`;
}

function indexText(index: { readonly value: number; readonly low: number; readonly high: number }): string {
  return `${index.value.toFixed(3)} [${index.low.toFixed(3)}, ${index.high.toFixed(3)}]`;
}
