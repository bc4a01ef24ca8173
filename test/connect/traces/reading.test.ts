import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonValues } from '../../../src/connect/traces/json-values.ts';
import { RequestSorter } from '../../../src/connect/traces/sort-requests.ts';
import { parseMoment } from '../../../src/connect/traces/time-text.ts';
import { fixture, imported, MemoryStore } from './support.ts';

const FILES = [
  'azure-2023.csv',
  'azure-2024.csv',
  'burstgpt-v1.csv',
  'ghcp-agent.jsonl',
  'guidellm-benchmarks.json',
  'inference-perf-per_request_lifecycle_metrics.json',
  'mooncake.jsonl',
  'sharegpt.json',
  'vllm-bench-serve.json',
];

describe('reading piece by piece', () => {
  test.each(FILES)('gives the same trace wherever the pieces are cut: %s', (name) => {
    const text = fixture(name);
    const whole = imported(text);
    for (const piece of [1, 7, 64, 1000]) {
      const cut = imported(text, { piece });
      expect(cut.rows).toEqual(whole.rows);
      expect(cut.report).toEqual(whole.report);
    }
  });

  test('finds the values of any JSON text, cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (values, piece) => {
        const text = values.map((value) => JSON.stringify(value, null, piece % 3)).join('\n');
        const reader = new JsonValues(() => 'take');
        const found: unknown[] = [];
        for (let at = 0; at < text.length; at += piece) {
          for (const { value } of reader.push(text.slice(at, at + piece))) found.push(value);
        }
        for (const { value } of reader.end()) found.push(value);
        expect(found).toEqual(JSON.parse(JSON.stringify(values)));
      }),
    );
  });

  test('knows the line in which a value begins, and says so when the text breaks off', () => {
    const reader = new JsonValues((path) => (path.length === 1 ? 'enter' : 'take'));
    const lines: number[] = [];
    for (const piece of ['[\n {"a":\n1},', '\n\n {"b": "}"},\n {"c": [1, ']) {
      for (const { line } of reader.push(piece)) lines.push(line);
    }
    expect(lines).toEqual([2, 5]);
    expect(reader.end().next()).toMatchObject({ done: true, value: 6 });
  });

  test('a file that breaks off gives what was whole', () => {
    const text = fixture('sharegpt.json');
    const { rows, report } = imported(text.slice(0, text.indexOf('Qz81k')));
    expect(rows).toHaveLength(2);
    expect(report.dropped.map(({ reason }) => reason)).toContain('cut off at the end of the file');
  });

  test('a line that is no JSON costs that line only', () => {
    const [first, ...rest] = fixture('mooncake.jsonl').split('\n');
    const { rows, report } = imported([first, '{"timestamp": 1, "input_', ...rest].join('\n'));
    expect(rows).toHaveLength(4);
    expect(report.dropped).toMatchObject([{ reason: 'unreadable row', count: 1, firstLine: 2, example: 'no JSON' }]);
  });

  test('a quote that never ends does not swallow the file', () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `2024-01-01 00:00:${String(i % 60).padStart(2, '0')},5,6`);
    const text = `TIMESTAMP,ContextTokens,GeneratedTokens\n"2024-01-01,5,6\n${rows.join('\n')}\n`;
    const { report } = imported(text);
    expect(report.requests).toBe(2001);
    expect(report.dropped).toMatchObject([{ reason: 'unreadable row', count: 1, firstLine: 2 }]);
  });

  test('more damage than requests is the wrong format; with strict reading any damage is', () => {
    const text = 'TIMESTAMP,ContextTokens,GeneratedTokens\nx,1,1\ny,1,1\n2024-01-01 00:00:00,1,1\n';
    expect(() => imported(text)).toThrow('2 of 3 rows cannot be read, the first: unreadable row (TIMESTAMP "x")');
    const better = `${text}2024-01-01 00:00:01,1,1\n`;
    expect(imported(better).rows).toHaveLength(2);
    expect(() => imported(better, { strict: true })).toThrow('2 of 4 rows cannot be read');
  });

  test('a file without requests is refused with what was left out', () => {
    const text = 'TIMESTAMP,ContextTokens,GeneratedTokens\n2024-01-01 00:00:00,0,1\n2024-01-01 00:00:00,1,0\n';
    expect(() => imported(text)).toThrow('no request is left: 1 no input tokens, 1 no output tokens');
  });
});

describe('moments', () => {
  test.each([
    ['2023-11-16 18:15:46.6805900', 1_700_158_546, 680_590],
    ['2024-05-12 00:00:00+00:00', 1_715_472_000, 0],
    ['2024-05-12T02:30:00.5+0230', 1_715_472_000, 500_000],
    ['2024-05-11T19:00:00,25-05', 1_715_472_000, 250_000],
    ['2024-05-12 00:00:00 UTC', 1_715_472_000, 0],
    ['2024-05-12', 1_715_472_000, 0],
    ['1715472000.0000001', 1_715_472_000, 0.1],
    ['1715472000123456789', 1_715_472_000, 123_456.789],
    ['-1.25', -2, 750_000],
    ['1.5e3', 1500, 0],
  ])('%s', (text, seconds, us) => {
    const moment = parseMoment(text, 'epoch')!;
    expect(moment.seconds).toBe(seconds);
    expect(moment.us).toBeCloseTo(us, 6);
  });

  test.each(['', 'noon', '2024-02-31 00:00:00', '12/31/2024', '1:30'])('%s is none', (text) => {
    expect(parseMoment(text, 'epoch')).toBeNull();
  });
});

describe('order', () => {
  test('is a stable sort by time, whatever fits into memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ atUs: fc.integer({ min: 0, max: 30 }), inputTokens: fc.nat(), outputTokens: fc.nat() })),
        fc.integer({ min: 1, max: 20 }),
        (list, places) => {
          const store = new MemoryStore();
          const sorter = new RequestSorter(store, places * 400);
          const requests = list.map((request, place) => ({
            ...request,
            ...(place % 3 === 0 ? { fields: { sessionId: `s${place}` } } : {}),
          }));
          for (const request of requests) sorter.add(request);
          const expected = [...requests].sort((a, b) => a.atUs - b.atUs);
          expect([...sorter.sorted()]).toEqual(expected);
        },
      ),
    );
  });

  test('of a file that is nearly in order takes one run beside memory', () => {
    const store = new MemoryStore();
    const sorter = new RequestSorter(store, 100 * 400);
    for (let i = 0; i < 5000; i++) sorter.add({ atUs: i + (i % 7) * 10, inputTokens: 1, outputTokens: 1 });
    const times = [...sorter.sorted()].map(({ atUs }) => atUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(store.runs).toHaveLength(1);
    expect(sorter.disorder).toBeGreaterThan(0);
  });
});
