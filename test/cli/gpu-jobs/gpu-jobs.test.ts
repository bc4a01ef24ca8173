import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import { VALIDATION_CASES } from '../../../src/companions/gpu-jobs/validation-cases.ts';
import { compareEngines } from '../../../src/companions/gpu-jobs/validation-comparison.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function gpuJobs(...args: string[]): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  try {
    return { code: await main(['gpu-jobs', ...args], COMMANDS), stdout, stderr };
  } finally {
    vi.restoreAllMocks();
  }
}

afterEach(() => vi.restoreAllMocks());

describe('paretune gpu-jobs test', () => {
  it('prints the published report, character by character', async () => {
    const expected = readFileSync(new URL('../../fixtures/gpu-jobs/published-report.txt', import.meta.url), 'utf8');
    expect(await gpuJobs('test')).toEqual({ code: 0, stdout: expected, stderr: '' });
    const json = await gpuJobs('test', '--json');
    expect(dataOf(json.stdout)).toEqual(
      dataOf((await gpuJobs('run', '--workload', 'discriminating', '--json')).stdout),
    );
  });
});

describe('paretune gpu-jobs run', () => {
  it('compares all four orderings on both workloads by default', async () => {
    const { code, stdout } = await gpuJobs('run', '--json');
    expect(code).toBe(0);
    const results = dataOf(stdout) as Record<string, Record<string, number>>;
    expect(Object.keys(results)).toEqual(
      ['discriminating', 'staggered'].flatMap((workload) =>
        ['FIFO', 'WeightedFIFO', 'SRPT', 'WSRPT'].map((name) => `${workload}_${name}`),
      ),
    );
    expect(results['discriminating_SRPT']).toEqual({
      weighted_waiting_time: 108.03999999999996,
      average_waiting_time: 1.8019999999999983,
      makespan: 4.509999999999991,
      completed_count: 20,
      total_count: 20,
      completion_rate: 1,
      gpu_utilization: 0,
    });
  });

  it('takes the flags of the document, and says when tasks are left over', async () => {
    const output = join(temporaryFolder(), 'deep/results.json');
    const flags = ['--workload', 'discriminating', '--cluster', 'h100_8gpu', '--dt', '0.01', '--max-time', '5.0'];
    const { code, stdout } = await gpuJobs('run', ...flags, '--algorithms', 'FIFO', 'SRPT', '--output', output);
    expect(code).toBe(0);
    expect(stdout).toContain('FIFO                 405.200         3.882           16');
    expect(stdout).toContain('FIFO: 16 of 20 tasks completed before max time');
    expect(Object.keys(JSON.parse(readFileSync(output, 'utf8')) as object)).toEqual([
      'discriminating_FIFO',
      'discriminating_SRPT',
    ]);
  });

  it('runs the example inputs, with timeline, events and times of every task', async () => {
    const folder = temporaryFolder();
    const file = (name: string): string => join(folder, name);
    const inputs = ['--tasks', 'studies/gpu-jobs/tasks.csv', '--config', 'studies/gpu-jobs/token-settings.yaml'];
    const outputs = ['--timeline', file('t.csv'), '--events', file('e.jsonl'), '--tasks-output', file('j.csv')];
    const flags = ['--engine', 'token', '--cluster', 'h100_2gpu', '--algorithms', 'WSRPT', '--window', '0.5', '--json'];
    const { code, stdout } = await gpuJobs('run', ...flags, ...inputs, ...outputs);
    expect(code).toBe(0);
    const result = (dataOf(stdout) as Record<string, Record<string, number>>)['tasks_WSRPT']!;
    expect(result['completed_count']).toBe(5);
    expect(result['prefix_hit_rate']).toBeGreaterThanOrEqual(0);
    for (const latency of ['ttft', 'tpot', 'e2e', 'queueing', 'prefill', 'decode']) {
      const [p50, p95, p99] = ['p50', 'p95', 'p99'].map((share) => result[`${latency}_${share}_ms`]!);
      expect(p50).toBeLessThanOrEqual(p95!);
      expect(p95).toBeLessThanOrEqual(p99!);
    }
    const rows = readFileSync(file('t-tasks_WSRPT.csv'), 'utf8').trim().split('\n');
    expect(rows[0]).toContain('start,end,gpuUtilization,batch');
    expect(rows.length - 1).toBe(Math.ceil(result['makespan']! / 0.5));
    const events = readFileSync(file('e-tasks_WSRPT.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; time: number });
    expect(events.filter(({ kind }) => kind === 'TASK_COMPLETE').length).toBe(5);
    expect(events.every(({ time }, i) => i === 0 || time >= events[i - 1]!.time)).toBe(true);
    expect(readFileSync(file('j-tasks_WSRPT.csv'), 'utf8').trim().split('\n').length).toBe(6);
    const mixed = await gpuJobs(
      'run',
      '--tasks',
      'studies/gpu-jobs/tasks.csv',
      '--cluster',
      'studies/gpu-jobs/small-cluster.yaml',
      '--slot-rule',
      'work_conserving',
    );
    expect(mixed).toMatchObject({ code: 0, stderr: '' });
  });

  it('runs a scheduler of the user’s own, which serves short answers first', async () => {
    const folder = temporaryFolder();
    const file = (name: string): string => join(folder, name);
    const jobs = [40, 5, 20].map((decode) => `  - {model: Llama3-8B, prefill_tokens: 10, decode_tokens: ${decode}}`);
    writeFileSync(file('jobs.yaml'), `tasks:\n${jobs.join('\n')}\n`);
    writeFileSync(file('one.yaml'), 'max_batch_size: 1\n');
    const token = [
      '--engine',
      'token',
      '--cluster',
      'h100_1gpu',
      '--workload',
      file('jobs.yaml'),
      '--config',
      file('one.yaml'),
    ];
    const mine = ['--scheduler', 'studies/gpu-jobs/short-answers-first.mjs', '--tasks-output', file('t.csv')];
    const { code, stderr } = await gpuJobs('run', ...token, ...mine);
    expect([code, stderr]).toEqual([0, '']);
    const [head, ...rows] = readFileSync(file('t-jobs_short-answers-first.csv'), 'utf8').trim().split('\n');
    const at = head!.split(',').indexOf('completion');
    const ends = rows.map((row) => Number(row.split(',')[at]));
    expect([...ends].sort((a, b) => a - b)).toEqual([ends[1], ends[2], ends[0]]);
  });

  it.each([
    [['--cluster', 'h100'], /--cluster: unknown cluster "h100"/],
    [['--workload', 'discriminate'], /--workload: unknown workload "discriminate"; did you mean "discriminating"/],
    [['--algorithms', 'FIFO', 'SPRT'], /--algorithms: unknown algorithm "SPRT"; did you mean "SRPT"/],
    [['--algorithms'], /a value is missing after --algorithms/],
    [['--algorithms', 'FIFO', 'fifo'], /names FIFO twice/],
    [['--dt', '0'], /--dt: must be > 0, got 0/],
    [['--dt', '7'], /--dt: must be ≤ max_time \(5\), got 7/],
    [['--max-time', '0'], /--max-time: must be > 0, got 0/],
    [['--cluster', 'h100_1gpu'], /needs 2 GPUs, cluster h100_1gpu has 1/],
    [['--tasks', 'studies/gpu-jobs/tasks.csv', '--model', 'Qwen4'], /--model: unknown model "Qwen4"/],
    [['--tasks', 'no-such.csv'], /no-such\.csv: file not found/],
    [['--engine', 'token', '--dt', '1'], /--dt belongs to the simplified engine/],
    [['--events', 'x.jsonl'], /--events belongs to the token engine/],
    [['--max-time', 'soon'], /--max-time: must be a number, got NaN/],
    [['--engine', 'token', '--window', '0'], /--window: must be > 0, got 0/],
    [['--dt', '1e-7', '--timeline', 'steps.csv'], /--dt: gives a timeline of more than 2000000 rows/],
    [
      ['--engine', 'token', '--window', '1e-9', '--timeline', 'windows.csv'],
      /--window: gives \d+ windows in .* s, at most 1000000/,
    ],
    [['--scheduler', 'studies/gpu-jobs/short-answers-first.mjs'], /--scheduler belongs to the token engine/],
    [
      ['--engine', 'token', '--scheduler', 'studies/gpu-jobs/short-answers-first.mjs', '--algorithms', 'FIFO'],
      /--scheduler and --algorithms exclude each other/,
    ],
    [['--engine', 'token', '--scheduler', 'no-such.mjs'], /no-such\.mjs: cannot be loaded/],
    [['--dtt', '1'], /Unknown argument/i],
    [['--dt'], /a value is missing after --dt/],
    [['--cluster', '--max-time', '5'], /a value is missing after --cluster/],
  ])('refuses %s in one line and writes nothing', async (flags, message) => {
    const output = join(temporaryFolder(), 'results.json');
    const { code, stdout, stderr } = await gpuJobs('run', '--output', output, ...flags);
    expect({ code, stdout, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, stdout: '', lines: 1 });
    expect(stderr).toMatch(message);
    expect(existsSync(output)).toBe(false);
  });
});

describe('paretune gpu-jobs run with a bad file', () => {
  it.each([
    [
      ['--engine', 'token', '--config'],
      'max_batch_size: 0\nperf: {kind: roofline, mfu: 2, quant: 4}\nplacement:\n  - {model: Qwen4}\ndt: 1\n',
      [
        '1:1 max_batch_size: must be ≥ 1, got 0',
        '2:24 perf.mfu: must be ≤ 1, got 2',
        '2:32 perf.quant: must be 8 or 16, got 4',
        '4:6 placement[0].model: unknown model "Qwen4"; did you mean "Qwen3"?',
        '5:1 dt: belongs to the simplified engine: remove it or set engine: simplified, got 1',
      ],
    ],
    [
      ['--cluster'],
      'nam: x\ngroups:\n  - {gpu: H200}\n  - {gpu: H100, count: 0}\n',
      [
        '1:1 nam: unknown key "nam"; did you mean "name"?',
        '3:6 groups[0].gpu: unknown GPU "H200"; did you mean "H100"?',
        '4:17 groups[1].count: must be ≥ 1, got 0',
      ],
    ],
    [
      ['--workload'],
      'generate:\n  count: 0\n  arrivals: {process: gamma, rate: 1, vc: 2}\n  models: {Qwen4: 1}\n  decode: -1\n',
      [
        '2:3 generate.count: must be ≥ 1, got 0',
        '3:39 generate.arrivals.vc: unknown key "vc"; did you mean "cv"? known keys: cv, process, rate',
        '4:12 generate.models.Qwen4: unknown model "Qwen4"; did you mean "Qwen3"?',
        '5:3 generate.decode: must be ≥ 0, got -1',
      ],
    ],
    [
      ['--workload'],
      'tasks:\n  - {model: Qwen3, tokens: 5, decode_tokens: 1}\n  - {model: Qwen3, tokens: 1, phase: 2}\n  - {tokens: 1, tp: 0}\n',
      [
        '2:20 tasks[0].tokens: cannot stand beside prefill_tokens or decode_tokens',
        '3:31 tasks[1].phase: phase must be PREFILL (1) or DECODE (0), got 2',
        '4:5 tasks[2].model: is required but missing',
        '4:17 tasks[2].tp: must be ≥ 1, got 0',
      ],
    ],
  ])('%s: names every problem on a line of its own and writes nothing', async (flags, text, expected) => {
    const folder = temporaryFolder();
    const [file, output] = [join(folder, 'bad.yaml'), join(folder, 'results.json')];
    writeFileSync(file, text);
    const { code, stdout, stderr } = await gpuJobs('run', '--output', output, ...flags, file);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    const lines = stderr.trimEnd().split('\n');
    expect(lines.map((line, index) => line.slice(0, `paretune: ${file}:${expected[index]}`.length))).toEqual(
      expected.map((line) => `paretune: ${file}:${line}`),
    );
    expect(existsSync(output)).toBe(false);
  });
});

describe('files that cannot be read or written', () => {
  it.each([
    ['a folder as output', (folder: string) => ['run', '--output', folder], /: is a folder, a file is needed/],
    ['a file as folder', (folder: string) => ['run', '--output', join(folder, 'file/x.json')], /cannot be written \(/],
    ['no name', () => ['run', '--output', ''], /--output: needs a value, got an empty text/],
    ['a folder as task table', (folder: string) => ['run', '--tasks', folder], /: is a folder, a file is needed/],
    ['a folder as generated table', (folder: string) => ['generate', '--output', folder], /: is a folder/],
  ] as const)('%s is refused in one line', async (_, args, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    const { code, stderr } = await gpuJobs(...args(folder));
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toMatch(message);
  });
});

describe('paretune gpu-jobs generate, replay', () => {
  it('a generated table runs, and replaying the engine’s own latencies has no error', async () => {
    const folder = temporaryFolder();
    const table = join(folder, 'jobs.csv');
    expect((await gpuJobs('generate', '--workload', 'low', '--seed', '3', '--output', table)).code).toBe(0);
    const token = ['--engine', 'token', '--cluster', 'h100_2gpu', '--algorithms', 'FIFO'];
    const times = join(folder, 'times.csv');
    expect((await gpuJobs('run', ...token, '--tasks', table, '--tasks-output', times)).code).toBe(0);
    const [head, ...rows] = readFileSync(join(folder, 'times-jobs_FIFO.csv'), 'utf8').trim().split('\n');
    const column = (name: string): number => head!.split(',').indexOf(name);
    const log = rows.map((row) => {
      const cells = row.split(',');
      return ['arrival', 'prefill_tokens', 'decode_tokens', 'ttft', 'e2e'].map((name) => cells[column(name)]).join(',');
    });
    const trace = join(folder, 'log.csv');
    writeFileSync(trace, `timestamp,input_tokens,output_tokens,ttft,e2e\n${log.join('\n')}\n`);
    const { stdout } = await gpuJobs('run', ...token, '--tasks', trace, '--json');
    const replayed = (dataOf(stdout) as Record<string, { replay_mape: Record<string, Record<string, number>> }>)[
      'log_FIFO'
    ]!;
    for (const latency of ['ttft', 'e2e']) {
      expect(replayed.replay_mape[latency]!['tasks']).toBe(100);
      // The log starts at 0, so arrivals shift by the first one: rounding only.
      expect(replayed.replay_mape[latency]!['mape']).toBeLessThan(1e-6);
    }
  });
});

describe('paretune gpu-jobs roofline', () => {
  it('prints ridge point and bounds', async () => {
    const { stdout } = await gpuJobs('roofline', '--model', 'Llama3-8B', '--gpu', 'H100', '--json');
    const page = dataOf(stdout) as { ridge: number; steps: { step: string; ms: number; bound: string }[] };
    expect(page.ridge).toBeCloseTo(295.2, 1);
    expect(page.steps.find(({ step }) => step === 'decode 1')).toMatchObject({
      ms: expect.closeTo(4.776, 2),
      bound: 'memory',
    });
    const seed = await gpuJobs('roofline', '--gpu', 'A100', '--a100-tflops', '628');
    expect(seed.stdout).toContain('ridge point 308.0');
    // Without attention a step of a long context costs what one without context does.
    const plain = await gpuJobs('roofline', '--context', '100000', '--no-attention');
    expect(plain.stdout).toMatch(/^prefill 1000 +16\.178 /m);
    expect(plain.stdout).toMatch(/^decode 1 +4\.776 /m);
  });
});

describe('token engine against cluster simulator', () => {
  const compare = (name: string) => compareEngines(VALIDATION_CASES.find((one) => one.name === name)!, 150, 5);

  it('agrees on every request to the microsecond where nothing is scarce', () => {
    const { equal, requests, cluster, token } = compareEngines(VALIDATION_CASES[0]!, 300, 1);
    expect(VALIDATION_CASES[0]!.name).toBe('ample');
    expect(equal).toBe(requests);
    expect(token.steps).toBe(cluster.steps);
  });

  it('a request that arrives during the last step of a busy period waits for its end, the cluster’s does not', () => {
    const { cluster, token } = compareEngines(VALIDATION_CASES[0]!, 300, 4);
    const late = token.ttftMs.map((ms, i) => ms - cluster.ttftMs[i]!).filter((ms) => Math.abs(ms) > 5e-4);
    expect(late.length).toBeGreaterThan(0);
    // The last step of a busy period decodes for one or two requests: 0.2 ms each.
    expect(late.every((ms) => ms > 0 && ms <= 0.4)).toBe(true);
  });

  it('differs only in the first burst where prompts share a prefix', () => {
    const { equal, requests } = compare('shared-prefix');
    expect(equal).toBe(requests - 4);
  });

  it('differs under memory pressure, mostly because of the prompt blocks of preempted requests', () => {
    const plain = compare('kv-pressure');
    const own = compare('kv-pressure-own-prefix');
    const gap = ({ cluster, token }: typeof plain): number => Math.abs(token.e2e.mean / cluster.e2e.mean - 1);
    expect(plain.token.preemptions).toBeGreaterThan(0);
    expect(gap(own)).toBeLessThan(0.05);
    expect(gap(plain)).toBeGreaterThan(5 * gap(own));
  });

  it('writes the page with a chart per trace', async () => {
    const folder = temporaryFolder();
    const { code } = await gpuJobs('validate', '--requests', '20', '--out', folder);
    expect(code).toBe(0);
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    for (const { name, explanation } of VALIDATION_CASES) {
      expect(page).toContain(explanation);
      expect(readFileSync(join(folder, `${name}.svg`), 'utf8')).toMatch(/^<svg/);
      expect(existsSync(join(folder, `${name}.png`))).toBe(true);
    }
    expect(page).toMatch(/takes the documented steps in 5 of 6 traces/);
  });

  it('says in words on which requests the engines differ, by how much, and why', async () => {
    const { stdout } = await gpuJobs('validate', '--requests', '40', '--out', temporaryFolder());
    const text = stdout.replace(/\s+/g, ' ');
    expect(text).toMatch(/shared-prefix equal 36\/40/);
    expect(text).toMatch(/TTFT differs for 4 of 40 requests, E2E for 4;/);
    expect(text).toMatch(/First to differ is R\d+: cluster TTFT [\d.]+, E2E [\d.]+ ms; token TTFT/);
    expect(text).toContain(VALIDATION_CASES.find(({ name }) => name === 'roofline')!.explanation);
    expect(text).toMatch(/no-overtaking A:12 · A · B:16 C:2: as vLLM documents it/);
    expect(text).toMatch(/preemption .* token engine: A:6 B:6 · A B · A .*: the same order, one step early/);
  });
});

describe('paretune gpu-jobs benchmarks, regimes', () => {
  it('prints every published figure beside the roofline’s, and writes page and pictures', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await gpuJobs('benchmarks', '--requests', '2', '--out', folder, '--quiet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Llama3-70B +8 × A100 +2048 → 128 +455 tokens\/s +\d+ +[+−]\d+ %$/m);
    expect(stdout).toMatch(/^error of the speed: mean \d+ %, median \d+ %, all within a factor of [\d.]+$/m);
    const page = readFileSync(join(folder, 'README.md'), 'utf8');
    expect(page).toContain('| Llama3-8B | 1 × H100 | 128 → 128 | 12085.78 tokens/s |');
    expect(page.match(/<https:/g)!.length).toBeGreaterThan(2);
    for (const name of ['benchmarks.svg', 'benchmarks.png']) expect(existsSync(join(folder, name))).toBe(true);
    const { rows } = dataOf((await gpuJobs('benchmarks', '--requests', '2', '--json', '--quiet')).stdout);
    expect(rows[0]).toMatchObject({ published: 12_085.78, unit: 'tokens/s', source: { address: expect.any(String) } });
  });

  it('compares the engines regime by regime', async () => {
    const folder = temporaryFolder();
    const { code, stdout } = await gpuJobs('regimes', '--requests', '12', '--seeds', '2', '--out', folder, '--quiet');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^linear +20000 +1 +[+−]0\.0 % .*agree$/m);
    for (const name of ['README.md', 'regimes.svg', 'regimes.png']) expect(existsSync(join(folder, name))).toBe(true);
  });

  it.each([
    ['benchmarks', '--mfu', '0'],
    ['benchmarks', '--requests', '0'],
    ['regimes', '--seeds', '1'],
  ])('%s refuses %s %s in one line', async (...args) => {
    const { code, stderr } = await gpuJobs(...args, '--out', temporaryFolder());
    expect([code, stderr]).toEqual([2, expect.stringMatching(new RegExp(`^paretune: ${args[1]}: .*\\n$`))]);
  });
});
