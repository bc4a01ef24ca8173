import { join } from 'node:path';
import { csvLine } from '../../document/csv.ts';
import { type KvschedBar, kvschedBars } from '../../report/chart/kvsched-bars.ts';
import { type CdfPoint, cdfSteps, kvschedCdf } from '../../report/chart/kvsched-cdf.ts';
import type { ChartSpec } from '../../report/chart/render.ts';
import { type IndexRow, pathPart, writeText } from './run-index.ts';
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

export type Render = (spec: ChartSpec) => Promise<{ readonly svg: string; readonly png: Uint8Array }>;

const BYTES_PER_GIB = 1024 ** 3;

/** `pf1 ov0`. */
export function ablationName(row: Pick<IndexRow, 'prefetch' | 'overlap'>): string {
  return `pf${Number(row.prefetch)} ov${Number(row.overlap)}`;
}

/** All figures of a batch. */
export function batchFigures(runs: readonly FinishedRun[]): readonly Figure[] {
  const scenarios = [...new Set(runs.map(({ row }) => row.scenario))];
  const stages = ['prefill', 'decode', 'total'] as const;
  const cdfs = scenarios.flatMap((scenario) => stages.map((stage) => cdfFigure(runs, scenario, stage)));
  const p99 = meanBars(runs, (row) => row.summary.p99_ms);
  const moved = meanBars(runs, (row) => row.summary.kv_migration_bytes / BYTES_PER_GIB);
  return [
    ...cdfs,
    barFigure('p99_total_bar', p99, 'P99 of the total latency, mean over seeds', 'P99 (ms)', ['p99_bar']),
    barFigure('migration_bytes_bar', moved, 'KV cache moved per run, mean over seeds', 'moved (GiB)'),
  ];
}

export function barFigure(
  name: string,
  bars: readonly KvschedBar[],
  title: string,
  axis: string,
  aliases: readonly string[] = [],
): Figure {
  return { name, spec: kvschedBars(bars, title, axis), table: bars.map((bar) => ({ ...bar })), aliases };
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
      const { svg, png } = await render(spec);
      for (const file of [name, ...aliases]) {
        writeText(join(folder, `${file}.svg`), svg);
        writeText(join(folder, `${file}.png`), png);
      }
      writeText(join(folder, `${name}.csv`), csvTable(table));
      onFigure(++done);
      return join(folder, `${name}.png`);
    }),
  );
  return written;
}

function cdfFigure(runs: readonly FinishedRun[], scenario: string, stage: keyof Samples): Figure {
  const groups = groupBy(
    runs.filter(({ row }) => row.scenario === scenario),
    ({ row }) => `${row.scheduler} ${ablationName(row)}`,
  );
  const points = groups.flatMap((members): CdfPoint[] => {
    const { row } = members[0]!;
    const steps = cdfSteps(pooled(members.map(({ samples }) => samples[stage])));
    return steps.map(([latencyMs, share]) => ({
      scheduler: row.scheduler,
      ablation: ablationName(row),
      latencyMs,
      share,
    }));
  });
  return {
    name: `cdf_${stage}_${pathPart(scenario)}`,
    spec: kvschedCdf(points, scenario, stage),
    table: points.map((point) => ({ ...point })),
    aliases: [],
  };
}

function meanBars(runs: readonly FinishedRun[], value: (row: IndexRow) => number): readonly KvschedBar[] {
  const groups = groupBy(runs, ({ row }) => JSON.stringify([row.scenario, row.scheduler, ablationName(row)]));
  return groups.map((members) => {
    const { scenario, scheduler, ...row } = members[0]!.row;
    const sum = members.reduce((total, member) => total + value(member.row), 0);
    return { scenario, scheduler, ablation: ablationName(row), value: sum / members.length };
  });
}

/** Groups in order of first appearance. */
export function groupBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [item]);
    else group.push(item);
  }
  return [...groups.values()];
}

function pooled(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function csvTable(rows: Figure['table']): string {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => csvLine(columns.map((column) => row[column]!)));
  return `${[columns.join(','), ...lines].join('\n')}\n`;
}
