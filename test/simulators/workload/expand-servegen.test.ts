import { describe, expect, test } from 'vitest';
import { convertServegen } from '../../../src/connect/convert/servegen.ts';
import { expandServegen } from '../../../src/simulators/workload/expand-servegen.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { servegenSection } from '../../../src/simulators/workload/servegen-section.ts';

const dataset = JSON.stringify({ 0: { input_tokens: '{100: 0.5, 300: 0.5}', output_tokens: '{20: 1.0}' } });
/** Busy all day long; each with a rate of its own. */
const chunks = Array.from({ length: 7 }, (_, i) => ({
  traceFile: `chunk-${i}-trace.csv`,
  trace: Array.from({ length: 144 }, (_, k) => `${600 * k},${i + 1},1.5,Gamma,0.5,2\n`).join(''),
  datasetFile: `chunk-${i}-dataset.json`,
  dataset,
}));
const expanded = (document: object, seed: bigint | null = null) => {
  const section = servegenSection(document as never)!;
  return expandServegen(document as never, { section, files: chunks, seed });
};
const usual = { windowS: 600, drainS: 180, period: null };
const cohortsOf = (document: object) => (document as { cohorts: readonly { id: string }[] }).cohorts;

describe('servegen_data in a workload', () => {
  test('stands for the cohorts that blis convert servegen writes', () => {
    const plain = { version: '2', seed: 42, servegen_data: { path: 'x' } };
    const converted = convertServegen(chunks, usual).document;
    expect(cohortsOf(expanded(plain).document)).toEqual(cohortsOf(converted));
    expect(parseWorkload(expanded(plain).document)).toEqual(parseWorkload(converted));
    const section = { path: 'x', window_duration_secs: 300, drain_timeout_secs: 0, time_window: 'morning' };
    const { document } = expanded({ ...plain, servegen_data: section });
    expect(cohortsOf(document)).toEqual(
      cohortsOf(convertServegen(chunks, { windowS: 300, drainS: 0, period: 'morning' }).document),
    );
  });

  test('deals its chunks out by the seed of the workload, or by the one that replaces it', () => {
    const of = (seed: number, other: bigint | null = null) =>
      expanded({ seed, servegen_data: { path: 'x' } }, other).document;
    expect(cohortsOf(of(7))).not.toEqual(cohortsOf(of(42)));
    expect(cohortsOf(of(7, 42n))).toEqual(cohortsOf(of(42)));
    expect(cohortsOf(expanded({ servegen_data: { path: 'x' } }).document)).toEqual(cohortsOf(of(0)));
  });

  test('keeps the other keys, comes after cohorts that are there, and has no total rate', () => {
    const own = { id: 'own', population: 1 };
    const section = { path: 'x', span_start: 0, span_end: 3600 };
    const { document, notes } = expanded({
      num_requests: 9,
      aggregate_rate: 3,
      cohorts: [own],
      servegen_data: section,
    });
    expect(document).toMatchObject({ num_requests: 9, aggregate_rate: 0 });
    expect(document).not.toHaveProperty('servegen_data');
    expect(cohortsOf(document)[0]).toBe(own);
    expect(cohortsOf(document).length).toBe(16);
    expect(notes).toEqual([
      'servegen_data.span_start has no effect; time_window chooses a period of the day',
      'servegen_data.span_end has no effect; time_window chooses a period of the day',
      'aggregate_rate has no effect beside servegen_data: its cohorts have rates of their own',
    ]);
  });

  test.each([
    [{ servegen_data: { path: 'x' }, clients: [{}] }, 'cannot be combined with clients'],
    [{ servegen_data: { path: 'x' }, inference_perf: {} }, 'cannot be combined with inference_perf'],
    [{ servegen_data: {} }, 'required but missing'],
    [{ servegen_data: { path: 'x', time_window: 'noon' } }, 'unknown period "noon"'],
    [{ servegen_data: { path: 'x', windows: 1 } }, 'unknown key "windows"'],
    [{ servegen_data: { path: 'x', drain_timeout_secs: -1 } }, 'must be an integer ≥ 0'],
    [{ servegen_data: 'x' }, 'must be a map'],
  ])('%j is refused', (document, rule) => {
    expect(() => expanded(document)).toThrow(rule);
  });

  test('is no part of a workload that is given as a value: there is no folder to start from', () => {
    expect(() => parseWorkload({ servegen_data: { path: 'x' } })).toThrow('is read in workload files only');
  });
});
