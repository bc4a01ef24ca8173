import { join } from 'node:path';
import { from } from 'arquero';
import { csvLine } from '../../document/csv.ts';
import { type KvschedBar, type KvschedBarsText, kvschedBars } from '../../report/chart/kvsched-bars.ts';
import { type CdfPoint, cdfSteps, kvschedCdf } from '../../report/chart/kvsched-cdf.ts';
import type { ChartSpec, Picture } from '../../report/chart/render.ts';
import { writePicture } from '../../report/write-picture.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { type IndexRow, pathPart } from './run-index.ts';
import type { Samples } from './task.ts';

/** A chart, and the numbers it shows. */
export interface Figure {
  readonly name: string;
  readonly spec: ChartSpec;
  readonly table: readonly Readonly<Record<string, string | number>>[];
  /** Further file names of the same picture. */
  readonly aliases: readonly string[];
}

export interface FinishedRun {
  readonly row: IndexRow;
  readonly samples: Samples;
}

export type Render = (spec: ChartSpec) => Promise<Picture>;

export const BYTES_PER_GIB = 2 ** 30;

/** `pf1 ov0`. */
function ablationName(row: Pick<IndexRow, 'prefetch' | 'overlap'>): string {
  return `pf${Number(row.prefetch)} ov${Number(row.overlap)}`;
}

/** All figures of a batch. */
export function batchFigures(runs: readonly FinishedRun[]): readonly Figure[] {
  const scenarios = [...new Set(runs.map(({ row }) => row.scenario))];
  const stages = ['prefill', 'decode', 'total'] as const;
  const cdfs = scenarios.flatMap((scenario) => stages.map((stage) => batchCdf(runs, scenario, stage)));
  const p99 = batchBars(runs, (row) => row.summary.p99_ms);
  const moved = batchBars(runs, (row) => row.summary.kv_migration_bytes / BYTES_PER_GIB);
  return [
    ...cdfs,
    barFigure('p99_total_bar', p99, { title: 'P99 of the total latency, mean over seeds', axis: 'P99 (ms)' }, [
      'p99_bar',
    ]),
    barFigure('migration_bytes_bar', moved, {
      title: 'KV cache moved per run, mean over seeds',
      axis: 'moved (GiB)',
      ...(moved.every(({ value }) => value === 0) ? { note: 'no scheduler moved any KV cache' } : {}),
    }),
  ];
}

export function barFigure(
  name: string,
  bars: readonly KvschedBar[],
  text: KvschedBarsText,
  aliases: readonly string[] = [],
): Figure {
  return { name, spec: kvschedBars(bars, text), table: bars.map((bar) => ({ ...bar })), aliases };
}

/** Writes every figure as SVG and PNG with a CSV of its numbers; answers the paths of the PNGs. */
export async function writeFigures(
  folder: string,
  figures: readonly Figure[],
  render: Render,
  onFigure: (done: number) => void = () => undefined,
): Promise<readonly string[]> {
  let done = 0;
  const written = await Promise.all(
    figures.map(async ({ name, spec, table, aliases }) => {
      const picture = await render(spec);
      for (const file of [name, ...aliases]) writePicture(folder, file, picture);
      writeTextFile(join(folder, `${name}.csv`), csvTable(table));
      onFigure(++done);
      return join(folder, `${name}.png`);
    }),
  );
  return written;
}

function batchCdf(runs: readonly FinishedRun[], scenario: string, stage: keyof Samples): Figure {
  const own = runs.filter(({ row }) => row.scenario === scenario);
  return cdfFigure(
    `cdf_${stage}_${pathPart(scenario)}`,
    { title: scenario, stage },
    own.map(({ row, samples }) => ({
      scheduler: row.scheduler,
      ablation: ablationName(row),
      samples: samples[stage],
    })),
  );
}

/** The distribution of what each scheduler took under each ablation, over all runs of both. */
export function cdfFigure(
  name: string,
  { title, stage }: { readonly title: string; readonly stage: keyof Samples },
  runs: readonly { readonly scheduler: string; readonly ablation: string; readonly samples: Float64Array }[],
): Figure {
  const groups = from(runs as object[])
    .groupby('scheduler', 'ablation')
    .rollup({ parts: 'd => op.array_agg(d.samples)' })
    .objects() as { scheduler: string; ablation: string; parts: Float64Array[] }[];
  const points = groups.flatMap(({ scheduler, ablation, parts }): CdfPoint[] =>
    cdfSteps(pooled(parts)).map(([latencyMs, share]) => ({ scheduler, ablation, latencyMs, share })),
  );
  return { name, spec: kvschedCdf(points, title, stage), table: points.map((point) => ({ ...point })), aliases: [] };
}

function batchBars(runs: readonly FinishedRun[], value: (row: IndexRow) => number): readonly KvschedBar[] {
  return meanBars(
    runs.map(({ row }) => ({
      scenario: row.scenario,
      scheduler: row.scheduler,
      ablation: ablationName(row),
      value: value(row),
    })),
  );
}

/** Means of the bars of one place, in order of first appearance. */
export function meanBars(bars: readonly KvschedBar[]): readonly KvschedBar[] {
  return from(bars as object[])
    .groupby('scenario', 'scheduler', 'ablation')
    .rollup({ value: 'd => op.sum(d.value) / op.count()' })
    .objects() as KvschedBar[];
}

/** All samples of several runs. */
function pooled(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** Records of the same keys, which name the columns. */
export function csvTable(rows: readonly Readonly<Record<string, string | number | boolean>>[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => csvLine(columns.map((column) => row[column]!)));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
