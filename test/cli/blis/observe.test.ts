import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { startParetune } from '../../support/command-line.ts';
import { OpenAiServer, type ServerOptions } from '../../support/openai-server/server.ts';

const FIXTURES = new URL('../../fixtures/observe/', import.meta.url).pathname;
const root = mkdtempSync(join(tmpdir(), 'blis-observe-'));
let folder: string;
let server: OpenAiServer | undefined;
let count = 0;

beforeEach(() => {
  folder = mkdtempSync(join(root, `${count++}-`));
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server?.stop();
  server = undefined;
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);
const written = (name: string) => readFileSync(file(name), 'utf8');
const recorded = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');

/** Runs a `blis` command in this process; what it prints is caught. */
async function blis(...argv: string[]) {
  const printed = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      printed[stream] += String(text);
      return true;
    });
  }
  const code = await main(['blis', ...argv], COMMANDS);
  vi.restoreAllMocks();
  return { code, ...printed };
}

const FILES = () => ['--trace-header', file('trace.yaml'), '--trace-data', file('trace.csv')];

async function observe(options: ServerOptions, ...argv: string[]) {
  server = await OpenAiServer.start(options);
  return await blis('observe', '--server-url', server.url, '--model', 'made/up', ...FILES(), ...argv);
}

/** Rows as maps, by request id. */
function rows(csv: string): readonly Record<string, string>[] {
  const [head = '', ...lines] = csv.trim().split('\n');
  const names = head.split(',');
  const cells = lines.map((line) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.map((cell) => cell.replace(/,$/, '')));
  return cells
    .map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]!])))
    .sort((a, b) => Number(a['request_id']) - Number(b['request_id']));
}

/** What depends on neither the clock nor the server. */
function planned(csv: string): readonly object[] {
  const measured = /^(output_tokens|.*_time_us|num_chunks|finish_reason|x_request_id|error_message|deadline_us)$/;
  return rows(csv).map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !measured.test(name))));
}

/** Names of keys, and of the keys below them. */
function keys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, keys(item)]));
}

const figuresOf = (stdout: string) => JSON.parse(/\{[\s\S]*?\n\}/.exec(stdout)![0]) as Record<string, unknown>;
const header = (text: string) => parseYaml(text, 'trace.yaml').value as Record<string, unknown>;

describe('blis observe as the reference', () => {
  it('records the requests of the reference’s run, field by field, with its keys and columns', async () => {
    writeFileSync(
      file('workload.yaml'),
      recorded('calib4/workload.yaml').replace('aggregate_rate: 8', 'aggregate_rate: 80'),
    );
    const targets = ['--slo-ttft', 'critical=110ms,batch=500ms', '--slo-e2e', 'critical=400ms'];
    const spec = ['--workload-spec', file('workload.yaml'), '--warmup-requests', '4', '--rtt-ms', '0.4', ...targets];
    const run = await observe({ ttftMs: 5, itlMs: 2 }, ...spec, '--record-itl', '--scrape-kv-metrics', '--compat');
    expect(run.code).toBe(0);
    const csv = written('trace.csv');
    expect(csv.split('\n')[0]).toBe(recorded('calib4/trace.csv').split('\n')[0]);
    const arrivals = (text: string) => rows(text).map((row) => Number(row['arrival_time_us']));
    expect(planned(csv)).toEqual(planned(recorded('calib4/trace.csv')));
    for (const [i, us] of arrivals(recorded('calib4/trace.csv')).entries()) {
      expect(Math.abs(arrivals(csv)[i]! - us / 10)).toBeLessThan(100);
    }
    for (const row of rows(csv)) {
      expect(Number(row['num_chunks'])).toBe(Number(row['output_tokens']) + 2);
      expect(Number(row['send_time_us'])).toBeLessThan(Number(row['first_chunk_time_us']));
    }
    const [own, theirs] = [header(written('trace.yaml')), header(recorded('calib4/trace.yaml'))];
    expect({ ...own, created_at: '', workload_spec: 'workload.yaml' }).toEqual({ ...theirs, created_at: '' });
    expect(Object.keys(own)).toEqual(Object.keys(theirs));
    expect(keys(figuresOf(run.stdout))).toEqual(keys(figuresOf(recorded('calib4/observe.out'))));
    expect(run.stdout.match(/^===.*/gm)).toEqual(recorded('calib4/observe.out').match(/^===.*/gm));
    expect(written('trace.itl.csv').split('\n')[0]).toBe('request_id,chunk_index,timestamp_us');
  });

  it('records virtual users, who do not stream and have deadlines', async () => {
    const tokens = ['prompt', 'output'].flatMap((name) => {
      const value = name === 'prompt' ? '50' : '8';
      return [
        `--${name}-tokens`,
        value,
        `--${name}-tokens-stdev`,
        '0',
        `--${name}-tokens-min`,
        '1',
        `--${name}-tokens-max`,
        value,
      ];
    });
    const run = await observe({ ttftMs: 5 }, '--concurrency', '4', '--num-requests', '12', ...tokens, '--compat');
    expect(run.code).toBe(0);
    const csv = written('trace.csv');
    expect(csv.split('\n')[0]).toBe(recorded('variants/closed.csv').split('\n')[0]);
    const users = (text: string) => planned(text).slice(0, 4);
    expect(users(csv)).toEqual(users(recorded('variants/closed.csv')));
    for (const row of rows(csv)) {
      expect(Number(row['deadline_us']) - Number(row['arrival_time_us'])).toBe(300_000_000);
      expect(row['num_chunks']).toBe('1');
    }
    expect(run.stdout.match(/^===.*/gm)).toEqual(recorded('variants/closed.out').match(/^===.*/gm));
  });

  it('records a chat, and says nothing of requests that all failed', async () => {
    writeFileSync(file('workload.yaml'), recorded('variants/timeout.yaml'));
    const chat = await observe(
      { ttftMs: 2 },
      '--workload-spec',
      file('workload.yaml'),
      '--api-format',
      'chat',
      '--compat',
    );
    expect(chat.code).toBe(0);
    const csv = written('trace.csv');
    const withoutCounts = (text: string) => planned(text).map((row) => ({ ...row, server_input_tokens: '' }));
    expect(withoutCounts(csv)).toEqual(withoutCounts(recorded('variants/timeout.csv')));
    expect(rows(csv).map((row) => row['arrival_time_us'])).toEqual(
      rows(recorded('variants/timeout.csv')).map((row) => row['arrival_time_us']),
    );
    for (const row of rows(csv)) expect(Number(row['num_chunks'])).toBe(Number(row['output_tokens']) + 3);
    const broken: ServerOptions = { plan: () => ({ fault: { kind: 'status', code: 500, body: 'no' } }) };
    await server?.stop();
    const failed = await observe(broken, '--rate', '500', '--num-requests', '3', '--compat');
    expect([failed.code, rows(written('trace.csv')).map((row) => row['status'])]).toEqual([0, Array(3).fill('error')]);
  });
});

describe('blis observe', () => {
  const short = [
    '--prompt-tokens',
    '20',
    '--prompt-tokens-stdev',
    '2',
    '--output-tokens',
    '5',
    '--output-tokens-stdev',
    '2',
  ];

  it('times tokens, gets the length it asks for, and fills in what the reference leaves at 0', async () => {
    const run = await observe(
      { ttftMs: 5, itlMs: 2 },
      '--rate',
      '200',
      '--num-requests',
      '10',
      '--streaming',
      ...short,
    );
    expect(run.code).toBe(0);
    const all = rows(written('trace.csv'));
    for (const row of all) {
      expect(row['num_chunks']).toBe(row['output_tokens']);
      expect(row['finish_reason']).toBe('length');
    }
    expect(figuresOf(run.stdout)).toMatchObject({ completed_requests: 10, injected_requests: 10 });
    expect(figuresOf(run.stdout)['itl_mean_ms']).toBeGreaterThan(0);
    expect(header(written('trace.yaml'))['network']).toEqual({ measured_rtt_ms: expect.any(Number) });
    expect(run.stderr).toMatch(
      /requests 10\/10.*\n(paretune: warning: .*\n)*paretune: 10 requests recorded, round trip [\d.]+ ms\n$/,
    );
  });

  it('makes the requests of blis run with the same seed', async () => {
    const load = ['--rate', '300', '--num-requests', '10', ...short, '--seed', '7'];
    await observe({}, ...load);
    await blis('run', '--model', 'qwen/qwen3-14b', ...load, '--trace-output', file('run'));
    const plan = (csv: string) =>
      rows(csv).map((row) =>
        ['request_id', 'input_tokens', 'output_tokens', 'arrival_time_us'].map((name) => row[name]),
      );
    expect(plan(written('trace.csv'))).toEqual(plan(written('run.csv')));
  });

  it('feeds blis replay, which simulates every request that was recorded', async () => {
    await observe(
      { ttftMs: 5, itlMs: 1 },
      '--rate',
      '200',
      '--num-requests',
      '12',
      '--warmup-requests',
      '2',
      '--record-itl',
      ...short,
    );
    const results = file('results.json');
    const replay = await blis('replay', '--model', 'qwen/qwen3-14b', ...FILES(), '--results-path', results);
    expect(replay.code).toBe(0);
    const simulated = JSON.parse(readFileSync(results, 'utf8')) as { request_id: number; output_tokens: number }[];
    const observed = rows(written('trace.csv'));
    expect(simulated.map((one) => [String(one.request_id), String(one.output_tokens)])).toEqual(
      observed.map((row) => [row['request_id'], row['output_tokens']]),
    );
  });

  it('reads the lengths of a named workload from a file of defaults, and says whether the server was too slow', async () => {
    const lengths = (mean: number) => ({ mean, stdev: 0, min: mean, max: mean });
    const prefixed = (name: string, { mean, stdev, min, max }: ReturnType<typeof lengths>) =>
      `${name}_tokens: ${mean}, ${name}_tokens_stdev: ${stdev}, ${name}_tokens_min: ${min}, ${name}_tokens_max: ${max}`;
    const preset = `{prefix_tokens: 0, ${prefixed('prompt', lengths(30))}, ${prefixed('output', lengths(3))}}`;
    writeFileSync(file('defaults.yaml'), `workloads:\n  chatbot: ${preset}\n`);
    writeFileSync(file('saturation.yaml'), 'threshold: {threshold_ms: 2}\n');
    const load = ['--workload', 'chatbot', '--rate', '1', '--rate', '300', '--num-requests', '5'];
    const judged = ['--detectors', 'threshold', '--saturation-config', file('saturation.yaml')];
    const run = await observe({ ttftMs: 5 }, ...load, '--defaults-filepath', file('defaults.yaml'), ...judged);
    expect(run.code).toBe(0);
    expect(figuresOf(run.stdout)['saturation']).toEqual({ threshold: 'OVERLOADED' });
    expect(rows(written('trace.csv')).map((row) => [row['input_tokens'], row['output_tokens']])).toEqual(
      Array(5).fill(['30', '3']),
    );
  });

  it('takes the key from the environment, and the flag before it', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'from-environment');
    const load = ['--rate', '500', '--num-requests', '1'];
    await observe({}, ...load);
    expect(server!.records.at(-1)!.headers['authorization']).toBe('Bearer from-environment');
    await server!.stop();
    await observe({}, ...load, '--api-key', 'from-flag');
    expect(server!.records.at(-1)!.headers['authorization']).toBe('Bearer from-flag');
  });

  it('keeps the rows of a server that is not there, and ends with code 1 and one line', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    const down = await blis(
      'observe',
      '--server-url',
      `http://127.0.0.1:${port}`,
      '--model',
      'm',
      ...FILES(),
      '--rate',
      '300',
      '--num-requests',
      '3',
      '--log',
      'error',
    );
    expect(down.code).toBe(1);
    expect(down.stderr).toMatch(
      /^paretune: every request failed: HTTP error: Post "http:\/\/127\.0\.0\.1:\d+\/v1\/completions": .*\n$/,
    );
    expect(written('trace.csv').split('\n')[0]).toBe(recorded('variants/down.csv').split('\n')[0]);
    expect(rows(written('trace.csv')).map((row) => row['status'])).toEqual(Array(3).fill('error'));
  });

  it.each([
    [['--rate', '1', '--num-requests', '1', '--server-url', 'host:8000'], ['--server-url: must']],
    [
      ['--rate', '1', '--num-requests', '1', '--server-url', ''],
      ['paretune: --server-url: needs a value, got an empty text'],
    ],
    [['--rate', '0', '--num-requests', '1'], ['--rate: must be finite and > 0']],
    [['--rate', '1'], ['the workload has no end; give num_requests or a horizon']],
    [[], ['--workload-spec: is required; or give --rate or --concurrency']],
    [['--rate', '1', '--concurrency', '2', '--num-requests', '1'], ['--concurrency: excludes --rate']],
    [
      ['--rate', '1', '--num-requests', '1', '--record-itl', '--no-streaming'],
      ['--record-itl: excludes --no-streaming'],
    ],
    [
      ['--rate', '1', '--num-requests', '1', '--timeout', '0', '--rtt-ms', '-1'],
      ['--timeout: must be an integer ≥ 1, got "0"', '--rtt-ms: must be a number ≥ 0, got "-1"'],
    ],
    [
      ['--rate', '1', '--num-requests', '1', '--slo-ttft', 'critical=fast'],
      ['--slo-ttft.critical: must be a duration'],
    ],
    [['--rate', '1', '--num-requests', '1', '--api-format', 'grpc'], ['--api-format: must be completions or chat']],
    [['--rate', '1', '--num-requests', '1', '--think-time-ms', '5'], ['--think-time-ms: needs --concurrency']],
    [['--rate', '1', '--num-requests', '1', '--detectors', 'all'], ['--detectors all is not supported']],
    [['--rate', '1', '--num-requests', '1', '--saturation-final-window', '3s'], ['--saturation-final-window: needs']],
    [
      ['--rate', '1', '--num-requests', '1', '--trace-data', '/nowhere/t.csv'],
      ['/nowhere/t.csv: cannot be written (ENOENT)'],
    ],
  ])('refuses %j with one line for each mistake, and writes nothing', async (argv, messages) => {
    const base = ['--server-url', 'http://127.0.0.1:9', '--model', 'm', ...FILES()];
    const kept = base.filter((_, i) => !argv.includes(base[i - (i % 2)]!));
    const { code, stderr } = await blis('observe', ...kept, ...argv);
    expect(code).toBe(2);
    const lines = stderr.trimEnd().split('\n');
    expect(lines.length).toBe(messages.length);
    for (const [i, message] of messages.entries()) expect(lines[i]).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('stopped by Ctrl-C writes what has ended, and says so', async () => {
    server = await OpenAiServer.start({ plan: ({ index }) => (index > 4 ? { ttftMs: 60_000 } : {}) });
    const { process: child, finished } = startParetune([
      ...['blis', 'observe', '--server-url', server.url, '--model', 'm', ...FILES()],
      ...['--rate', '100', '--num-requests', '1000', '--streaming', ...short],
    ]);
    await expect.poll(() => server!.records.length, { timeout: 25_000 }).toBeGreaterThan(10);
    expect(existsSync(file('trace.csv'))).toBe(false);
    child.kill('SIGINT');
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(rows(written('trace.csv')).length).toBe(4);
    expect(stderr).toMatch(/paretune: 4 requests recorded, \d+ given up under way/);
  });
});
