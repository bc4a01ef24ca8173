import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { commandHere } from '../../support/command-here.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';
import { PredictionServer } from './prediction-server.ts';

const RUN = ['pd-slo', 'metrics', '--seed', '3', '--json'];

interface Calls {
  readonly success: number;
  readonly error: number;
}
interface Counters {
  readonly positiveSelections: number;
  readonly negativeSelections: number;
  readonly predictorCalls: Readonly<Record<'prefill-ttft' | 'decode-ttft' | 'decode-tpot', Calls>>;
}

const servers: PredictionServer[] = [];

async function server(stage: 'prefill' | 'decode', ...names: string[]): Promise<PredictionServer> {
  const one = new PredictionServer(stage);
  servers.push(one);
  const address = await one.listen();
  for (const name of names) vi.stubEnv(name, address);
  return one;
}

/** All three predictors, as the scheduler's guide sets them. */
const all = async (): Promise<readonly [PredictionServer, PredictionServer]> => [
  await server('prefill', 'PREFILL_TTFT_PREDICTION_URL'),
  await server('decode', 'DECODE_TTFT_PREDICTION_URL', 'DECODE_TPOT_PREDICTION_URL'),
];

async function counted(...more: string[]): Promise<{ counters: Counters; stderr: string }> {
  const { code, stdout, stderr } = await commandHere(
    ...RUN,
    ...(more[0] === '--requests' ? [] : ['--requests', '60']),
    ...more,
  );
  expect(code).toBe(0);
  return { counters: dataOf(stdout) as Counters, stderr };
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(servers.splice(0).map((one) => one.kill()));
});

/** Three prefill pods, three decode pods, sixty requests. */
const ASKED = 180;

describe('predictors over HTTP', () => {
  test('decide as the model behind them: one that knows the rules of thumb decides as the heuristic', async () => {
    const local = (await counted('--predictor', 'heuristic')).counters;
    const informed = (await counted()).counters;
    const [prefill, decode] = await all();
    const { counters, stderr } = await counted();
    expect(counters).toEqual(local);
    expect(counters.positiveSelections).not.toBe(informed.positiveSelections);
    expect([prefill.calls, decode.calls]).toEqual([60, 120]);
    expect(stderr).toContain('note: predictor prefill-ttft: asked 60 times, 0 failed\n');
  });

  test('replace only the targets that have a service, in turn where several addresses are given', async () => {
    const first = await server('decode', 'DECODE_TPOT_PREDICTION_URL');
    const second = new PredictionServer('decode');
    servers.push(second);
    vi.stubEnv('DECODE_TPOT_PREDICTION_URL', `${process.env['DECODE_TPOT_PREDICTION_URL']}/, ${await second.listen()}`);
    const { counters } = await counted();
    expect([first.calls, second.calls]).toEqual([30, 30]);
    expect(counters.predictorCalls['prefill-ttft']).toEqual({ success: ASKED, error: 0 });
  });

  test('killed in the middle: the rest is answered by the heuristic, and counted', async () => {
    const local = (await counted('--predictor', 'heuristic')).counters;
    const [prefill] = await all();
    prefill.misbehave = (call) => {
      if (call === 20) void prefill.kill();
      return null;
    };
    const { counters, stderr } = await counted();
    const { success, error } = counters.predictorCalls['prefill-ttft'];
    expect(success + error).toBe(ASKED);
    expect(success).toBeGreaterThanOrEqual(20 * 3);
    expect(error).toBeGreaterThan(30 * 3);
    expect(counters.predictorCalls['decode-tpot']).toEqual({ success: ASKED, error: 0 });
    expect(counters.positiveSelections).toBe(local.positiveSelections);
    expect(stderr).toMatch(/predictor prefill-ttft: asked \d+ times, \d+ failed; left alone \d+ times/);
  });

  test('too slow: each late answer is an error, and the service is not waited for again and again', async () => {
    const [prefill] = await all();
    prefill.misbehave = () => ({ delayMs: 2000 });
    const start = performance.now();
    const { counters, stderr } = await counted('--prediction-timeout', '100');
    expect(performance.now() - start).toBeLessThan(60 * 100 + 20_000);
    expect(counters.predictorCalls['prefill-ttft']).toEqual({ success: 0, error: ASKED });
    expect(stderr).toContain('no answer in time');
    expect(prefill.calls).toBeLessThan(15);
  });

  test.each([
    ['an error of the server', { status: 500 }, 'HTTP 500'],
    ['no JSON', { body: '<html>' }, 'the answer is not JSON'],
    ['no predictions', { body: '{"predictions": {}}' }, 'the answer has no predictions'],
    ['too few', { body: '{"predictions": []}' }, 'the answer has 0 predictions for 3 pods'],
    ['a negative time', { body: JSON.stringify({ predictions: Array(3).fill({ ttft_ms: -1, tpot_ms: 1 }) }) }, '≥ 0'],
    ['a text', { body: JSON.stringify({ predictions: Array(3).fill({ ttft_ms: '9', tpot_ms: 1 }) }) }, '≥ 0'],
  ])('wrong now and then (%s): counted, survived, asked again', async (_what, reply, reason) => {
    const [prefill] = await all();
    prefill.misbehave = (call) => (call % 3 === 1 ? reply : null);
    const { counters, stderr } = await counted();
    expect(counters.predictorCalls['prefill-ttft']).toEqual({ success: 120, error: 60 });
    expect(stderr).toContain(reason);
    expect(
      stderr
        .trim()
        .split('\n')
        .every((line) => line.startsWith('note: ')),
    ).toBe(true);
  });

  test('a service that comes back is used again', async () => {
    const [prefill] = await all();
    prefill.misbehave = (call) => (call < 4 ? { status: 503 } : null);
    const { counters } = await counted();
    const { success, error } = counters.predictorCalls['prefill-ttft'];
    expect(error).toBeGreaterThanOrEqual(4 * 3);
    expect(error).toBeLessThan(30 * 3);
    expect(success).toBe(ASKED - error);
  });

  test('training services get what became of the predictions, all of it', async () => {
    const prefill = await server('prefill', 'PREFILL_TTFT_TRAINING_URL');
    const decode = await server('decode', 'DECODE_TPOT_TRAINING_URL');
    const { stderr } = await counted('--requests', '250');
    expect(prefill.entries).toHaveLength(250);
    expect(prefill.entries.every(({ actual_ttft_ms: ttft, actual_tpot_ms: tpot }) => ttft > 0 && tpot === 0)).toBe(
      true,
    );
    expect(decode.entries.length).toBeGreaterThan(230);
    expect(stderr).toContain('note: predictor prefill-ttft: 250 samples sent\n');
  });

  test('an address that is none is refused in one line', async () => {
    vi.stubEnv('DECODE_TTFT_PREDICTION_URL', 'decode-ttft-predictor-svc:8001');
    const { code, stderr } = await commandHere(...RUN);
    expect([code, stderr.trim().split('\n')]).toEqual([
      2,
      [
        'paretune: DECODE_TTFT_PREDICTION_URL: must be a web address (http or https), got "decode-ttft-predictor-svc:8001"; ' +
          'unset DECODE_TTFT_PREDICTION_URL to use the predictor of the configuration',
      ],
    ]);
  });
});

describe('pd-slo train', () => {
  test('fits what a run collected, better than the rules of thumb, and the fit decides the next run', async () => {
    const folder = temporaryFolder();
    const collected = join(folder, 'samples.jsonl');
    const [requests, seed] = [
      ['--requests', '1500'],
      ['--seed', '2'],
    ];
    expect((await commandHere('pd-slo', 'run', ...requests, ...seed, '--out', folder)).code).toBe(0);
    const out = join(folder, 'trained.json');
    const { code, stdout } = await commandHere('pd-slo', 'train', collected, '--out', out, '--json');
    expect(code).toBe(0);
    const { targets } = dataOf(stdout) as {
      targets: { target: string; samples: number; errorMs: number; heuristicErrorMs: number }[];
    };
    expect(targets.map(({ target }) => target)).toEqual(['prefill-ttft', 'decode-ttft', 'decode-tpot']);
    for (const { errorMs, heuristicErrorMs } of targets.filter(({ target }) => target !== 'decode-ttft')) {
      expect(errorMs).toBeLessThan(heuristicErrorMs / 2);
    }
    const attainment = async (...argv: string[]): Promise<number> =>
      dataOf((await commandHere('pd-slo', 'run', ...requests, '--seed', '9', '--json', ...argv)).stdout).attainment.slo;
    expect(await attainment('--config', out)).toBeGreaterThan(await attainment('--mode', 'random_pair'));
  });

  test('takes the entries of the training service, and recovers the law behind them', async () => {
    const file = join(temporaryFolder(), 'entries.jsonl');
    const entry = (i: number) => ({
      kv_cache_percentage: (i % 10) / 10,
      input_token_length: 100 + ((i * 37) % 900),
      num_request_waiting: i % 7,
      num_request_running: i % 11,
      num_tokens_generated: 0,
      prefix_cache_score: 0,
      actual_ttft_ms: 95 + 2 * (100 + ((i * 37) % 900)) + 3 * (i % 7) + 4 * (i % 11) + 50 * ((i % 10) / 10),
      actual_tpot_ms: 9 + 100 * ((i % 10) / 10) + 5 * (i % 11),
    });
    writeFileSync(file, Array.from({ length: 400 }, (_, i) => `${JSON.stringify(entry(i))}\n`).join(''));
    const { stdout } = await commandHere('pd-slo', 'train', file, '--json');
    const { targets } = dataOf(stdout);
    expect(targets).toHaveLength(2);
    // ms per unit of KV share, and for ten running requests.
    expect(targets[1].coefficients[1]).toBeCloseTo(100, 1);
    expect(targets[1].coefficients[4]).toBeCloseTo(50, 1);
    for (const { errorMs } of targets) expect(errorMs).toBeLessThan(0.1);
  });

  test('bad lines are told with line and key, and nothing is written', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'bad.jsonl');
    const good = { kv_cache_percentage: 0, input_token_length: 1, num_request_waiting: 0, num_request_running: 0 };
    const lines = [good, { ...good, kv_cache_percentage: 7 }, { ...good, input_token_length: 'x' }];
    writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{\n`);
    const { code, stderr } = await commandHere('pd-slo', 'train', file, '--out', join(folder, 'out.json'));
    expect(code).toBe(2);
    expect(stderr.replaceAll(file, 'bad.jsonl').trim().split('\n')).toEqual([
      'paretune: bad.jsonl:2 kv_cache_percentage: must be ≤ 1, got 7',
      'paretune: bad.jsonl:3 input_token_length: must be a number, got "x"',
      expect.stringMatching(/^paretune: bad\.jsonl:4: is not JSON: /),
    ]);
    expect(existsSync(join(folder, 'out.json'))).toBe(false);
    expect(readFileSync(file, 'utf8')).toContain('kv_cache_percentage');
  });
});

describe("files of llm-d's own router", () => {
  const GOLDEN = new URL('../../fixtures/epp/golden/', import.meta.url).pathname;

  test('run in mode independent, short prompts stay where the decider says', async () => {
    const argv = ['pd-slo', 'run', '--config', join(GOLDEN, 'pd.yaml'), '--requests', '200'];
    const { code, stdout, stderr } = await commandHere(...argv);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^independent, informed predictor, 3 × 3 pods/)]);
    expect(stderr).toContain("note: a file of llm-d's own router: mode independent");
    const joint = await commandHere(...argv, '--mode', 'joint');
    expect(joint.stdout).toMatch(/^joint, /);
  });

  test.each(['ok', 'precise', 'lora', 'weight-zero'])('%s.yaml', async (name) => {
    const { code } = await commandHere('pd-slo', 'run', '--config', join(GOLDEN, `${name}.yaml`), '--requests', '50');
    expect(code).toBe(0);
  });

  test('mistakes in them are told with line and key', async () => {
    const file = join(GOLDEN, 'unknown-plugin.yaml');
    const { code, stderr } = await commandHere('pd-slo', 'run', '--config', file);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^paretune: .*unknown-plugin\.yaml:\d+:\d+ plugins\[\d+\]/);
  });
});

test('a class without requests has no attainment', async () => {
  const file = join(temporaryFolder(), 'classes.yaml');
  const classes = [
    { name: 'asked', share: 1, ttft_ms: 500, tpot_ms: 60 },
    { name: 'never', share: 0, ttft_ms: 500 },
    { name: 'aimless', share: 1 },
  ];
  writeFileSync(file, JSON.stringify({ workload: { classes } }));
  const { stdout } = await commandHere('pd-slo', 'run', '--config', file, '--requests', '100');
  expect(stdout).toMatch(/^never +0 +none +none +none$/m);
  expect(stdout).toMatch(/^aimless +0 +none +none +none$/m);
  const json = await commandHere('pd-slo', 'run', '--config', file, '--requests', '100', '--json');
  expect(dataOf(json.stdout).byClass.never).toEqual({ requests: 0, slo: null, ttft: null, tpot: null });
});
