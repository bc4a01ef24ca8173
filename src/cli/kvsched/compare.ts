import { InputError } from '../../base/errors.ts';
import { barFigure, groupBy, writeFigures } from '../../companions/kvsched/figures.ts';
import { type ComparedRow, readIndex } from '../../companions/kvsched/run-index.ts';
import type { KvschedBar } from '../../report/chart/kvsched-bars.ts';
import { renderPng, renderSvg } from '../../report/chart/render.ts';
import { EXIT, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag } from '../terminal/flags.ts';

/** What strict links change for one scenario and label: mean over strict runs − mean over relaxed runs. */
export interface ModeDelta {
  readonly scenario: string;
  readonly label: string;
  readonly delta_p99_total_ms: number;
  readonly delta_p99_decode_ms: number;
  readonly delta_migration_bytes: number;
}

const BYTES_PER_GIB = 1024 ** 3;

export const compareModesCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('relaxed', {
        type: 'string',
        demandOption: true,
        describe: 'index.csv of a relaxed batch, or its folder',
      })
      .option('strict', { type: 'string', demandOption: true, describe: 'index.csv of a strict batch, or its folder' })
      .option('out', { type: 'string', default: 'results/figures', describe: 'folder for the figures' })
      .option('json', { type: 'boolean', describe: 'print the differences as JSON' }),
  run: async (flags) => {
    const deltas = compareModes(readIndex(requiredText(flags, 'relaxed')), readIndex(requiredText(flags, 'strict')));
    const bars = (value: (delta: ModeDelta) => number): KvschedBar[] =>
      deltas.map((delta) => ({ ...splitLabel(delta.label), scenario: delta.scenario, value: value(delta) }));
    const total = bars((delta) => delta.delta_p99_total_ms);
    const decode = bars((delta) => delta.delta_p99_decode_ms);
    const moved = bars((delta) => delta.delta_migration_bytes / BYTES_PER_GIB);
    const figures = [
      barFigure('delta_p99_total', total, 'Strict − relaxed: P99 of the total latency', 'difference (ms)'),
      barFigure('delta_p99_decode', decode, 'Strict − relaxed: P99 of the decode latency', 'difference (ms)'),
      barFigure('delta_migration_bytes', moved, 'Strict − relaxed: KV cache moved', 'difference (GiB)'),
    ];
    const written = await writeFigures(requiredText(flags, 'out'), figures, async (spec) => {
      const svg = await renderSvg(spec);
      return { svg, png: await renderPng(svg) };
    });
    for (const file of written) process.stderr.write(`wrote ${file}\n`);
    process.stdout.write(switchFlag(flags, 'json') ? `${JSON.stringify(deltas, null, 2)}\n` : table(deltas));
    return EXIT.ok;
  },
};

/** @throws InputError when the indexes share no scenario and label */
export function compareModes(relaxed: readonly ComparedRow[], strict: readonly ComparedRow[]): readonly ModeDelta[] {
  const key = ({ scenario, label }: ComparedRow): string => JSON.stringify([scenario, label]);
  const strictGroups = new Map(groupBy(strict, key).map((rows) => [key(rows[0]!), rows]));
  const deltas = groupBy(relaxed, key).flatMap((before): ModeDelta[] => {
    const after = strictGroups.get(key(before[0]!));
    if (after === undefined) return [];
    const delta = (value: (row: ComparedRow) => number): number => meanOf(after, value) - meanOf(before, value);
    return [
      {
        scenario: before[0]!.scenario,
        label: before[0]!.label,
        delta_p99_total_ms: delta((row) => row.p99TotalMs),
        delta_p99_decode_ms: delta((row) => row.p99DecodeMs),
        delta_migration_bytes: delta((row) => row.migrationBytes),
      },
    ];
  });
  if (deltas.length > 0) return deltas;
  throw new InputError('the two indexes share no scenario and label', {
    suggestion: 'run both batches with the same scenarios and schedulers',
  });
}

function meanOf(rows: readonly ComparedRow[], value: (row: ComparedRow) => number): number {
  return rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
}

function splitLabel(label: string): { scheduler: string; ablation: string } {
  const [scheduler = label, ...rest] = label.split('|');
  return { scheduler, ablation: rest.join(' ') };
}

function table(deltas: readonly ModeDelta[]): string {
  const lines = deltas.map(
    (delta) =>
      `${delta.scenario}  ${delta.label}  p99 ${signed(delta.delta_p99_total_ms)} ms, decode p99 ` +
      `${signed(delta.delta_p99_decode_ms)} ms, moved ${signed(delta.delta_migration_bytes / BYTES_PER_GIB)} GiB\n`,
  );
  return `strict − relaxed, means over seeds\n${lines.join('')}`;
}

function signed(value: number): string {
  return `${value >= 0 ? '+' : ''}${value.toFixed(3)}`;
}
