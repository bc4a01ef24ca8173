import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blisCalibrateCommand } from '../../../src/cli/blis/calibrate.ts';
import { convertServegenCommand } from '../../../src/cli/blis/convert-servegen.ts';
import { calibrateCommand } from '../../../src/cli/blis/fit.ts';
import { paretune, temporaryFolder } from '../../support/command-line.ts';
import { runBlocks, shellBlocks, writeProgram } from '../../support/page-commands.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const FIXTURES = join(ROOT, 'test/fixtures');
const folder = temporaryFolder();

beforeAll(() => writeProgram(join(folder, 'bin', 'paretune')));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(['calibrate', 'convert', 'traces'])('what docs/%s.md shows runs', async (page) => {
  const blocks = shellBlocks(readFileSync(join(ROOT, `docs/${page}.md`), 'utf8'));
  expect(blocks.length).toBeGreaterThan(0);
  await runBlocks(blocks, folder);
});

test('the page of a study says by which data its simulator was calibrated, and how well', () => {
  const page = readFileSync(join(folder, 'runs/calibrated/report.html'), 'utf8');
  expect(page).toMatch(
    /Latencies were calibrated on \d+ rows of observed\.csv; on rows held out: TTFT MAPE [\d.]+ %, r [\d.]+ \(\w+\)/,
  );
  expect(page).toMatch(/<td>beta0<\/td><td>6,?9\d\d/);
  const plan = JSON.parse(readFileSync(join(folder, 'runs/calibrated/plan.json'), 'utf8'));
  expect(plan.documents.calibration.text).toContain('beta_coeffs');
});

describe('blis calibrate', () => {
  const measured = join(FIXTURES, 'calibrate/calib1');
  const calibrate = (report: string, ...more: readonly string[]) =>
    paretune(
      [
        ...['blis', 'calibrate', '--trace-header', 'trace.yaml', '--trace-data', 'trace.csv'],
        ...['--sim-results', 'results.json', '--report', report, ...more],
      ],
      measured,
    );

  test('writes the report of BLIS, with figures from flags before those of the header', async () => {
    const report = join(folder, 'report.json');
    const flags = ['--compat', '--warmup-requests', '0', '--network-rtt-us', '0'];
    const { code, stdout, stderr } = await calibrate(report, ...flags);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain('Per-SLO-class calibration:\n');
    expect(readFileSync(report, 'utf8')).toBe(readFileSync(join(measured, 'report-no-warmup-no-rtt.json'), 'utf8'));
  });

  test('takes targets from flags', async () => {
    const report = join(folder, 'targets.json');
    const { code, stderr } = await calibrate(report, '--slo-ttft', 'critical=60ms', '--log', 'error');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(readFileSync(report, 'utf8')).goodput.targets).toEqual({
      critical: { TTFTMs: 60, ITLMs: 0, E2EMs: 0 },
    });
  });

  test.each([
    [{ 'warmup-requests': '-2' }, 'must be an integer ≥ -1, got "-2"', '--warmup-requests'],
    [{ 'ttft-mape-threshold': 'x' }, 'must be a number ≥ 0, got "x"', '--ttft-mape-threshold'],
    [{ 'slo-e2e': 'critical=x' }, 'must be a duration > 0', '--slo-e2e'],
    [{ 'adapter-reference': 'x' }, '--adapter-reference is not supported: LoRA', undefined],
    [{ 'trace-data': undefined }, 'is required', '--trace-data'],
    [{ 'itl-data': join(measured, 'trace.csv') }, 'the column "chunk_index" is missing', undefined],
    [{ 'sim-metrics': join(measured, 'trace.csv') }, 'is not valid JSON', undefined],
    [{ 'sim-results': join(FIXTURES, 'nowhere.json') }, 'cannot be read (ENOENT)', undefined],
  ])('refuses %j and writes nothing', async (flags, message, flag) => {
    const report = join(folder, 'refused.json');
    const given = {
      'trace-header': join(measured, 'trace.yaml'),
      'trace-data': join(measured, 'trace.csv'),
      'sim-results': join(measured, 'results.json'),
      report,
      ...flags,
    };
    await expect(blisCalibrateCommand.run!(given)).rejects.toThrow(refusal(message, flag));
    expect(existsSync(report)).toBe(false);
  });
});

test('calibrate quotes a share that is none in one line', async () => {
  const file = join(folder, 'steps.csv');
  writeFileSync(file, 'prefill_tokens,decode_tokens,step_us\n');
  const share = calibrateCommand.run!({ file, 'hold-out': '2\n3' });
  await expect(share).rejects.toThrow(refusal('must be a number from 0 to 0.9, got "2\\n3"', '--hold-out'));
});

describe('blis convert', () => {
  const convert = (...args: readonly string[]) => paretune(['blis', 'convert', ...args], folder);

  test('servegen writes a workload file', async () => {
    const { code, stdout } = await convert(
      'servegen',
      '--path',
      join(FIXTURES, 'convert/servegen'),
      '--time',
      'morning',
    );
    expect([code, stdout.match(/^ {2}- id: morning-/gm)?.length]).toEqual([0, 5]);
  });

  test('inference-perf writes each distribution out, whatever many clients share it', async () => {
    const file = join(FIXTURES, 'convert/inference-perf/one-stage.yaml');
    const { code, stdout } = await convert('inference-perf', '--spec', file);
    expect([code, stdout.includes('&a'), stdout.match(/value: 200/g)?.length]).toEqual([0, false, 6]);
  });

  test.each([
    [{ path: join(FIXTURES, 'nowhere') }, 'cannot be read (ENOENT)', undefined],
    [{ path: FIXTURES }, 'has no chunk-*-trace.csv', undefined],
    [{}, 'is required', '--path'],
    [{ path: FIXTURES, time: 'noon' }, 'unknown period "noon"', '--time'],
  ])('servegen refuses %j', async (flags, message, flag) => {
    await expect(convertServegenCommand.run!(flags)).rejects.toThrow(refusal(message, flag));
  });

  test('a refusal names the place in the file of the user, in one line', async () => {
    writeFileSync(join(folder, 'closed.yml'), 'load: {  type: concurrent}\ndata: {}\n');
    const { code, stdout, stderr } = await convert('inference-perf', '--spec', 'closed.yml');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'paretune: closed.yml:1:10 load.type: must be constant or poisson to be converted, got "concurrent"\n',
    );
  });
});

function refusal(message: string, flag: string | undefined) {
  return expect.objectContaining({
    name: 'InputError',
    message: expect.stringContaining(message),
    ...(flag === undefined ? {} : { path: expect.arrayContaining([flag]) }),
  });
}
