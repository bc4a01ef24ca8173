import { publishedScatter } from '../../report/chart/gpu-jobs-published.ts';
import { type Picture, renderPicture } from '../../report/chart/render.ts';
import { formatPercent } from '../../report/format.ts';
import {
  type BenchmarkOptions,
  type BenchmarkRow,
  byLoad,
  errorSummary,
  isThroughput,
} from './benchmark-comparison.ts';

export async function benchmarkPicture(rows: readonly BenchmarkRow[]): Promise<Picture> {
  const points = rows.filter(isThroughput).map(({ model, gpu, load, tp, published, simulated }) => ({
    series: `${model}, ${gpu}`,
    label: `${load}, TP ${tp}`,
    published,
    simulated,
  }));
  return await renderPicture(publishedScatter(points));
}

/** The rows as Markdown, with their sources. */
export function benchmarkPage(rows: readonly BenchmarkRow[], { requests, perf }: BenchmarkOptions): string {
  const sources = [...new Set(rows.map(({ source }) => source))];
  const { mean, median, worstFactor } = errorSummary(rows);
  return [
    '# Roofline against published figures',
    '',
    `Written by \`paretune gpu-jobs benchmarks --requests ${requests} --mfu ${perf.mfu} --mbu ${perf.mbu} --overhead ${perf.overhead}\`.`,
    'Throughputs are simulated by the token engine under the limits that the source names, with all requests there from the',
    'start. Times per token are one decode step. The error is that of the speed: +50 % = simulated half as fast again.',
    '',
    `Over ${rows.length} rows: mean |error| ${percent(mean)}, median ${percent(median)}, every row within a factor of ${worstFactor.toFixed(2)}.`,
    '',
    '| load | rows | mean error | from | to |',
    '|---|---|---|---|---|',
    ...byLoad(rows).map(([load, group]) => loadRow(load, group)),
    '',
    '![published and simulated throughput](benchmarks.svg)',
    '',
    '| model | GPUs | load | published | roofline | error of the speed | source |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => tableRow(row, sources.indexOf(row.source) + 1)),
    '',
    ...sources.flatMap(({ title, address }, index) => [`${index + 1}. ${title}: <${address}>`]),
    '',
  ].join('\n');
}

function loadRow(load: string, rows: readonly BenchmarkRow[]): string {
  const errors = rows.map(({ error }) => error);
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const cells = [mean, Math.min(...errors), Math.max(...errors)].map((error) => formatPercent(error, 0));
  return `| ${load} | ${rows.length} | ${cells.join(' | ')} |`;
}

function tableRow({ model, gpu, tp, load, unit, published, simulated, error }: BenchmarkRow, source: number): string {
  const digits = unit === 'ms' ? 2 : 0;
  const figures = `${published} ${unit} | ${simulated.toFixed(digits)} | ${formatPercent(error, 0)}`;
  return `| ${model} | ${tp} × ${gpu} | ${load} | ${figures} | ${source} |`;
}

/** `12 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
