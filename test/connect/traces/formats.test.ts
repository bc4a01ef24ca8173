import { describe, expect, test } from 'vitest';
import type { InputError } from '../../../src/base/errors.ts';
import { fixture, imported, requests } from './support.ts';

const dropped = (text: string, options = {}) =>
  imported(text, options).report.dropped.map(({ reason, count, firstLine }) => [reason, count, firstLine]);

describe('Azure', () => {
  test('2023: times to 100 ns without a zone, counted from the first', () => {
    const trace = imported(fixture('azure-2023.csv'));
    expect(trace.format).toBe('azure');
    expect(requests(trace)).toEqual([
      [0, 411, 37],
      [1_676_544, 1287, 5],
      [1_676_544, 96, 242],
      [3_941_976, 3072, 18],
    ]);
    expect(trace.report.firstAt).toBe('2023-11-16T09:00:00.123Z');
  });

  test('2024: a zone, and times with and without a fraction side by side', () => {
    expect(requests(imported(fixture('azure-2024.csv')))).toEqual([
      [0, 1503, 9],
      [129_877, 744, 61],
      [542_784, 2210, 1],
      [3_130_327, 88, 130],
    ]);
  });

  test('2025: one more column, whose images become tokens if one says how many', () => {
    const text =
      'TIMESTAMP,NumImages,ContextTokens,GeneratedTokens\n2025-01-01 00:00:00.5,2,100,7\n2025-01-01 00:00:02,0,90,8\n';
    expect(requests(imported(text))).toEqual([
      [0, 100, 7],
      [1_500_000, 90, 8],
    ]);
    expect(imported(text).report.notes.join()).toContain('NumImages');
    const [first, second] = imported(text, { read: { tokensPerImage: 576 } }).rows;
    expect([first!.inputTokens, first!.imageTokens, first!.textTokens]).toEqual([1252, 1152, 100]);
    expect([second!.inputTokens, second!.imageTokens]).toEqual([90, 0]);
  });

  test('columns in any order, quoted, with a byte-order mark, other columns and Windows line ends', () => {
    const text =
      '\ufeff"GeneratedTokens", "note, free" ,"TIMESTAMP",ContextTokens\r\n"5","a ""b""\r\nc",2024-05-12T00:00:01.25Z,10\r\n6,,"2024-05-12 02:00:02+02:00",11\r\n';
    expect(requests(imported(text))).toEqual([
      [0, 10, 5],
      [750_000, 11, 6],
    ]);
  });

  test.each([
    ['seconds', ['1715472000.1234567', '1715472001.6234567']],
    ['milliseconds', ['1715472000123', '1715472001623']],
    ['microseconds', ['1715472000123456', '1715472001623456']],
    ['nanoseconds', ['1715472000123456700', '1715472001623456700']],
  ])('%s since 1970 are told by their size', (_, [first, second]) => {
    const text = `TIMESTAMP,ContextTokens,GeneratedTokens\n${first},1,2\n${second},3,4\n`;
    expect(requests(imported(text))).toEqual([
      [0, 1, 2],
      [1_500_000, 3, 4],
    ]);
  });

  test('without tokens there is no request, and it is said how many there were and where the first', () => {
    const text = `${fixture('azure-2023.csv')}2023-11-16 09:00:05,10,0\n2023-11-16 09:00:06,0,3\nyesterday,1,1\n2023-11-16 09:00:07,8,0\n`;
    expect(dropped(text)).toEqual([
      ['no output tokens', 2, 6],
      ['no input tokens', 1, 7],
      ['unreadable row', 1, 8],
    ]);
    expect(imported(text, { read: { keepFailed: true } }).rows.map((row) => row.outputTokens)).toContain(1);
  });
});

describe('BurstGPT', () => {
  test('1: seconds; failures are left out and counted', () => {
    const trace = imported(fixture('burstgpt-v1.csv'));
    expect(trace.format).toBe('burstgpt');
    expect(requests(trace)).toEqual([
      [0, 391, 22],
      [24_000_000, 1204, 318],
    ]);
    expect(trace.rows.map((row) => row.clientId)).toEqual(['ChatGPT / Conversation log', 'GPT-4 / API log']);
    expect(dropped(fixture('burstgpt-v1.csv'))).toEqual([['failed request', 2, 4]]);
  });

  test('2: sessions with their rounds, pauses from the time of the answer, columns by name', () => {
    const text = [
      'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type',
      '19440110.0,s1,4.5,ChatGPT,100,20,120,Conversation log',
      '19440111.0,,2.0,GPT-4,50,5,55,API log',
      '19440120.5,s1,3.0,ChatGPT,150,30,180,Conversation log',
      '19440130.0,s1,1.0,ChatGPT,40,10,50,Conversation log',
      '19440131.0,s2,0.0,ChatGPT,70,0,70,Conversation log',
    ].join('\n');
    const { rows } = imported(text);
    expect(
      rows.map((row) => [row.arrivalTimeUs, row.inputTokens, row.outputTokens, row.sessionId, row.roundIndex]),
    ).toEqual([
      [0, 100, 20, 's1', 0],
      [1_000_000, 50, 5, '', 0],
      [10_500_000, 150, 30, 's1', 1],
      [20_000_000, 40, 10, 's1', 2],
    ]);
    expect(rows.map((row) => row.thinkTimeUs)).toEqual([0, 0, 6_000_000, 6_500_000]);
    // 150 tokens have room for the 120 of the round before, 40 have not for 180.
    expect(rows.map((row) => row.repeatedTokens ?? 0)).toEqual([0, 0, 120, 0]);
    expect(rows.map((row) => row.lastChunkTimeUs)).toEqual([4_500_000, 3_000_000, 13_500_000, 21_000_000]);
  });

  test('2: rows out of order, with a byte-order mark, Windows line ends, and cells that say there is nothing', () => {
    const header = 'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type';
    const rows = [
      '19440120.5,s1,3.0,ChatGPT,150,30,180,Conversation log',
      '19440110.0,s1,4.5,ChatGPT,100,20,120,Conversation log',
      '19440111.25,nan,NaN,GPT-4,50.0,5.0,55,API log',
      '19440112,None,,GPT-4,60,6,66,API log',
      '19440113,,,GPT-4,,6,6,API log',
    ];
    const { rows: read } = imported(`\ufeff${[header, ...rows].join('\r\n')}\r\n`);
    expect(read.map((row) => [row.arrivalTimeUs, row.inputTokens, row.sessionId, row.roundIndex])).toEqual([
      [0, 100, 's1', 0],
      [1_250_000, 50, '', 0],
      [2_000_000, 60, '', 0],
      [10_500_000, 150, 's1', 1],
    ]);
    expect(dropped([header, ...rows].join('\n'))).toEqual([['unreadable row', 1, 6]]);
  });

  test('requests of one second can be moved apart, and stay in order', () => {
    const text = 'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n'.concat(
      ...[5, 5, 5, 5, 6, 6].map((second, index) => `${second},GPT-4,${index + 1},1,2,API log\n`),
    );
    expect(imported(text, { shape: { spreadUs: 1e6 } }).rows.map((row) => row.arrivalTimeUs)).toEqual([
      0, 250_000, 500_000, 750_000, 1_000_000, 1_500_000,
    ]);
    expect(imported(text).report.simultaneous).toBe(4);
  });
});

describe('Mooncake', () => {
  test('milliseconds, and one id for 512 tokens', () => {
    const trace = imported(fixture('mooncake.jsonl'));
    expect(trace.format).toBe('mooncake');
    expect(requests(trace)).toEqual([
      [0, 1200, 64],
      [0, 512, 9],
      [3_000_000, 1700, 31],
      [5_999_000, 2049, 120],
    ]);
    expect(trace.rows.map((row) => [row.hashBlockTokens, row.hashIds])).toEqual([
      [512, '0 1 2'],
      [512, '0'],
      [512, '0 1 3 4'],
      [512, '0 1 3 5 6'],
    ]);
  });

  test('times in seconds, if one says so, and the same records as a list', () => {
    const list =
      '[{"timestamp": 0, "input_length": 10, "output_length": 2, "hash_ids": [1]},\n {"timestamp": 1.5, "input_length": 600, "output_length": 2, "hash_ids": [1, 2]}]';
    expect(requests(imported(list, { read: { timeUnit: 's' } }))).toEqual([
      [0, 10, 2],
      [1_500_000, 600, 2],
    ]);
  });

  test.each(['[0, 1, 2]', '0 1 2', '[0;1;2]'])('as a table, with ids written %s', (ids) => {
    const trace = imported(
      `Timestamp,Input Length,output_length,hash_ids\n3000,512,9,[0]\n0,1200,64,"${ids}"\n5999,10,3,\n`,
    );
    expect(trace.format).toBe('mooncake');
    expect(requests(trace)).toEqual([
      [0, 1200, 64],
      [3_000_000, 512, 9],
      [5_999_000, 10, 3],
    ]);
    expect(trace.rows.map((row) => row.hashIds)).toEqual(['0 1 2', '0', undefined]);
  });

  test('a table without ids is a log of one’s own, in seconds', () => {
    const trace = imported('timestamp,input_length,output_length\n0,10,2\n1.5,11,3\n');
    expect([trace.format, ...requests(trace)]).toEqual(['log', [0, 10, 2], [1_500_000, 11, 3]]);
  });

  test('a number of ids that does not fit the length is refused', () => {
    const text = `${fixture('mooncake.jsonl')}{"timestamp": 6000, "input_length": 512, "output_length": 9, "hash_ids": [0, 1]}\n`;
    expect(dropped(text)).toEqual([['hash ids that do not fit the length', 1, 5]]);
  });

  test('another size of block is named where no row fits', () => {
    const text = '{"timestamp": 0, "input_length": 100, "output_length": 2, "hash_ids": [1, 2]}\n';
    expect(() => imported(text)).toThrow('no row has one hash id for every 512 tokens');
    expect(imported(text, { read: { blockTokens: 64 } }).rows[0]).toMatchObject({
      hashBlockTokens: 64,
      hashIds: '1 2',
    });
  });

  test('sessions with delays, as AIPerf writes them', () => {
    const text = [
      '{"session_id": "a", "timestamp": 1000, "input_length": 600, "output_length": 9, "hash_ids": [1, 2]}',
      '{"session_id": "a", "delay": 250.5, "input_length": 1100, "output_length": 9, "hash_ids": [1, 2, 3]}',
    ].join('\n');
    expect(
      imported(text).rows.map((row) => [row.arrivalTimeUs, row.sessionId, row.roundIndex, row.thinkTimeUs]),
    ).toEqual([
      [0, 'a', 0, 0],
      [250_500, 'a', 1, 250_500],
    ]);
  });

  test('chats with seconds and blocks of 16 tokens, as Bailian writes them', () => {
    const text = [
      '{"chat_id": 7, "parent_chat_id": -1, "timestamp": 0.5, "input_length": 20, "output_length": 3, "type": "text", "turn": 1, "hash_ids": [1, 2]}',
      '{"chat_id": 9, "parent_chat_id": 7, "timestamp": 2.0, "input_length": 40, "output_length": 3, "type": "text", "turn": 2, "hash_ids": [1, 2, 3]}',
    ].join('\n');
    expect(
      imported(text).rows.map((row) => [row.arrivalTimeUs, row.sessionId, row.roundIndex, row.hashBlockTokens]),
    ).toEqual([
      [0, '7', 0, 16],
      [1_500_000, '7', 1, 16],
    ]);
  });
});

test('WEKA as a table: one request a row', () => {
  const text = 'id,t,in,out,hash_ids\na,0,130,5,"[1, 2, 3]"\nb,0.25,64,7,[1]\na,3.5,200,6,"[1, 2, 3, 4]"\n';
  const trace = imported(text, { read: { rate: 0.5 } });
  expect(trace.format).toBe('weka');
  expect(trace.rows.map((row) => [row.arrivalTimeUs, row.sessionId, row.roundIndex, row.hashIds])).toEqual([
    [0, 'a', 0, '0.1 0.2 0.3'],
    [2_250_000, 'b', 0, '1.1'],
    [3_500_000, 'a', 1, '0.1 0.2 0.3 0.4'],
  ]);
});

test('WEKA: conversations start at the rate, ids are their own, times count from each start', () => {
  const conversation = (id: string) =>
    `{"id": "${id}", "block_size": 64, "requests": [{"t": 0, "type": "n", "in": 130, "out": 5, "hash_ids": [1, 2]}, {"t": 3.5, "type": "s", "in": 200, "out": 6, "hash_ids": [1, 2, 3], "think_time": 1.25}]}`;
  const trace = imported(`${conversation('a')}\n${conversation('b')}\n`, { read: { rate: 0.5 } });
  expect(trace.format).toBe('weka');
  expect(
    trace.rows.map((row) => [row.arrivalTimeUs, row.sessionId, row.roundIndex, row.hashIds, row.thinkTimeUs]),
  ).toEqual([
    [0, 'a', 0, '0.1 0.2', 0],
    [2_000_000, 'b', 0, '1.1 1.2', 0],
    [3_500_000, 'a', 1, '0.1 0.2 0.3', 1_250_000],
    [5_500_000, 'b', 1, '1.1 1.2 1.3', 1_250_000],
  ]);
});

describe('ShareGPT', () => {
  test('one request for each question, with all that was said before it', () => {
    const trace = imported(fixture('sharegpt.json'), { read: { rate: 4, thinkS: 2 } });
    expect(trace.format).toBe('sharegpt');
    expect(
      trace.rows.map((row) => [
        row.sessionId,
        row.roundIndex,
        row.inputTokens,
        row.outputTokens,
        row.repeatedTokens ?? 0,
      ]),
    ).toEqual([
      ['aB3x9_0', 0, 9, 7, 0],
      ['Qz81k_0', 0, 5, 5, 0],
      ['aB3x9_0', 1, 9 + 7 + 3, 2, 16],
    ]);
    expect(trace.rows.map((row) => row.arrivalTimeUs)).toEqual([0, 250_000, 2_000_000]);
    expect(trace.report.dropped.map(({ reason }) => reason)).toEqual(['no question before the answer']);
  });

  test('turns as texts of JSON, other names of speakers, a system prompt, questions in a row', () => {
    const turns = [
      { from: 'system', value: 'be kind!' },
      { from: 'user', value: 'one?' },
      { from: 'human', value: 'two?' },
      { from: 'chatgpt', value: 'yes. yes' },
      { from: 'user', value: 'unanswered' },
    ];
    for (const conversations of [turns.map((turn) => JSON.stringify(turn)), JSON.stringify(turns)]) {
      const trace = imported(JSON.stringify([{ id: 'x', conversations }]));
      expect(requests(trace)).toEqual([[0, 2 + 1 + 1, 2]]);
      expect(trace.report.dropped.map(({ reason }) => reason)).toEqual(['no answer']);
    }
  });

  test('first pairs of usual length, as benchmarks take them', () => {
    const trace = imported(fixture('sharegpt.json'), { read: { firstPair: true } });
    expect(requests(trace).map(([, input, output]) => [input, output])).toEqual([
      [9, 7],
      [5, 5],
    ]);
  });
});

describe('benchmark results', () => {
  test('vllm bench serve: the rate of the file, latencies from TTFT and gaps, no failures', () => {
    const trace = imported(fixture('vllm-bench-serve.json'));
    expect(trace.format).toBe('vllm-bench');
    expect(requests(trace)).toEqual([
      [0, 210, 4],
      [500_000, 95, 2],
    ]);
    expect(trace.rows.map((row) => [row.firstChunkTimeUs, row.lastChunkTimeUs])).toEqual([
      [81_000, 81_000 + 33_000],
      [624_000, 637_000],
    ]);
    expect(trace.report.dropped.map(({ reason, count }) => [reason, count])).toEqual([['failed request', 1]]);
  });

  test('vllm bench serve: runs appended to one file follow one another, or are taken alone', () => {
    const text = `${fixture('vllm-bench-serve.json')}\n${fixture('vllm-bench-serve.json')}\n`;
    expect(imported(text).rows.map((row) => row.arrivalTimeUs)).toEqual([0, 500_000, 1_600_000, 2_100_000]);
    expect(imported(text, { read: { run: 1 } }).rows).toHaveLength(2);
    const pretty = JSON.stringify(JSON.parse(fixture('vllm-bench-serve.json')), null, 2);
    expect(requests(imported(pretty))).toEqual(requests(imported(fixture('vllm-bench-serve.json'))));
  });

  test('vllm bench serve: gamma gaps keep the rate and repeat with the seed', () => {
    const count = 1000;
    const text = JSON.stringify({
      request_rate: 5,
      burstiness: 0.5,
      duration: 800,
      input_lens: Array(count).fill(10),
      output_lens: Array(count).fill(3),
      ttfts: Array(count).fill(0.1),
      itls: Array(count).fill([0.01, 0.01]),
      errors: Array(count).fill(''),
    });
    const drawn = imported(text, { read: { arrivals: 'gamma', seed: 3 } });
    expect(drawn.report.requestsPerSecond).toBeCloseTo(5, -0.5);
    expect(imported(text, { read: { arrivals: 'gamma', seed: 3 } }).rows).toEqual(drawn.rows);
  });

  test('GuideLLM: planned starts, tokens, times of first token and end', () => {
    const trace = imported(fixture('guidellm-benchmarks.json'));
    expect(trace.format).toBe('guidellm');
    expect(requests(trace)).toEqual([
      [0, 200, 12],
      [500_000, 350, 8],
    ]);
    expect(trace.rows.map((row) => [row.firstChunkTimeUs, row.lastChunkTimeUs])).toEqual([
      [80_000, 202_000],
      [620_000, 708_500],
    ]);
  });

  test('GuideLLM: conversations, cached tokens, failures', () => {
    const one = (start: number, extra: object, info: object = {}) => ({
      prompt_tokens: 100 + start,
      output_tokens: 10,
      info: { timings: { targeted_start: 1.79e9 + start, request_start: 1.79e9 + start + 0.25 }, ...info },
      ...extra,
    });
    const text = JSON.stringify({
      metadata: { version: 2 },
      benchmarks: [
        {
          requests: {
            successful: [
              one(0, { cached_tokens: 0 }, { conversation_id: 'c', turn_index: 0 }),
              one(50, { cached_tokens: 96 }, { conversation_id: 'c', turn_index: 1 }),
            ],
            errored: [one(20, {})],
            total: null,
          },
        },
      ],
    });
    const { rows, report } = imported(text);
    expect(rows.map((row) => [row.arrivalTimeUs, row.sendTimeUs, row.sessionId, row.roundIndex])).toEqual([
      [0, 250_000, 'c', 0],
      [50_000_000, 50_250_000, 'c', 1],
    ]);
    expect(rows[1]!.repeatedTokens).toBe(96);
    expect(report.dropped.map(({ reason }) => reason)).toEqual(['failed request']);
    expect(imported(text, { read: { keepFailed: true } }).rows).toHaveLength(3);
  });

  test('inference-perf: differences of its clock, tokens of the server, no failures', () => {
    const trace = imported(fixture('inference-perf-per_request_lifecycle_metrics.json'));
    expect(trace.format).toBe('inference-perf');
    expect(requests(trace)).toEqual([[0, 200, 21]]);
    expect(trace.rows[0]).toMatchObject({
      firstChunkTimeUs: 100_000,
      lastChunkTimeUs: 350_000,
      serverInputTokens: 200,
    });
    expect(trace.report.dropped).toMatchObject([{ reason: 'failed request', count: 1, firstLine: 37 }]);
  });

  test('inference-perf: older reports keep tokens and times in one place', () => {
    const text = JSON.stringify([
      {
        start_time: 5,
        end_time: 6,
        info: { input_tokens: 7, output_tokens: 3, output_token_times: [5.25, 6] },
        error: null,
      },
    ]);
    expect(requests(imported(text))).toEqual([[0, 7, 3]]);
    expect(imported(text).rows[0]!.firstChunkTimeUs).toBe(250_000);
  });

  test.each([
    ['inference-perf-summary_lifecycle_metrics.json', /per_request_lifecycle_metrics/],
    ['vllm', /--save-detailed/],
    ['guidellm', /write the requests too/],
  ])('totals without requests are refused, and it is said what to give instead: %s', (name, way) => {
    const texts: Record<string, string> = {
      vllm: '{"request_throughput": 1.2, "total_input_tokens": 300, "num_prompts": 3, "request_rate": 2}',
      guidellm: '{"benchmarks": [{"requests": {"successful": []}}]}',
    };
    let error: InputError | null = null;
    try {
      imported(texts[name] ?? fixture(name));
    } catch (thrown) {
      error = thrown as InputError;
    }
    expect(error?.message).toMatch(/holds totals only/);
    expect(error?.suggestion).toMatch(way);
  });
});

test('Copilot: one request for each call, cached tokens as prefix, pauses from the end of the call before', () => {
  const trace = imported(fixture('ghcp-agent.jsonl'));
  expect(trace.format).toBe('copilot');
  expect(
    trace.rows.map((row) => [row.arrivalTimeUs, row.inputTokens, row.outputTokens, row.sessionId, row.roundIndex]),
  ).toEqual([
    [0, 9000, 100, 's1', 0],
    [7_000_000, 9750, 50, 's1', 1],
  ]);
  expect(trace.rows.map((row) => [row.repeatedTokens, row.thinkTimeUs])).toEqual([
    [0, 0],
    [9000, 2_899_500],
  ]);
});

test('TraceV2: its own columns pass, times start anew', () => {
  const text = [
    'request_id,client_id,tenant_id,slo_class,session_id,round_index,prefix_group,prefix_length,streaming,input_tokens,output_tokens,text_tokens,image_tokens,audio_tokens,video_tokens,reason_ratio,model,deadline_us,server_input_tokens,arrival_time_us,send_time_us,first_chunk_time_us,last_chunk_time_us,num_chunks,status,error_message,finish_reason',
    '0,c,t,critical,,0,g,30,true,10,5,0,0,0,0,0,m,1500,0,500,500,700,900,0,ok,,',
    '1,c,t,batch,,0,,0,false,11,6,0,0,0,0,0,m,0,0,2500,2600,3000,3100,0,ok,,',
  ].join('\n');
  const trace = imported(text);
  expect(trace.format).toBe('trace-v2');
  expect(trace.rows[0]).toMatchObject({ sloClass: 'critical', prefixGroup: 'g', prefixLength: 30, deadlineUs: 1000 });
  expect(
    trace.rows.map((row) => [row.arrivalTimeUs, row.sendTimeUs, row.firstChunkTimeUs, row.lastChunkTimeUs]),
  ).toEqual([
    [0, 0, 200, 400],
    [2000, 2100, 2500, 2600],
  ]);
});

test('a log of one’s own: usual names of columns, units in their names, measured latencies in seconds', () => {
  const text =
    'user,start_time_ms,prompt_tokens,completion_tokens,conversation_id,ttft,e2e\na,1000,10,5,k,0.2,1\nb,1500,20,6,,0.3,2\n';
  const trace = imported(text);
  expect(trace.format).toBe('log');
  expect(requests(trace)).toEqual([
    [0, 10, 5],
    [500_000, 20, 6],
  ]);
  expect(trace.rows.map((row) => [row.sessionId, row.firstChunkTimeUs])).toEqual([
    ['k', 200_000],
    ['', 800_000],
  ]);
});
