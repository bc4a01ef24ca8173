import { describe, expect, test } from 'vitest';
import { convertServegen } from '../../../../src/connect/convert/servegen.ts';
import { parseWorkload } from '../../../../src/simulators/workload/parse-workload.ts';
import { readChunk } from '../../../../src/simulators/workload/servegen/chunk.ts';
import { fitTokens } from '../../../../src/simulators/workload/servegen/token-fit.ts';

interface Cohort {
  readonly id: string;
  readonly population: number;
  readonly spike: { readonly trace_rate: number };
  readonly reasoning: { readonly reason_ratio_distribution?: object };
}

const usual = { windowS: 600, drainS: 180, period: null };
const plain = { '0': { input_tokens: '{100: 1.0}', output_tokens: '{20: 1.0}' } };
const files = (trace: string, dataset: object = plain) => ({
  traceFile: 'chunk-0-trace.csv',
  trace,
  datasetFile: 'chunk-0-dataset.json',
  dataset: JSON.stringify(dataset),
});
const reasoning = (ratio: string) => ({ '0': { ...plain['0'], reason_ratio: ratio } });
const converted = (...chunks: ReturnType<typeof files>[]) =>
  convertServegen(chunks, usual).document as unknown as { readonly cohorts: readonly Cohort[] };

describe('a chunk', () => {
  test('has rows of traffic; a header is none, and what cannot be read is counted', () => {
    const { rows, skipped } = readChunk(files('start,rate,cv,pattern\n0,1.5,2,GAMMA\nx,1,1,Gamma\n600,1,1,\n'));
    expect(rows).toEqual([
      { startS: 0, rate: 1.5, cv: 2, pattern: 'gamma', shape: 0, scaleS: 0 },
      { startS: 600, rate: 1, cv: 1, pattern: '', shape: 0, scaleS: 0 },
    ]);
    expect(skipped).toBe(1);
  });

  test('has token counts as Python prints dictionaries, sorted; empty windows are left out', () => {
    const { windows } = readChunk(
      files('', {
        '600.0': { input_tokens: '{200: 5e-1, 100.0: 2.5E-1,}', output_tokens: '{7: 1}' },
        '0': { input_tokens: '{}', output_tokens: '{7: 1}' },
        '1200': { input_tokens: '{1: 1}', output_tokens: '' },
      }),
    );
    expect(windows.map(({ startS, input }) => [startS, input])).toEqual([
      [
        600,
        [
          [100, 0.25],
          [200, 0.5],
        ],
      ],
    ]);
  });

  test.each([
    ['rows of unequal width', files('0,1,1,Gamma\n600,1,1,Gamma,1\n'), 'the row has 5 fields, the first one has 4'],
    ['a dataset that is no map', { ...files(''), dataset: '[]' }, 'must be a map from start times'],
    ['a broken dataset', { ...files(''), dataset: '{' }, 'is not valid JSON'],
    ['counts that are no dictionary', files('', { '0': { input_tokens: 'x' } }), 'must be text such as'],
    ['a start that is no number', files('', { noon: {} }), 'must be a start time'],
  ])('with %s is refused', (_, broken, rule) => {
    expect(() => readChunk(broken)).toThrow(rule);
  });
});

describe('a lognormal fit', () => {
  test('has the mean and deviation of the logarithms; counts of 0 do not matter', () => {
    const input_tokens = `{0: 0.5, ${Math.E}: 0.25, ${Math.E ** 3}: 0.25}`;
    const fit = fitTokens(readChunk(files('', { 0: { input_tokens, output_tokens: '{1: 1}' } })), 0)!;
    expect(fit.input).toEqual({ mu: expect.closeTo(2, 12), sigma: expect.closeTo(1, 12) });
  });

  test('of counts of 0 alone there is none', () => {
    const zeros = { 0: { input_tokens: '{0: 1}', output_tokens: '{1: 1}' } };
    expect(fitTokens(readChunk(files('', zeros)), 0)).toBeNull();
  });

  test('at a time of the day is that of the window before it, mean over days', () => {
    const day = 86_400;
    const at = (tokens: number) => ({ input_tokens: `{${tokens}: 1}`, output_tokens: '{1: 1}' });
    const chunk = readChunk(files('', { 0: at(1), 600: at(10), [day + 600]: at(1000), 1200: at(7) }));
    expect(fitTokens(chunk, 1199)!.input.mu).toBeCloseTo(Math.log(100), 12);
    expect(fitTokens(chunk, -1)).toBeNull();
  });
});

describe('reasoning data', () => {
  const rows = '0,1,1,Gamma\n600,2,1,Gamma\n';

  test('is told by its first chunk, and has one-round cohorts from the busiest ten minutes', () => {
    const document = converted(
      files(rows, reasoning('{0.29: 0.5, 0.5: 0.5}')),
      files('600,3,1,Gamma\n', reasoning('{0.5: 1}')),
      files('600,5,1,Gamma\n', plain),
    );
    const { cohorts } = document;
    expect(document).toMatchObject({ category: 'reasoning', seed: 42, aggregate_rate: 0 });
    expect(cohorts.map(({ spike }) => spike.trace_rate).toSorted()).toEqual([2, 3]);
    expect(cohorts.map(({ id }) => id)).toEqual(['reasoning-critical', 'reasoning-standard']);
    // The mean over all chunks that have one, for every cohort; of 0.29 · 100 the fraction is cut off.
    for (const { reasoning } of cohorts) {
      expect(reasoning.reason_ratio_distribution).toEqual({ type: 'empirical', params: { 28: 0.25, 50: 0.75 } });
    }
  });

  test('counts chunks without traffic at that time; a cohort of such chunks alone is left out', () => {
    const [busy, idle] = [
      files('0,2,1,Gamma\n', reasoning('{0.5: 1}')),
      files('600,2,1,Gamma\n', reasoning('{0.5: 1}')),
    ];
    const ten = converted(
      busy,
      busy,
      ...Array.from({ length: 8 }, () => files('0,0,1,Gamma\n', reasoning('{0.5: 1}'))),
    );
    expect(ten.cohorts.length).toBeLessThanOrEqual(2);
    for (const { population } of ten.cohorts) expect(population).toBe(2);
    expect(converted(busy, idle, idle).cohorts.map(({ spike }) => spike.trace_rate)).toEqual([2, 2]);
  });

  test('is told by the key alone; chunks whose shares are empty are left out', () => {
    const told = files(rows, reasoning('{}'));
    const { cohorts } = converted(told, files('600,3,1,Gamma\n', reasoning('{0.5: 1}')));
    expect(cohorts).toMatchObject([{ id: 'reasoning-critical', population: 1, spike: { trace_rate: 3 } }]);
  });

  test('has no periods', () => {
    const chunk = files(rows, reasoning('{0.5: 1}'));
    expect(() => convertServegen([chunk], { ...usual, period: 'morning' })).toThrow('has no effect on reasoning data');
  });
});

describe('language data', () => {
  test('may have other patterns, which count as none, and fits of both shape and scale alone', () => {
    const trace = '1200,1,2,Gamma,2,0.5\n87600,1,2,Pareto,2,0.5\n174000,1,2,Weibull,2,0\n';
    const { document, notes } = convertServegen([files(trace)], usual);
    expect(document).toMatchObject({
      cohorts: [{ arrival: { process: 'gamma', cv: 4 / 3, shape: 2 / 3, scale: 500_000 / 3 } }],
    });
    expect(notes).toEqual(['chunk-0-trace.csv: rows with a pattern other than Gamma and Weibull: 1, taken for none']);
  });

  test('makes a workload that runs; rates are means over days', () => {
    const { cohorts } = converted(files('1200,1,1,Gamma,2,0.5\n87600,3,1,Gamma,2,0.5\n'));
    expect(cohorts).toMatchObject([
      { id: 'midnight-critical', population: 1, spike: { trace_rate: 2 }, arrival: { scale: 500_000 } },
    ]);
    expect(parseWorkload(converted(files('1200,1,1,Gamma,2,0.5\n'))).cohorts).toHaveLength(1);
  });

  test('without traffic at the times looked at is refused', () => {
    expect(() => converted(files('0,1,1,Gamma,2,0.5\n'))).toThrow('no chunk has traffic');
    expect(() => converted()).toThrow('no chunk has traffic');
  });

  test('rows before the first token counts do not count', () => {
    const late = { '3000': plain['0'] };
    expect(() => converted(files('1200,1,1,Gamma,2,0.5\n', late))).toThrow('no chunk has traffic');
  });
});
