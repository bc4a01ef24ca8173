import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareModes, modeFigures } from '../../../src/companions/kvsched/mode-comparison.ts';
import type { ComparedRow } from '../../../src/companions/kvsched/run-index.ts';

const row = (scenario: string, label: string, value: number): ComparedRow => ({
  scenario,
  label,
  p99TotalMs: value,
  p99DecodeMs: value / 3,
  migrationBytes: value * 1e9,
});

const rows = fc.array(
  fc
    .tuple(
      fc.constantFrom('S1', 'S|2', '__proto__'),
      fc.constantFrom('kv_only|pf0|ov0', 'random|pf1|ov0', '0'),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
    )
    .map(([scenario, label, value]) => row(scenario, label, value)),
  { minLength: 1, maxLength: 24 },
);

/** Sum in row order over the count. */
const meanOf = (among: readonly ComparedRow[], { scenario, label }: ComparedRow, key: 'p99TotalMs' | 'p99DecodeMs') => {
  const values = among.filter((one) => one.scenario === scenario && one.label === label).map((one) => one[key]);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
};

describe('comparison of strict and relaxed links', () => {
  test('is the mean over strict runs minus the mean over relaxed runs, to the bit, wherever both have runs', () => {
    fc.assert(
      fc.property(rows, rows, (relaxed, strict) => {
        const first = relaxed.filter(
          (one, index) => relaxed.findIndex((o) => o.scenario === one.scenario && o.label === one.label) === index,
        );
        const shared = first.filter((one) => meanOf(strict, one, 'p99TotalMs') !== null);
        if (shared.length === 0) {
          expect(() => compareModes(relaxed, strict)).toThrow('share no scenario and label');
          return;
        }
        const deltas = compareModes(relaxed, strict);
        expect(deltas.map(({ scenario, label }) => [scenario, label])).toEqual(
          shared.map(({ scenario, label }) => [scenario, label]),
        );
        for (const [index, one] of shared.entries()) {
          const difference = (key: 'p99TotalMs' | 'p99DecodeMs') =>
            meanOf(strict, one, key)! - meanOf(relaxed, one, key)!;
          expect(deltas[index]!.delta_p99_total_ms).toBe(difference('p99TotalMs'));
          expect(deltas[index]!.delta_p99_decode_ms).toBe(difference('p99DecodeMs'));
        }
      }),
    );
  });

  test('keeps the order of the relaxed runs, also where the strict index has more scenarios', () => {
    const relaxed = [row('B', 'x', 1), row('A', 'x', 2)];
    const strict = [row('A', 'x', 3), row('C', 'x', 9), row('B', 'x', 4), row('B', 'y', 9)];
    expect(compareModes(relaxed, strict)).toEqual([
      expect.objectContaining({ scenario: 'B', delta_p99_total_ms: 3, delta_migration_bytes: 3e9 }),
      expect.objectContaining({ scenario: 'A', delta_p99_total_ms: 1, delta_migration_bytes: 1e9 }),
    ]);
  });

  test('an empty index shares nothing', () => {
    expect(() => compareModes([], [row('A', 'x', 1)])).toThrow('share no scenario and label');
  });

  test('a picture says where there is nothing to see', () => {
    const delta = (scenario: string, value: number) => ({
      scenario,
      label: 'kv_only|pf0|ov0',
      delta_p99_total_ms: value,
      delta_p99_decode_ms: value,
      delta_migration_bytes: 0,
    });
    const notes = (...deltas: ReturnType<typeof delta>[]) =>
      modeFigures(deltas).map(({ spec }) => (spec['title'] as { subtitle?: string }).subtitle);
    const agree = 'No difference: relaxed and strict runs agree in every scenario, all bars are 0.';
    expect(notes(delta('S1', 0), delta('S2', 0))).toEqual([agree, agree, agree]);
    expect(notes(delta('S1', 0), delta('S2', 3))).toEqual([
      'No difference, all bars 0: S1.',
      'No difference, all bars 0: S1.',
      agree,
    ]);
    expect(notes(delta('S2', 3))).toEqual([undefined, undefined, agree]);
    const many = Array.from({ length: 6 }, (_, i) => delta(`A${i}`, 0));
    expect(notes(...many, delta('B', -1))[0]).toBe('No difference, all bars 0: A0, A1, A2, A3 and 2 more.');
  });

  test('figures split a label into scheduler and ablation, and show moved bytes in GiB', () => {
    const delta = {
      scenario: 'S1',
      label: 'kv_only|pf1|ov0',
      delta_p99_total_ms: 1,
      delta_p99_decode_ms: 2,
      delta_migration_bytes: 3 * 1024 ** 3,
    };
    const bars = modeFigures([delta]).map(({ table }) => table[0]);
    const names = { scenario: 'S1', scheduler: 'kv_only', ablation: 'pf1 ov0' };
    expect(bars).toEqual([1, 2, 3].map((value) => ({ ...names, value })));
  });
});
