import { type ColumnTable, from } from 'arquero';
import { InputError } from '../../base/errors.ts';
import type { KvschedBar } from '../../report/chart/kvsched-bars.ts';
import { BYTES_PER_GIB, barFigure, type Figure } from './figures.ts';
import type { ComparedRow } from './run-index.ts';

/** What strict links change for one scenario and label: mean over strict runs − mean over relaxed runs. */
export interface ModeDelta {
  readonly scenario: string;
  readonly label: string;
  readonly delta_p99_total_ms: number;
  readonly delta_p99_decode_ms: number;
  readonly delta_migration_bytes: number;
}

const KEYS = ['scenario', 'label'];
const FIGURES = ['p99TotalMs', 'p99DecodeMs', 'migrationBytes'];

/**
 * In the order in which scenarios and labels first appear among the relaxed runs.
 * @throws InputError when the indexes share no scenario and label
 */
export function compareModes(relaxed: readonly ComparedRow[], strict: readonly ComparedRow[]): readonly ModeDelta[] {
  const after = meansOverSeeds(strict).rename({
    p99TotalMs: 'strictTotalMs',
    p99DecodeMs: 'strictDecodeMs',
    migrationBytes: 'strictBytes',
  });
  // A join proper would follow the longer of the two tables.
  const deltas = meansOverSeeds(relaxed)
    .semijoin(after, [KEYS, KEYS])
    .lookup(after, [KEYS, KEYS], 'strictTotalMs', 'strictDecodeMs', 'strictBytes')
    .derive({
      delta_p99_total_ms: 'd => d.strictTotalMs - d.p99TotalMs',
      delta_p99_decode_ms: 'd => d.strictDecodeMs - d.p99DecodeMs',
      delta_migration_bytes: 'd => d.strictBytes - d.migrationBytes',
    })
    .select(...KEYS, 'delta_p99_total_ms', 'delta_p99_decode_ms', 'delta_migration_bytes')
    .objects() as ModeDelta[];
  if (deltas.length > 0) return deltas;
  throw new InputError('the two indexes share no scenario and label', {
    suggestion: 'run both batches with the same scenarios and schedulers',
  });
}

/** Sums in row order over the count: arquero's own mean is a running one, which rounds otherwise. */
function meansOverSeeds(rows: readonly ComparedRow[]): ColumnTable {
  return from([...rows], [...KEYS, ...FIGURES])
    .groupby(KEYS)
    .rollup(Object.fromEntries(FIGURES.map((name) => [name, `d => op.sum(d.${name}) / op.count()`])));
}

export function modeFigures(deltas: readonly ModeDelta[]): readonly Figure[] {
  const bars = (value: (delta: ModeDelta) => number): KvschedBar[] =>
    deltas.map((delta) => ({ ...splitLabel(delta.label), scenario: delta.scenario, value: value(delta) }));
  const total = bars((delta) => delta.delta_p99_total_ms);
  const decode = bars((delta) => delta.delta_p99_decode_ms);
  const moved = bars((delta) => delta.delta_migration_bytes / BYTES_PER_GIB);
  const figure = (name: string, values: readonly KvschedBar[], what: string, axis: string): Figure => {
    const note = agreementNote(values);
    return barFigure(name, values, { title: `Strict − relaxed: ${what}`, axis, ...(note === null ? {} : { note }) });
  };
  return [
    figure('delta_p99_total', total, 'P99 of the total latency', 'difference (ms)'),
    figure('delta_p99_decode', decode, 'P99 of the decode latency', 'difference (ms)'),
    figure('delta_migration_bytes', moved, 'KV cache moved', 'difference (GiB)'),
  ];
}

const NAMED_AT_MOST = 4;

/** Which panels are empty since nothing differs there; null where every scenario has a difference. */
function agreementNote(bars: readonly KvschedBar[]): string | null {
  const scenarios = agreeing(bars, ({ value }) => value === 0);
  if (scenarios.length === 0) return null;
  if (scenarios.length === new Set(bars.map(({ scenario }) => scenario)).size) {
    return 'No difference: relaxed and strict runs agree in every scenario, all bars are 0.';
  }
  const more = scenarios.length - NAMED_AT_MOST;
  const names = scenarios.slice(0, NAMED_AT_MOST).join(', ');
  return `No difference, all bars 0: ${names}${more > 0 ? ` and ${more} more` : ''}.`;
}

/** Scenarios all of whose rows pass the test, in order of first appearance. */
export function agreeing<T extends { readonly scenario: string }>(
  rows: readonly T[],
  same: (row: T) => boolean,
): readonly string[] {
  const differing = new Set(rows.filter((row) => !same(row)).map(({ scenario }) => scenario));
  return [...new Set(rows.map(({ scenario }) => scenario))].filter((scenario) => !differing.has(scenario));
}

function splitLabel(label: string): { scheduler: string; ablation: string } {
  const [scheduler = label, ...rest] = label.split('|');
  return { scheduler, ablation: rest.join(' ') };
}
