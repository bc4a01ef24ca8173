import { describe, expect, it } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { taskTable } from '../../../src/companions/gpu-jobs/task-table.ts';
import { generateTasks, PRESETS } from '../../../src/simulators/gpu-jobs/generator.ts';
import { taskWarnings } from '../../../src/simulators/gpu-jobs/task.ts';
import { isTraceCsv, parseTaskCsv, parseTraceCsv } from '../../../src/simulators/gpu-jobs/task-csv.ts';

const HEAD = 'Task,Workload,Memory,Weight,ArrivalTime,Phase,Tokens';

function complaint(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('task tables', () => {
  it('reads phases by name and number, and takes the recommended tensor parallelism', () => {
    const tasks = parseTaskCsv(
      `${HEAD}\na,Qwen3,30,2,0.5,1,100\nb,Llama3-70B,140,1,1,DECODE,50\nc,Qwen3,30,1,0,prefill,0\n`,
      't.csv',
    );
    expect(tasks.map(({ id, prefillTokens, decodeTokens, tp }) => [id, prefillTokens, decodeTokens, tp])).toEqual([
      ['a', 100, 0, 2],
      ['b', 0, 50, 4],
      ['c', 0, 0, 2],
    ]);
  });

  it('double quotes protect commas and quotes', () => {
    const [task] = parseTaskCsv(`${HEAD}\n "a, ""b""" ,"Qwen3",30,1,0,1,5\n`, 't.csv');
    expect([task!.id, task!.model, task!.prefillTokens]).toEqual(['a, "b"', 'Qwen3', 5]);
  });

  it('gives back what was written, prefixes and both phases included', () => {
    for (const [name, preset] of Object.entries(PRESETS)) {
      const phases = name === 'low' ? 'both' : 'separate';
      const tasks = generateTasks({ ...preset, count: 40, phases, prefixes: { groups: 2, tokens: 64, share: 0.5 } }, 7);
      expect(parseTaskCsv(taskTable(tasks), 'round-trip.csv')).toEqual(tasks);
    }
  });

  it.each([
    ['a duplicate id', `${HEAD}\na,Qwen3,30,1,0,1,5\na,Qwen3,30,1,0,1,5`, 't.csv:3:1 Task: task id "a" is used twice'],
    [
      'an unknown model',
      `${HEAD}\na,Qwen4,30,1,0,1,5`,
      't.csv:2:3 Workload: unknown model "Qwen4"; did you mean "Qwen3"?',
    ],
    ['a negative weight', `${HEAD}\na,Qwen3,30,-1,0,1,5`, 't.csv:2:12 Weight: must be ≥ 0, got "-1"'],
    ['a negative arrival', `${HEAD}\na,Qwen3,30,1,-2,1,5`, 't.csv:2:14 ArrivalTime: must be ≥ 0, got "-2"'],
    ['fractional tokens', `${HEAD}\na,Qwen3,30,1,0,1,5.5`, 't.csv:2:18 Tokens: must be an integer, got "5.5"'],
    [
      'an unknown phase',
      `${HEAD}\n\na,Qwen3,30,1,0,2,5`,
      't.csv:3:16 Phase: phase must be PREFILL (1) or DECODE (0), got "2"',
    ],
    ['an empty cell that is needed', `${HEAD}\na,Qwen3,,1,0,1,5`, 't.csv:2:9 Memory: is required but missing'],
    ['a short row', `${HEAD}\na,Qwen3,30`, 't.csv:2:9: the row has 3 fields, the header has 7'],
    ['a missing column', 'Task,Workload\na,Qwen3', 't.csv:1:1: the column "Memory" is missing'],
    ['an unknown column', `${HEAD},Colour\na,Qwen3,30,1,0,1,5,red`, 't.csv:1:54: unknown column "Colour"'],
    ['an open quote', `${HEAD}\n"a,Qwen3,30,1,0,1,5`, 't.csv:2:1: a quoted field does not end'],
    ['text after a quote', `${HEAD}\n"a"b,Qwen3,30,1,0,1,5`, 't.csv:2:4: text after a quoted field'],
    ['no rows', `${HEAD}\n`, 't.csv:1:1: the table has no rows'],
  ])('refuses %s with its line and column', (_, text, message) => {
    expect(complaint(() => parseTaskCsv(text, 't.csv'))).toContain(message);
  });

  it('names every wrong cell of every row', () => {
    const text = `${HEAD},TP\na,Qwen4,30,1,x,1,5,0\nb,Qwen3,-1,1,0,1,5,\n`;
    expect(
      complaint(() => parseTaskCsv(text, 't.csv'))
        .split('\n')
        .map((line) => line.split(';')[0]),
    ).toEqual([
      't.csv:2:3 Workload: unknown model "Qwen4"',
      't.csv:2:14 ArrivalTime: must be a number, got "x"',
      't.csv:2:20 TP: must be ≥ 1, got "0"',
      't.csv:3:9 Memory: must be ≥ 0, got "-1"',
    ]);
  });

  it('warns about memory beyond three bytes per parameter', () => {
    expect(taskWarnings(parseTaskCsv(`${HEAD}\na,Qwen3,91,1,0,1,5`, 't.csv'))[0]).toMatch(/memory 91 GB/);
    expect(taskWarnings(parseTaskCsv(`${HEAD}\na,Qwen3,90,1,0,1,5`, 't.csv'))).toEqual([]);
  });
});

describe('request logs', () => {
  const text = 'timestamp,input_tokens,output_tokens,ttft,e2e\n100,300,20,0.2,0.5\n102,10,5,,\n';

  it('start at 0 and replay at a speed', () => {
    expect(isTraceCsv(text)).toBe(true);
    const tasks = parseTraceCsv(text, 'log.csv', { model: 'Llama3-8B', speed: 2 });
    expect(tasks.map(({ arrival, prefillTokens, decodeTokens }) => [arrival, prefillTokens, decodeTokens])).toEqual([
      [0, 300, 20],
      [1, 10, 5],
    ]);
    expect(tasks[0]).toMatchObject({ recordedTtft: 0.2, recordedE2e: 0.5 });
    expect(tasks[1]).not.toHaveProperty('recordedTtft');
  });

  it('must be in order of time', () => {
    const unsorted = 'timestamp,input_tokens,output_tokens\n5,1,1\n4,1,1\n';
    expect(complaint(() => parseTraceCsv(unsorted, 'log.csv', { model: 'Qwen3', speed: 1 }))).toContain('log.csv:3');
  });
});
