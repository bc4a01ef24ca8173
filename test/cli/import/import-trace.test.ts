import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { run as runBlis } from '../../../src/cli/blis/main.ts';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import { readTraceCsv } from '../../../src/simulators/workload/trace-csv.ts';
import { parseTraceHeader } from '../../../src/simulators/workload/trace-header.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';
import { startParetune, temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const FIXTURES = new URL('../../fixtures/traces/', import.meta.url).pathname;
const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(program: (argv: readonly string[]) => Promise<number>, argv: readonly string[]) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((piece) => {
      said[stream] += String(piece);
      return true;
    }),
  );
  const code = await program(argv);
  for (const spy of spies) spy.mockRestore();
  return { code, ...said };
}
const paretune = (...argv: readonly string[]) => run((args) => main(args, COMMANDS), argv);
const blis = (...argv: readonly string[]) => run((args) => runBlis(['blis', ...args]), argv);
const importTrace = (name: string, out: string, ...flags: readonly string[]) =>
  paretune('import', 'trace', join(FIXTURES, name), '--out', join(folder, out), ...flags);

const CLUSTER = ['--model', 'qwen/qwen3-14b', '--hardware', 'H100', '--tp', '1', '--latency-model', 'roofline'];

describe('paretune import trace', () => {
  test('writes a pair that the readers of traces take, and says what it left out', async () => {
    const { code, stdout, stderr } = await importTrace('burstgpt-v1.csv', 'burst');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('BurstGPT trace: 2 requests in 24 s');
    expect(stdout).toContain('left out: 2 × failed request, first in line 4');
    const header = readYamlFile(join(folder, 'burst/trace.yaml'));
    expect(parseTraceHeader(header.value)).toMatchObject({
      mode: 'generated',
      workloadSpec: 'burstgpt-v1.csv (burstgpt)',
    });
    const rows = readTraceCsv(readFileSync(join(folder, 'burst/trace.csv'), 'utf8'), 'trace.csv');
    expect(rows.map((row) => [row.requestId, row.arrivalTimeUs])).toEqual([
      [0, 0],
      [1, 24_000_000],
    ]);
  });

  test('is told in JSON as well, with the files that were written', async () => {
    const { stdout } = await importTrace('ghcp-agent.jsonl', 'agents.csv', '--json');
    expect(dataOf(stdout)).toMatchObject({
      format: 'copilot',
      requests: 2,
      sessions: 1,
      repeated_tokens: 9000,
      dropped: [],
      files: { header: join(folder, 'agents.yaml'), data: join(folder, 'agents.csv') },
    });
  });

  test('reads gzip', async () => {
    const packed = join(folder, 'azure.csv.gz');
    writeFileSync(packed, gzipSync(readFileSync(join(FIXTURES, 'azure-2024.csv'))));
    const plain = await importTrace('azure-2024.csv', 'plain');
    const { code } = await paretune('import', 'trace', packed, '--out', join(folder, 'packed'));
    expect([code, plain.code]).toEqual([0, 0]);
    const data = (name: string) => readFileSync(join(folder, name, 'trace.csv'), 'utf8');
    expect(data('packed')).toBe(data('plain'));
  });

  test('a trace that was imported is imported again unchanged', async () => {
    for (const name of ['mooncake.jsonl', 'ghcp-agent.jsonl', 'guidellm-benchmarks.json', 'sharegpt.json']) {
      await importTrace(name, 'first');
      const { code } = await paretune(
        'import',
        'trace',
        join(folder, 'first/trace.yaml'),
        '--out',
        join(folder, 'again'),
      );
      expect(code).toBe(0);
      const data = (out: string) => readFileSync(join(folder, out, 'trace.csv'), 'utf8');
      expect(data('again')).toBe(data('first'));
    }
  });

  test.each([
    [['--format', 'azur'], /--format: unknown format "azur"; did you mean "azure"\?/],
    [['--from', 'noon'], /--from: must be a time like 90, 10m, 2h, 1d or a date, got "noon"/],
    [['--from', '20', '--to', '10'], /--to: must be after --from/],
    [['--sample', '2'], /--sample: must be a number > 0 and ≤ 1, got "2"/],
    [['--rate-factor', '0'], /--rate-factor: must be a number > 0, got "0"/],
    [['--limit', '0'], /--limit: must be an integer ≥ 1, got "0"/],
    [['--time-unit', 'h'], /--time-unit: must be one of s, ms, us, ns, got "h"/],
    [['--from', '1h'], /azure-2023\.csv: no request is left: 4 before the window/],
    [['--format', 'mooncake'], /cannot be read, the first: unreadable row .*; is it the right --format\?/],
  ])('refuses %s, and writes nothing', async (flags, message) => {
    const { code, stderr } = await importTrace('azure-2023.csv', 'refused', ...flags);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    const refused = join(folder, 'refused');
    expect(existsSync(refused) ? readdirSync(refused) : []).toEqual([]);
  });

  test('leaves nothing behind when it is interrupted', async () => {
    const log = join(folder, 'long.csv');
    const rows = Array.from({ length: 400_000 }, (_, i) => `${(i * 7919) % 400_000},10,5\n`).join('');
    writeFileSync(log, `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.repeat(6)}`);
    const out = join(folder, 'interrupted');
    const { process: child, finished } = startParetune(['import', 'trace', log, '--out', out]);
    child.stderr!.once('data', () => child.kill('SIGINT'));
    const { code, stderr } = await finished;
    expect(code).toBe(130);
    expect(stderr).toContain('interrupted; nothing was written');
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });
});

describe('what was imported', () => {
  test('is simulated by blis run and blis replay alike', async () => {
    await importTrace('mooncake.jsonl', 'moon.yaml');
    const moon = join(folder, 'moon');
    const read = await blis('run', ...CLUSTER, '--workload-spec', `${moon}.yaml`);
    const files = ['--trace-header', `${moon}.yaml`, '--trace-data', `${moon}.csv`, '--horizon', '1000000000'];
    const replayed = await blis('replay', ...CLUSTER, ...files);
    const figure = (text: string, name: string) => new RegExp(`${name}.*`).exec(text)?.[0];
    for (const name of ['"ttft_mean_ms"', '"completed_requests"', 'Cache Hit Rate']) {
      expect(figure(read.stdout, name)).toBe(figure(replayed.stdout, name));
    }
    expect(figure(read.stdout, '"completed_requests"')).toContain('4');
    expect(Number(figure(read.stdout, 'Cache Hit Rate')!.split(': ')[1])).toBeGreaterThan(0.4);
  });

  test('are jobs of gpu-jobs, and so are the traces as they are', async () => {
    await importTrace('azure-2023.csv', 'jobs.yaml');
    const tasks = ['gpu-jobs', 'run', '--engine', 'token', '--algorithms', 'FIFO', '--json', '--tasks'];
    const [pair, raw] = [
      await paretune(...tasks, join(folder, 'jobs.yaml')),
      await paretune(...tasks, join(FIXTURES, 'azure-2023.csv')),
    ];
    expect([pair.code, raw.code]).toEqual([0, 0]);
    const named = JSON.stringify(dataOf(pair.stdout)).replaceAll('jobs', 'azure-2023');
    expect(named).toBe(JSON.stringify(dataOf(raw.stdout)));
  });

  test('passes `check`', async () => {
    await importTrace('azure-2023.csv', 'checked.yaml');
    const { code, stdout } = await paretune('check', join(folder, 'checked.yaml'));
    expect([code, stdout]).toEqual([
      0,
      `${join(folder, 'checked.yaml')}: valid workload: trace of 4 requests in 3.942 s\n`,
    ]);
  });
});

describe('beside the trace', () => {
  test('a fitted workload is written, with its distance, and runs', async () => {
    const rows = Array.from(
      { length: 300 },
      (_, i) => `${i * 0.5 + (i % 7) * 0.05},${100 + ((i * 37) % 200)},${20 + (i % 9)}`,
    );
    writeFileSync(join(folder, 'own.csv'), `timestamp,input_tokens,output_tokens\n${rows.join('\n')}\n`);
    const { code, stdout } = await paretune(
      ...['import', 'trace', join(folder, 'own.csv'), '--out', join(folder, 'fit'), '--fit'],
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/fitted arrivals: (gamma|weibull)/);
    expect(stdout).toMatch(/prompt tokens \(tokens\) +199/);
    const file = join(folder, 'fit/workload.yaml');
    expect(stdout).toContain(file);
    const run = await blis('run', ...CLUSTER, '--workload-spec', file);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/"completed_requests": 300/);
    const told = await paretune(
      'import',
      'trace',
      join(folder, 'own.csv'),
      '--out',
      join(folder, 'fit'),
      '--fit',
      '--json',
    );
    expect(dataOf(told.stdout)).toMatchObject({
      requests: 300,
      fit: { distance: { shared_prompt_tokens: { trace: 0, fit: 0 } } },
      files: { workload: file },
    });
  });
});

test('paretune import servegen writes the cohorts of blis convert servegen, with an end for studies', async () => {
  const data = new URL('../../fixtures/convert/servegen', import.meta.url).pathname;
  const file = join(folder, 'day.yaml');
  const { code, stdout } = await paretune('import', 'servegen', data, '--out', file);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/chunks as \d+ cohorts, ends after 2340 s\nwritten: /)]);
  const own = readYamlFile(file).value as Record<string, unknown>;
  const converted = readYamlFile(new URL('../../fixtures/convert/out.yaml', import.meta.url).pathname).value;
  expect(own).toEqual({ ...(converted as object), horizon: 2_340_000_000 });
  const checked = await paretune('check', file);
  expect([checked.code, checked.stdout]).toEqual([0, `${file}: valid workload: request workload\n`]);
  const wrong = await paretune('import', 'servegen', data, '--out', file, '--time', 'noon');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/--time: unknown period "noon"/)]);
});

test('paretune import servegen names the flag where data of one window have no periods', async () => {
  const data = join(folder, 'reasoning');
  mkdirSync(data);
  writeFileSync(join(data, 'chunk-0-trace.csv'), '0,2,1,Gamma\n');
  const shares = { '0': { input_tokens: '{100: 1}', output_tokens: '{20: 1}', reason_ratio: '{0.5: 1}' } };
  writeFileSync(join(data, 'chunk-0-dataset.json'), JSON.stringify(shares));
  const { code, stderr } = await paretune(
    'import',
    'servegen',
    data,
    '--out',
    join(data, 'x.yaml'),
    '--time',
    'morning',
  );
  expect([code, stderr]).toEqual([2, 'paretune: --time: has no effect on reasoning data: it has one window\n']);
});
