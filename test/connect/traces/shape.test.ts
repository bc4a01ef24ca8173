import { describe, expect, test } from 'vitest';
import type { InputError } from '../../../src/base/errors.ts';
import { fixture, imported } from './support.ts';

/** One request a second, from 10:00:00. */
const log = (count: number) =>
  `TIMESTAMP,ContextTokens,GeneratedTokens\n${Array.from({ length: count }, (_, i) => `2024-01-01 10:00:${String(i).padStart(2, '0')},${i + 1},1`).join('\n')}\n`;
const taken = (text: string, options: Parameters<typeof imported>[1]) =>
  imported(text, options).rows.map((row) => [row.arrivalTimeUs, row.inputTokens]);

describe('a window', () => {
  test('counts from the first request, its end is not inside, and times start anew', () => {
    expect(taken(log(10), { shape: { fromUs: 2e6, toUs: 5e6 } })).toEqual([
      [0, 3],
      [1e6, 4],
      [2e6, 5],
    ]);
    expect(imported(log(10), { shape: { fromUs: 2e6, toUs: 5e6 } }).report.dropped).toMatchObject([
      { reason: 'after the window', count: 5 },
      { reason: 'before the window', count: 2 },
    ]);
  });

  test('may be given as dates', () => {
    const at = (time: string) => Date.parse(`2024-01-01T${time}Z`) / 1000;
    expect(taken(log(10), { window: { fromS: at('10:00:07'), toS: at('10:00:09') } })).toEqual([
      [0, 8],
      [1e6, 9],
    ]);
  });

  test('that cuts a session off from its beginning leaves nothing to repeat in its first round', () => {
    const whole = imported(fixture('ghcp-agent.jsonl'));
    expect(whole.rows[1]!.repeatedTokens).toBe(9000);
    const cut = imported(fixture('ghcp-agent.jsonl'), { shape: { fromUs: 1e6 } });
    expect(cut.rows).toMatchObject([{ inputTokens: 9750, roundIndex: 0, repeatedTokens: 0, thinkTimeUs: 0 }]);
  });

  test('stops the reading of a file in order of time soon after its end', () => {
    const text = `TIMESTAMP,ContextTokens,GeneratedTokens\n${Array.from({ length: 200_000 }, (_, i) => `${i},5,6\n`).join('')}`;
    const { rows, report } = imported(text, { shape: { toUs: 10e6 }, piece: 10_000 });
    expect(rows).toHaveLength(10);
    expect(report.dropped[0]!.count).toBeLessThan(100_000);
    expect(report.notes.join()).toContain('reading stopped');
  });
});

describe('a share of a trace', () => {
  const sessions = `Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n${Array.from(
    { length: 4000 },
    (_, i) => `${i},s${i % 400},1,m,10,5,15,Conversation log`,
  ).join('\n')}\n`;

  test('holds whole sessions, about as many as asked for, and the same ones for the same seed', () => {
    const { rows, report } = imported(sessions, { shape: { sample: 0.25, seed: 1 } });
    const ids = new Set(rows.map((row) => row.sessionId));
    expect(rows).toHaveLength(10 * ids.size);
    expect(ids.size / 400).toBeCloseTo(0.25, 1);
    expect(report.dropped).toMatchObject([{ reason: 'not sampled', count: 4000 - rows.length }]);
    expect(imported(sessions, { shape: { sample: 0.25, seed: 1 } }).rows).toEqual(rows);
    expect(imported(sessions, { shape: { sample: 0.25, seed: 2 } }).rows).not.toEqual(rows);
  });

  test('of requests without sessions is a share of requests', () => {
    const text = `TIMESTAMP,ContextTokens,GeneratedTokens\n${Array.from({ length: 4000 }, (_, i) => `${i},5,6\n`).join('')}`;
    expect(imported(text, { shape: { sample: 0.1 } }).rows.length / 4000).toBeCloseTo(0.1, 1);
  });

  test('may be the first requests', () => {
    expect(taken(log(9), { shape: { limit: 2 } })).toEqual([
      [0, 1],
      [1e6, 2],
    ]);
    expect(imported(log(9), { shape: { limit: 2 } }).report.dropped).toMatchObject([
      { reason: 'beyond the limit', count: 7 },
    ]);
  });
});

test('a rate factor presses times together, and drops latencies that were measured at another rate', () => {
  const { rows, report } = imported(fixture('guidellm-benchmarks.json'), { shape: { rateFactor: 2 } });
  expect(rows.map((row) => [row.arrivalTimeUs, row.sendTimeUs, row.firstChunkTimeUs])).toEqual([
    [0, 0, 0],
    [250_000, 250_000, 0],
  ]);
  expect(report.notes.join()).toContain('measured latencies are left out');
});

describe('what a file is', () => {
  const refusal = (text: string): string => {
    try {
      imported(text);
      return 'taken';
    } catch (error) {
      const { message, suggestion } = error as InputError;
      return `${message}; ${suggestion}`;
    }
  };

  test('is told by its columns or keys, and if by none, what was seen and what the nearest format lacks', () => {
    expect(refusal('TIMESTAMP,ContextTokens,Latency\n1,2,3\n')).toBe(
      'is no known trace: it has the columns TIMESTAMP, ContextTokens, Latency; nearest is azure (TIMESTAMP, ContextTokens, GeneratedTokens), which lacks GeneratedTokens',
    );
    expect(refusal('{"timestamp": 1, "input_length": 3}\n')).toBe(
      'is no known trace: it has the keys timestamp, input_length; nearest is mooncake (timestamp, input_length, output_length, hash_ids), which lacks output_length',
    );
    expect(refusal('name,colour\na,b\n')).toMatch(/it has the columns name, colour; known formats: azure, burstgpt/);
    expect(refusal('')).toMatch(/^the file is empty/);
    expect(refusal('PAR1\0\0')).toMatch(/^is no text; .*Parquet/);
  });

  test('is told from the others by each sample', () => {
    const names: Readonly<Record<string, string>> = {
      'azure-2023.csv': 'azure',
      'burstgpt-v1.csv': 'burstgpt',
      'ghcp-agent.jsonl': 'copilot',
      'guidellm-benchmarks.json': 'guidellm',
      'inference-perf-per_request_lifecycle_metrics.json': 'inference-perf',
      'mooncake.jsonl': 'mooncake',
      'sharegpt.json': 'sharegpt',
      'vllm-bench-serve.json': 'vllm-bench',
    };
    for (const [file, format] of Object.entries(names)) expect(imported(fixture(file)).format).toBe(format);
  });

  test('may be said by name; an unknown name is answered with the known ones', () => {
    expect(imported(fixture('azure-2023.csv'), { format: 'log' }).rows).toHaveLength(4);
    expect(() => imported(fixture('azure-2023.csv'), { format: 'azur' })).toThrow('unknown format "azur"');
  });
});
