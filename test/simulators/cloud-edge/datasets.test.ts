import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { wordPieceTokenizer } from '../../../src/companions/cloud-edge/wordpiece.ts';
import { capacity, expectedMaximum } from '../../../src/simulators/cloud-edge/capacity.ts';
import { parseConfig } from '../../../src/simulators/cloud-edge/config.ts';
import { estimatedTokens, fileSafeName, parseDatasetLines } from '../../../src/simulators/cloud-edge/dataset-lines.ts';
import { fnv1a, hashingEncoder } from '../../../src/simulators/cloud-edge/hashing-encoder.ts';
import { syntheticDataset } from '../../../src/simulators/cloud-edge/synthetic-dataset.ts';

const line = (request_text: unknown, inference_time: unknown): string =>
  JSON.stringify({ request_text, inference_time });

describe('dataset lines', () => {
  test('keeps rows with text and time, counts the rest', () => {
    const long = Array.from({ length: 400 }, (_, i) => `w${i}`).join(' ');
    const text = [
      line('a', 1),
      '{broken',
      line('  ', 1),
      line('b', 0),
      line('c', 2),
      line('e', 3),
      line(long, 1),
      '',
    ].join('\n');
    const { rows, skipped, tooLong } = parseDatasetLines(text, 0);
    expect(rows.map(({ text, seconds }) => [text, seconds])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 2],
      ['e', 3],
    ]);
    expect([skipped, tooLong]).toEqual([2, 1]);
  });

  test('a missing, negative or textual time is no row', () => {
    const text = [line('a', 1), line('b', 1), line('c', 1), line('d', -1), line('e', '1'), line('f', null)].join('\n');
    expect(parseDatasetLines(text, 0)).toMatchObject({ skipped: 3 });
  });

  test('tells line and rule of what is no row, one by one at first', () => {
    const text = [line('a', 1), '{broken', line('  ', 1), line('b', -3), line('c', 1), line('d', 1), line('e', 1)];
    const { complaints } = parseDatasetLines(text.join('\n'), 0);
    expect(complaints.map(({ line: number, error }) => `${number} ${error.path.join('.')} ${error.message}`)).toEqual([
      expect.stringMatching(/^2 {2}is not JSON: /),
      '3 request_text must not be blank, got "  "',
      '4 inference_time must be ≥ 0, got -3',
    ]);
    const many = [...Array.from({ length: 9 }, () => '{'), ...Array.from({ length: 9 }, () => line('a', 1))];
    expect(parseDatasetLines(many.join('\n'), 0).complaints).toHaveLength(5);
  });

  test('stops at the limit', () => {
    expect(parseDatasetLines([line('a', 1), line('b', 1)].join('\n'), 1).rows).toHaveLength(1);
  });

  test.each([
    ['', /no valid row/],
    ['{}\n[]', /no valid row/],
    [[line('a', 1), '{', '{'].join('\n'), /2 of 3 lines/],
    [`${JSON.stringify({ request_text: 'a', inference_time: 1, embedding: [1] })}\n${line('b', 1)}`, /one length/],
  ])('refuses %j', (text, message) => {
    expect(() => parseDatasetLines(text, 0)).toThrow(message);
  });

  test('names become file names as published', () => {
    expect(fileSafeName('Qwen2.5-3B')).toBe('Qwen2_5-3B');
    expect(fileSafeName('org/model v1..2')).toBe('org_model_v1_2');
  });

  test('estimates tokens as ceil(1.3 · words) + 2', () => {
    expect(['', 'one', 'one two three'].map(estimatedTokens)).toEqual([2, 4, 6]);
  });
});

describe('the synthetic dataset', () => {
  const rows = syntheticDataset(20_000, 1);
  const seconds = rows.map((row) => row.inference_time);

  test('repeats with its seed', () => {
    expect(syntheticDataset(50, 9)).toEqual(syntheticDataset(50, 9));
    expect(syntheticDataset(50, 9)).not.toEqual(syntheticDataset(50, 8));
  });

  test('has the mean time and the mean batch time of its prototype', () => {
    // 2.27 s and 5.2 s; the sample means of 20000 rows scatter by about 1.5 %, the hints shift them a little.
    const sorted = Float64Array.from(seconds).sort();
    expect(Math.abs(expectedMaximum(sorted, 1) / 2.27 - 1)).toBeLessThan(0.08);
    expect(Math.abs(expectedMaximum(sorted, 4) / 5.2 - 1)).toBeLessThan(0.08);
    const { request_rate_lambda } = parseConfig({});
    const load = request_rate_lambda / capacity(seconds, parseConfig({}));
    expect(load).toBeGreaterThan(0.82);
    expect(load).toBeLessThan(0.97);
  });

  test('the time follows the tokens, and a third of the prompts carries a word count', () => {
    for (const { inference_time, output_token_count } of rows.slice(0, 2000)) {
      expect(Math.abs(inference_time / (0.03 + 0.011 * output_token_count) - 1)).toBeLessThan(0.3);
    }
    const hinted = rows.filter(({ request_text }) => / in \d+ words\.$/.test(request_text)).length / rows.length;
    expect(Math.abs(hinted - 1 / 3)).toBeLessThan(0.015);
  });
});

describe('capacity', () => {
  test('of exponential times is K/(τ·H_K) + C/(mτ + rtt)', () => {
    const n = 200_000;
    const times = Array.from({ length: n }, (_, i) => -2 * Math.log(1 - (i + 0.5) / n));
    const config = parseConfig({
      edge_batch_capacity_k: 4,
      cloud_concurrency: 8,
      cloud_time_multiplier: 0.5,
      network_rtt: 0.1,
    });
    const expected = 4 / (2 * (1 + 1 / 2 + 1 / 3 + 1 / 4)) + 8 / (0.5 * 2 + 0.1);
    expect(Math.abs(capacity(times, config) / expected - 1)).toBeLessThan(1e-4);
  });

  test('the expected maximum of one is the mean', () => {
    expect(expectedMaximum([1, 2, 6], 1)).toBeCloseTo(3, 12);
    expect(expectedMaximum([1, 2], 2)).toBeCloseTo(1.75, 12);
  });
});

describe('the hashing encoder', () => {
  const { encode } = hashingEncoder(64);

  test('FNV-1a has its published values', () => {
    expect([fnv1a(''), fnv1a('a'), fnv1a('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });

  test('hashed words have length 1, scalars follow', () => {
    const vector = encode('List 7 facts, tips and tricks?');
    const norm = Math.hypot(...vector.subarray(0, 56));
    expect(norm).toBeCloseTo(1, 6);
    expect(vector[56]).toBe(1);
    expect(vector[57]).toBeCloseTo(Math.log1p(6), 6);
    expect(vector[58]).toBeCloseTo(Math.log1p(30), 6);
    expect([vector[59], vector[61], vector[63]]).toEqual([1, 1, 1]);
    expect(vector[60]).toBeCloseTo(Math.log1p(7), 6);
    expect(vector[62]).toBeCloseTo(fnv1a('list') / 2 ** 32, 6);
  });

  test('case and spacing do not change the words, order changes the bigrams', () => {
    const words = (text: string) => Array.from(encode(text).subarray(0, 56));
    expect(words('Explain  TIDES')).toEqual(words('explain tides'));
    expect(words('tides explain')).not.toEqual(words('explain tides'));
  });

  test('blank text is all zeros, and any text gives finite numbers', () => {
    expect(encode('   ').every((value) => value === 0)).toBe(true);
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => encode(text).every(Number.isFinite)));
  });

  test('a dimension without room for words is refused', () => {
    expect(() => hashingEncoder(8)).toThrow(RangeError);
  });
});

describe('word pieces', () => {
  const vocabulary = [
    '[PAD]',
    '[UNK]',
    '[CLS]',
    '[SEP]',
    'un',
    '##aff',
    '##able',
    'hello',
    ',',
    '!',
    'world',
    'cafe',
    '中',
  ];
  const tokenizer = wordPieceTokenizer(vocabulary, { lowerCase: true });
  const tokens = (text: string, longest = 100) => tokenizer.encode(text, longest).map((id) => vocabulary[id]);

  test('the longest known piece wins, from the left', () => {
    expect(tokens('unaffable')).toEqual(['[CLS]', 'un', '##aff', '##able', '[SEP]']);
  });

  test('punctuation and ideographs stand alone, case and accents fall away', () => {
    expect(tokens('Hello,World! Café中中')).toEqual(['[CLS]', 'hello', ',', 'world', '!', 'cafe', '中', '中', '[SEP]']);
  });

  test('a word with an unknown part is unknown as a whole', () => {
    expect(tokens('unaffected hello')).toEqual(['[CLS]', '[UNK]', 'hello', '[SEP]']);
  });

  test('long texts are cut, keeping the end mark', () => {
    expect(tokens('hello hello hello', 3)).toEqual(['[CLS]', 'hello', '[SEP]']);
  });

  test('a vocabulary without special tokens is refused', () => {
    expect(() => wordPieceTokenizer(['a'], { lowerCase: true })).toThrow(/\[UNK\]/);
  });
});
