import type { Interval } from '../../numeric/statistics.ts';
import { engineRegimes } from '../../report/chart/engine-regimes.ts';
import { type Picture, renderPicture } from '../../report/chart/render.ts';
import { formatPercent } from '../../report/format.ts';
import { GOOD_ENOUGH, type Regime, type RegimeOptions, type RegimeResult } from './engine-regimes.ts';

/** Mean E2E of the token engine against the cluster simulator. */
export async function regimesPicture(results: readonly RegimeResult[]): Promise<Picture> {
  const cells = results.map(({ regime, e2eMean, agrees }) => ({
    panel: regime.panel,
    rate: regime.rate,
    memory: memoryOf(regime),
    difference: e2eMean.value,
    agrees,
  }));
  const title = 'Mean E2E of the token engine above or below the cluster simulator, %';
  return await renderPicture(engineRegimes(cells, title, `bold: all four figures within ${GOOD_ENOUGH * 100} %`));
}

/** The results as Markdown; every figure comes from them. */
export function regimesPage(results: readonly RegimeResult[], { requests, seeds }: RegimeOptions): string {
  const panels = [...new Set(results.map(({ regime }) => regime.panel))];
  return [
    '# Where the simple model is good enough',
    '',
    `Written by \`paretune gpu-jobs regimes --requests ${requests} --seeds ${seeds.length}\`. The same traces of ${requests} requests go`,
    'through the token engine of gpu-jobs and the cluster simulator, one instance each, at five loads and five sizes of the KV',
    `cache, ${seeds.length} seeds a cell. A cell agrees where means and P99 of E2E and TTFT all differ by less than ${GOOD_ENOUGH * 100} % on average.`,
    '',
    ...panels.map((panel) => finding(panel, results)),
    '',
    '![difference of the mean E2E by load and memory](regimes.svg)',
    '',
    'Where memory runs out the engines differ by rule, not by chance: the cluster simulator drops the output of a preempted',
    'request and finds its prompt in the prefix cache, the token engine keeps the output and computes prompt and output anew',
    '([each rule on one trace](../gpu-jobs-validation/README.md)). Under rooflines the step times themselves differ: the cluster',
    'simulator counts 5.1 of the 8 billion parameters, as its reference does.',
    '',
    ...panels.flatMap((panel) => table(panel, results)),
  ].join('\n');
}

function finding(panel: string, results: readonly RegimeResult[]): string {
  const own = results.filter(({ regime }) => regime.panel === panel);
  const agreeing = own.filter(({ agrees }) => agrees);
  const calm = own.filter(({ preemptions }) => preemptions === 0);
  const calmAgreeing = calm.filter(({ agrees }) => agrees);
  const sizes = own.map(({ e2eMean }) => Math.abs(e2eMean.value));
  return (
    `- **${panel}**: ${agreeing.length} of ${own.length} cells agree; of the ${calm.length} without a preemption ` +
    `${calmAgreeing.length} do. Mean E2E differs by ${percent(Math.min(...sizes))} to ${percent(Math.max(...sizes))}.`
  );
}

function table(panel: string, results: readonly RegimeResult[]): readonly string[] {
  const rows = results.filter(({ regime }) => regime.panel === panel);
  return [
    `## ${panel[0]!.toUpperCase()}${panel.slice(1)}`,
    '',
    '| KV cache | requests/s | cluster E2E, ms | preemptions in 100 | E2E mean | E2E P99 | TTFT mean | TTFT P99 |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(({ regime, clusterE2eMs, preemptions, e2eMean, e2eP99, ttftMean, ttftP99, agrees }) => {
      const shares = [e2eMean, e2eP99, ttftMean, ttftP99].map(interval);
      const memory = agrees ? `**${memoryOf(regime)}**` : memoryOf(regime);
      return `| ${memory} | ${regime.rate} | ${clusterE2eMs.toFixed(1)} | ${preemptions.toFixed(1)} | ${shares.join(' | ')} |`;
    }),
    '',
    'Token engine against cluster simulator, mean over seeds with its 95 % interval; bold rows agree.',
    '',
  ];
}

function memoryOf({ blocks }: Regime): string {
  return `${(blocks * 16).toLocaleString('en-US')} tokens`;
}

function interval({ value, low, high }: Interval): string {
  const text = formatPercent(value, 1);
  return low === null || high === null ? text : `${text} (${formatPercent(low, 1)} … ${formatPercent(high, 1)})`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
