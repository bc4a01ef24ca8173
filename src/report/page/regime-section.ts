import { formatNumber, formatPercent } from '../format.ts';
import type { RegimeTable } from '../regimes.ts';
import type { StudyReport } from '../study-report.ts';
import { escapeHtml } from './escape.ts';
import { textTable } from './html.ts';

/** Several workloads: what one setting for all of them costs on each. Nothing for a study with one workload. */
export function regimeSection({ regimes }: StudyReport): string {
  if (regimes === undefined || regimes.length === 0) return '';
  return `<h2>Workloads</h2>
<p class="soft">A plain metric is, for each seed, the ratio to the baseline on the same workload and seed, 1 = like the baseline. The robust optimum is the feasible trial with the best ratio; a workload's own optimum is the best feasible trial there, among those tried. Positive changes are better.</p>
${regimes.map(regimeTable).join('\n')}`;
}

function regimeTable({ metric, aggregate, of, robust, robustRatio, rows }: RegimeTable): string {
  const body = rows.map(({ workload, unit, baseline, own, ownValue, robustValue, gain, gap }) => {
    const cells = [
      workload,
      unit === '1' ? '' : unit,
      formatNumber(baseline),
      formatNumber(robustValue),
      gain === null ? '–' : formatPercent(gain),
      `trial ${own}`,
      formatNumber(ownValue),
      formatPercent(gap),
    ];
    return cells;
  });
  const head = [
    'workload',
    'unit',
    'baseline',
    'robust',
    'against baseline',
    'own optimum',
    'its value',
    'robust against it',
  ];
  const title = `${metric}: trial ${robust}, ${aggregate} ${of ?? 'ratio'} ${formatNumber(robustRatio)}`;
  return `<h3>${escapeHtml(title)}</h3>${textTable(title, head, body)}`;
}
