import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startParetune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { CompletionServer, cloudEdge, completion } from './support.ts';

interface Row {
  readonly request_text: string;
  readonly model_name: string;
  readonly response_text: string;
  readonly device: string;
  readonly inference_time: number;
  readonly input_token_count: number;
  readonly output_token_count: number;
  readonly prompt_index: number;
}

const server = new CompletionServer();
let address = '';
let folder = '';

beforeAll(async () => {
  address = await server.listen();
});
afterAll(() => server.close());
beforeEach(() => {
  folder = temporaryFolder();
});

const FIXTURES = new URL('../../fixtures/cloud-edge', import.meta.url).pathname;

const file = (): string => join(folder, 'inference_data_Qwen2_5-3B.jsonl');
const rows = (): Row[] =>
  readFileSync(file(), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

function prompts(list: readonly string[]): string {
  const path = join(folder, 'prompts.jsonl');
  writeFileSync(path, list.map((instruction) => `${JSON.stringify({ instruction, output: 'x' })}\n`).join(''));
  return path;
}

const flags = (list: readonly string[]): string[] => [
  'build-dataset',
  ...[
    '--prompts',
    prompts(list),
    '--server',
    address,
    '--model',
    'Qwen2.5-3B',
    '--out',
    folder,
    '--device',
    'test bench',
  ],
  ...['--quiet', '--json'],
];

describe('collecting from a server', () => {
  test('rows carry prompt, answer, device, counts and the time the server took', async () => {
    const delays: Readonly<Record<string, number>> = { quick: 20, slow: 220 };
    server.answer((prompt) => ({ delayMs: delays[prompt]! }));
    const { code, stdout } = await cloudEdge(...flags(['quick', 'slow']));
    expect(code).toBe(0);
    expect(dataOf(stdout)).toEqual({ file: file(), rows: 2, measured: 2, resumed: 0, failed: 0 });
    for (const [i, row] of rows().entries()) {
      const { inference_time, ...rest } = row;
      expect(rest).toEqual({
        request_text: ['quick', 'slow'][i],
        model_name: 'Qwen2.5-3B',
        response_text: `answer to ${['quick', 'slow'][i]}`,
        device: 'test bench',
        input_token_count: 7,
        output_token_count: 11,
        prompt_index: i,
      });
      // Rounded to 0.1 ms; the client also sees connection and transfer, far less than half a second here.
      expect(inference_time).toBeGreaterThanOrEqual(server.served[i]!.seconds - 1e-4);
      expect(inference_time).toBeLessThan(server.served[i]!.seconds + 0.5);
    }
    expect(rows()[1]!.inference_time).toBeGreaterThan(delays['slow']! / 1000 - 0.01);
    expect(server.served[0]).toMatchObject({
      path: '/v1/chat/completions',
      authorization: undefined,
      body: { model: 'Qwen2.5-3B', temperature: 0, max_tokens: 4096, stream: false },
    });
  });

  test('killed hard and resumed: no row is lost, none is repeated', async () => {
    const list = Array.from({ length: 14 }, (_, i) => `prompt ${i}`);
    server.answer(() => ({ delayMs: 60 }));
    const first = startParetune(['cloud-edge', ...flags(list)], folder);
    while (!existsSync(file()) || readFileSync(file(), 'utf8').split('\n').length < 5) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    first.process.kill('SIGKILL');
    expect((await first.finished).signal).toBe('SIGKILL');
    const kept = rows();
    expect(kept.length).toBeGreaterThanOrEqual(4);
    expect(kept.length).toBeLessThan(list.length);
    // What a crash in the middle of a write leaves.
    appendFileSync(file(), '{"request_text":"prompt 9","model_na');
    server.answer(() => ({}));
    const { code, stdout } = await cloudEdge(...flags(list));
    expect(code).toBe(0);
    expect(dataOf(stdout)).toMatchObject({ rows: 14, resumed: kept.length, measured: 14 - kept.length });
    expect(rows().map(({ request_text }) => request_text)).toEqual(list);
    expect(rows().slice(0, kept.length)).toEqual(kept);
    expect(server.served.map(({ prompt }) => prompt)).toEqual(list.slice(kept.length));
  });

  test('prompts of Parquet files, several models: a file each, named as asked', async () => {
    server.answer((prompt) => ({ body: completion(`answer to ${prompt}`) }));
    const models = ['--model', 'Qwen2.5-3B=/models/Qwen2.5-3B', '--model', 'llama'];
    const place = ['--prompts', `${FIXTURES}/dataset--tatsu-lab--alpaca`, '--server', address, '--out', folder];
    const { code, stdout } = await cloudEdge('build-dataset', ...place, ...models, '--limit', '3', '--quiet', '--json');
    expect(code).toBe(0);
    const results = dataOf(stdout) as { file: string; rows: number }[];
    expect(results.map((result) => [result.file, result.rows])).toEqual([
      [file(), 3],
      [join(folder, 'inference_data_llama.jsonl'), 3],
    ]);
    // The blank instruction of the first file is left out; the third prompt lies in the second file.
    expect(rows().map(({ request_text }) => request_text)).toEqual([
      'Name three primary colours.',
      'Translate the sentence into French.',
      'Write a short poem about the sea.',
    ]);
    expect(rows()[0]).toMatchObject({ model_name: 'Qwen2.5-3B' });
    expect(server.served.map(({ body }) => body['model'])).toEqual([
      ...Array.from({ length: 3 }, () => '/models/Qwen2.5-3B'),
      ...Array.from({ length: 3 }, () => 'llama'),
    ]);
  });

  test('a finished collection asks nothing', async () => {
    server.answer(() => ({}));
    await cloudEdge(...flags(['a', 'b']));
    const before = readFileSync(file(), 'utf8');
    server.answer(() => ({}));
    expect((await cloudEdge(...flags(['a', 'b']))).code).toBe(0);
    expect(server.served).toEqual([]);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  test('equal prompts are measured one by one, also side by side', async () => {
    server.answer(() => ({ delayMs: 20 }));
    const list = ['same', 'same', 'other', 'same', 'x', 'y'];
    expect((await cloudEdge(...flags(list), '--concurrency', '3')).code).toBe(0);
    expect(
      rows()
        .sort((a, b) => a.prompt_index - b.prompt_index)
        .map(({ request_text }) => request_text),
    ).toEqual(list);
  });

  test('overload is tried again, a refused prompt is reported and left for the next run', async () => {
    server.answer((prompt, count) => {
      if (prompt === 'busy' && count === 1) return { status: 503, body: 'overloaded' };
      if (prompt === 'bad') return { status: 400, body: 'too long' };
      return {};
    });
    const first = await cloudEdge(...flags(['bad', 'busy', 'fine']));
    expect(first.code).toBe(1);
    expect(first.stderr).toContain('prompt 0: the server answered 400: too long');
    expect(dataOf(first.stdout)).toMatchObject({ rows: 2, failed: 1 });
    expect(server.served.map(({ prompt }) => prompt)).toEqual(['bad', 'busy', 'busy', 'fine']);
    server.answer(() => ({}));
    expect((await cloudEdge(...flags(['bad', 'busy', 'fine']))).code).toBe(0);
    expect(server.served.map(({ prompt }) => prompt)).toEqual(['bad']);
    expect(rows().map(({ prompt_index }) => prompt_index)).toEqual([1, 2, 0]);
  });

  test('an answer that is no completion is a failure with its reason', async () => {
    server.answer((prompt) => ({ body: prompt === 'html' ? '<html>' : { choices: [] } }));
    const { code, stderr } = await cloudEdge(...flags(['html', 'empty']), '--retries', '0');
    expect(code).toBe(1);
    expect(stderr).toContain('prompt 0: the answer is not JSON: <html>');
    expect(stderr).toContain('prompt 1: the answer holds no text');
  });

  test('the plain completions endpoint and a key from the environment', async () => {
    server.answer((prompt) => ({ body: { choices: [{ text: `plain ${prompt}` }] } }));
    process.env['CLOUD_EDGE_TEST_KEY'] = 'secret';
    const extra = ['--endpoint', 'completions', '--api-key-env', 'CLOUD_EDGE_TEST_KEY', '--server', `${address}/v1/`];
    const { code } = await cloudEdge(
      ...flags(['one two']).filter((item) => item !== '--server' && item !== address),
      ...extra,
    );
    delete process.env['CLOUD_EDGE_TEST_KEY'];
    expect(code).toBe(0);
    expect(server.served[0]).toMatchObject({ path: '/v1/completions', authorization: 'Bearer secret' });
    // Without usage, counts are estimated: ceil(1.3 · words) + 2.
    expect(rows()[0]).toMatchObject({ response_text: 'plain one two', input_token_count: 5, output_token_count: 6 });
  });

  test('a stop signal ends the collection with what is there', async () => {
    server.answer(() => ({ delayMs: 100 }));
    const list = Array.from({ length: 50 }, (_, i) => `p${i}`);
    const running = cloudEdge(...flags(list));
    while (server.served.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    process.emit('SIGINT');
    expect((await running).code).toBe(130);
    expect(rows().length).toBeGreaterThanOrEqual(2);
    expect(existsSync(`${file()}.lock`)).toBe(false);
  });
});

describe('refusals leave everything as it was', () => {
  test('a wrong key, an unknown model', async () => {
    server.answer(() => ({ status: 404, body: 'no such model' }));
    const { code, stderr } = await cloudEdge(...flags(['a']));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^paretune: the server answered 404: no such model; check --server/m);
  });

  test('a file of other prompts, another model or another kind', async () => {
    server.answer(() => ({}));
    await cloudEdge(...flags(['a', 'b']));
    const before = readFileSync(file(), 'utf8');
    const other = await cloudEdge(...flags(['a', 'c']));
    expect(other.code).toBe(2);
    expect(other.stderr).toMatch(/inference_data_Qwen2_5-3B\.jsonl:2: prompt 1 differs from the prompt list/);
    writeFileSync(file(), before.replace('"Qwen2.5-3B"', '"Other"'));
    expect((await cloudEdge(...flags(['a', 'b']))).stderr).toContain('was measured with model "Other"');
    writeFileSync(file(), '{"request_text":"a"}\n');
    expect((await cloudEdge(...flags(['a', 'b']))).stderr).toContain('has no prompt_index');
    expect(readFileSync(file(), 'utf8')).toBe('{"request_text":"a"}\n');
  });

  test('a second writer; the lock of a dead one does not matter', async () => {
    server.answer(() => ({}));
    writeFileSync(`${file()}.lock`, String(process.ppid));
    const second = await cloudEdge(...flags(['a']));
    expect(second.code).toBe(2);
    expect(second.stderr).toContain('is writing this dataset');
    expect(server.served).toEqual([]);
    writeFileSync(`${file()}.lock`, '999999999');
    expect((await cloudEdge(...flags(['a']))).code).toBe(0);
  });

  test.each([
    [
      ['--prompts', `${FIXTURES}/zstd.parquet`],
      /cannot be read as Parquet: .*; files without compression or with Snappy/,
    ],
    [
      ['--prompts', `${FIXTURES}/zstd.parquet`, '--input-field', 'prompt'],
      /no column "prompt"; name one .*instruction/,
    ],
    [['--prompts', `${FIXTURES}/..`], /holds no Parquet file/],
    [['--model', 'a', '--model', 'b', '--name', 'x'], /--name names one dataset/],
    [['--model', 'a.b', '--model', 'a_b=c'], /two models would be written to inference_data_a_b\.jsonl/],
    [['--model', 'a='], /--model: must be a model or NAME=MODEL, got "a="/],
    [['--server', 'not an address'], /must be a web address/],
    [['--server', 'ftp://x'], /must start with http/],
    [['--api-key-env', 'NO_SUCH_VARIABLE'], /has no NO_SUCH_VARIABLE/],
    [['--input-field', 'question'], /entry 1 has no text under question/],
    [['--max-tokens', '0'], /--max-tokens: must be an integer ≥ 1 and/],
    [['--prompts', '/nowhere/prompts.txt'], /file not found/],
  ])('%j', async (extra, message) => {
    const kept = flags(['a']);
    const at = kept.indexOf(extra[0]!);
    if (at >= 0) kept.splice(at, 2);
    const { code, stderr } = await cloudEdge(...kept, ...extra);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(existsSync(file())).toBe(false);
  });
});

describe('the synthetic generator', () => {
  test('writes the same file format, equal for equal seeds', async () => {
    const args = ['build-dataset', '--synthetic', '20', '--out', folder, '--name', 'Qwen2.5-3B', '--json'];
    expect((await cloudEdge(...args, '--seed', '5')).code).toBe(0);
    const first = readFileSync(file(), 'utf8');
    expect(rows()).toHaveLength(20);
    expect(Object.keys(rows()[0]!)).toEqual([
      ...['request_text', 'model_name', 'response_text', 'device', 'inference_time', 'input_token_count'],
      ...['output_token_count', 'prompt_index'],
    ]);
    await cloudEdge(...args, '--seed', '5');
    expect(readFileSync(file(), 'utf8')).toBe(first);
    await cloudEdge(...args, '--seed', '6');
    expect(readFileSync(file(), 'utf8')).not.toBe(first);
  });
});
