import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { main } from '../../../src/cli/terminal/program.ts';
import { temporaryFolder } from '../../support/command-line.ts';
import { dataOf } from '../../support/json-output.ts';

const SCENARIOS = new URL('../../../studies/kvsched/scenarios/', import.meta.url).pathname;
const S2 = join(SCENARIOS, 'S2_edge_cloud.yaml');
const S4 = join(SCENARIOS, 'S4_network_scan.yaml');
const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const read = (...names: string[]): string => readFileSync(at(...names), 'utf8');

/** Runs a command in this process; `./name` is a place in the temporary folder, in arguments and in what is printed. */
async function kvsched(...argv: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text).replaceAll(`${folder}/`, './');
      return true;
    }),
  );
  try {
    return {
      code: await main(['kvsched', ...argv.map((item) => item.replace(/^\.\//, `${folder}/`))], COMMANDS),
      ...written,
    };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const BATCH = ['batch', '--scenarios', S4, '--schedulers', 'kv_heuristic,kv_only', '--seeds', '0,1'];

/** Every file below a folder, with its bytes. */
function tree(place: string): Map<string, string> {
  const names = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(place.length), readFileSync(file).toString('base64')]),
  );
}

function batchInto(name: string, ...more: string[]) {
  return kvsched(
    ...BATCH,
    '--out',
    `./${name}/raw`,
    '--index',
    `./${name}/index.csv`,
    '--figdir',
    `./${name}/fig`,
    ...more,
  );
}

beforeAll(async () => {
  const { code, stdout, stderr } = await batchInto('one', '--workers', '1', '--ticks', '200');
  expect(stderr).toContain('16 of 16 runs');
  expect(stdout.trim().split('\n')).toHaveLength(16);
  expect(code).toBe(0);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kvsched run', () => {
  test('prints the published row and writes its latencies', async () => {
    const { code, stdout } = await kvsched(
      ...['run', '--scenario', S2, '--scheduler', 'load', '--fidelity', 'legacy', '--out', './raw', '--json'],
    );
    expect(code).toBe(0);
    const row = dataOf(stdout);
    expect(row).toMatchObject({ scenario: 'S2_edge_cloud', scheduler: 'load_only', seed: 0, ticks: 1000 });
    expect(row.p99_ms).toBeCloseTo(162.72, 9);
    expect(row.kv_migrations).toBe(863);
    const summary = JSON.parse(read('raw', 'S2_edge_cloud', 'load_only', 'seed=0', 'summary.json'));
    expect(summary.p99_ms).toBe(row.p99_ms);
    for (const stage of ['prefill', 'decode', 'total']) expect(summary[`${stage}_latencies_ms`]).toHaveLength(1000);
  });

  test('lets a policy document win over the switches', async () => {
    const run = async (...argv: string[]) => {
      const { stdout } = await kvsched('run', '--scenario', S4, '--out', './raw', '--json', ...argv);
      const { p50_ms, p99_ms, p99_decode_ms, kv_migrations } = dataOf(stdout);
      return { p50_ms, p99_ms, p99_decode_ms, kv_migrations };
    };
    const prefetched = await run('--prefetch');
    expect(prefetched.p50_ms).toBeCloseTo(101.319471, 6);
    expect(await run('--policy-json', '{"enable_prefetch": true}')).toEqual(prefetched);
    const plain = await run();
    expect(plain).not.toEqual(prefetched);
    const overlapped = await run('--overlap');
    expect(overlapped).not.toEqual(plain);
    expect(await run('--policy-json', '{"overlap_ratio": 0.5}')).toEqual(overlapped);
    expect(await run('--overlap', '--policy-json', '{"overlap_ratio": 0}')).toEqual(plain);
    expect(await run('--overlap', '--policy-json', '{"enable_overlap": false}')).toEqual(plain);
    expect(await run('--policy-json', '{"enable_overlap": true}')).toEqual(plain);
    writeFileSync(at('weights.json'), '{"w_migration_ms": 1e9}');
    expect((await run('--weights-json', './weights.json')).kv_migrations).toBe(0);
  });

  test('keeps nodes and distributions in the order of the files, also where the keys are integers', async () => {
    const summary = async (name: string, text: string, ...argv: string[]) => {
      writeFileSync(at(name), text);
      const { stdout } = await kvsched('run', '--scenario', `./${name}`, '--out', './order', '--json', ...argv);
      const { p50_ms, p99_ms, kv_migration_bytes } = dataOf(stdout);
      return { p50_ms, p99_ms, kv_migration_bytes };
    };
    const dist = (map: string): string => `prompt_tokens_dist: ${map}`;
    const named = readFileSync(S4, 'utf8').replace('prompt_tokens_dist: { 512: 1 }', dist('{ 512: 0.5, 64: 0.5 }'));
    const numbered = named.replaceAll('prefillX', '9').replaceAll('decodeX', '30').replaceAll('decodeY', '4');
    for (const scheduler of ['rr', 'load_only', 'random']) {
      const argv = ['--scheduler', scheduler, '--seed', '3'];
      expect(await summary('numbered.yaml', numbered, ...argv)).toEqual(await summary('named.yaml', named, ...argv));
    }
    // A distribution of the base comes first and gains what the scenario adds.
    writeFileSync(at('base.yaml'), 'workload:\n  prompt_tokens_dist: { 512: 0.5 }\n');
    const added = named
      .replace('{ 512: 0.5, 64: 0.5 }', '{ 64: 0.5 }')
      .replace('network:\n', '$&  default_util: 0.1\n');
    expect(await summary('added.yaml', added, '--base', './base.yaml')).toEqual(await summary('named.yaml', named));
  });

  const bad = (name: string, from: string, to: string): string => {
    writeFileSync(at(name), readFileSync(S4, 'utf8').replace(from, to));
    return `./${name}`;
  };

  test.each([
    ['num_requests: 80', 'num_requests: 0', 'bad.yaml:6:3 workload.num_requests: must be ≥ 1, got 0'],
    ['rtt_ms: 30', 'rtt_ms: -1', 'bad.yaml:29:57 network.links[1].rtt_ms: must be ≥ 0, got -1'],
    ['vram_free_gb: 30', 'vram_free_gb: 64', 'nodes.decodeX.gpu.vram_free_gb: must be ≤ vram_total_gb (48), got 64'],
    ['name: L40S_48GB, ', '', 'bad.yaml:13:5 nodes.prefillX.gpu.name: is required but missing'],
    ['dst: decodeX', 'dst: decodeZ', 'network.links[0].dst: unknown node "decodeZ"'],
    ['queued_decode: 2', 'queued_decod: 2', 'unknown key "queued_decod"; did you mean "queued_decode"?'],
    ['\nnodes:', '\nnodez:', 'bad.yaml:11:1 nodez: unknown key "nodez"; did you mean "nodes"?'],
    ['workload:', 'scheduler: fast\nworkload:', 'bad.yaml:5:1 scheduler: Unknown scheduler: fast; known: kv_heuristic'],
    ['network:', 'network: [', 'bad.yaml:'],
  ])('tells file, line and key of %j', async (from, to, line) => {
    const { code, stdout, stderr } = await kvsched(
      'run',
      '--scenario',
      bad('bad.yaml', from, to),
      '--out',
      './refused',
    );
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test('tells every mistake of a scenario, one a line, in the order of the file', async () => {
    const text = readFileSync(S4, 'utf8')
      .replace('num_requests: 80', 'num_requests: 0')
      .replace('rtt_ms: 30', 'rtt_ms: x');
    writeFileSync(at('bad.yaml'), text.replace('dst: decodeX', 'dst: decodeZ'));
    const { code, stderr } = await kvsched('run', '--scenario', './bad.yaml', '--out', './refused');
    expect(stderr.trim().split('\n')).toEqual([
      'paretune: ./bad.yaml:6:3 workload.num_requests: must be ≥ 1, got 0',
      expect.stringMatching(
        /bad\.yaml:28:24 network\.links\[0\]\.dst: unknown node "decodeZ"; nodes: prefillX, decodeX/,
      ),
      expect.stringMatching(/bad\.yaml:29:57 network\.links\[1\]\.rtt_ms: must be a number, got "x"$/),
    ]);
    expect(code).toBe(2);
    expect(existsSync(at('refused'))).toBe(false);
  });

  test.each([
    ['vram_free_gb: 20', 'vram_free_gb: 90', './base.yaml:3:76 nodes.a.gpu.vram_free_gb: must be ≤ vram_total_gb (80)'],
    ['rtt_ms: 1', 'rtt_ms: -1', './base.yaml:4:58 network.links[0].rtt_ms: must be ≥ 0, got -1'],
    ['requests: 9', 'requests: 0', './small.yaml:2:13 workload.num_requests: must be ≥ 1, got 0'],
  ])('tells where %j is wrong, in the scenario or in its base', async (from, to, line) => {
    const base = `workload: { num_requests: 5 }
nodes:
  a: { tags: { role: prefill }, gpu: { name: A100_80GB, vram_total_gb: 80, vram_free_gb: 20 } }
network: { links: [{ src: a, dst: a, bandwidth_Gbps: 10, rtt_ms: 1 }] }
`;
    writeFileSync(at('base.yaml'), base.replace(from, to));
    writeFileSync(at('small.yaml'), 'scenario_id: small\nworkload: { num_requests: 9 }\n'.replace(from, to));
    const argv = ['run', '--scenario', './small.yaml', '--base', './base.yaml', '--out', './refused'];
    const { code, stderr } = await kvsched(...argv);
    expect(stderr).toContain(line);
    expect(code).toBe(2);
  });

  test.each([
    [['--scheduler', 'fastest'], 'Unknown scheduler: fastest'],
    [['--ticks', '0'], 'paretune: --ticks: must be ≥ 1, got 0'],
    [
      ['--decode-roles', 'decoder'],
      'paretune: --decode-roles[0]: must be "prefill" or "decode", got "decoder"; did you mean "decode"?',
    ],
    [['--weights-json', '{"w_que": 1}'], 'unknown key "w_que"; did you mean "w_queue"?'],
    [['--policy-json', './no-such.json'], 'must be a JSON object or the path of a file'],
    [['--policy-json', './empty.json'], 'empty.json:1:1: the file is empty'],
    [['--fidelity', 'legacy', '--strict-network'], 'No link found for cloud_p0 -> nodeA (strict mode)'],
  ])('refuses %j in one line', async (argv, line) => {
    writeFileSync(at('empty.json'), '');
    const { code, stderr } = await kvsched('run', '--scenario', S2, '--out', './refused', ...argv);
    expect(stderr).toContain(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(2);
  });
});

describe('kvsched batch', () => {
  test('indexes scenarios × schedulers × seeds × the four ablations, in order', () => {
    const [header, ...rows] = read('one', 'index.csv').trim().split('\n');
    expect(header).toBe(
      'p50_ms,p95_ms,p99_ms,p50_prefill_ms,p95_prefill_ms,p99_prefill_ms,p50_decode_ms,p95_decode_ms,p99_decode_ms,' +
        'kv_migrations,kv_migration_bytes,scenario,scheduler,seed,ticks,prefetch,overlap,strict_network,label,summary_path',
    );
    expect(rows).toHaveLength(2 * 2 * 4);
    const keys = rows.map((row) => row.split(',').slice(11, 14).concat(row.split(',')[18]!).join(' '));
    expect(keys.slice(0, 5)).toEqual([
      'S4_network_scan kv_heuristic 0 kv_heuristic|pf0|ov0',
      'S4_network_scan kv_heuristic 0 kv_heuristic|pf0|ov1',
      'S4_network_scan kv_heuristic 0 kv_heuristic|pf1|ov0',
      'S4_network_scan kv_heuristic 0 kv_heuristic|pf1|ov1',
      'S4_network_scan kv_heuristic 1 kv_heuristic|pf0|ov0',
    ]);
    for (const row of rows) expect(existsSync(row.split(',')[19]!), row).toBe(true);
  });

  test('draws the figures as PNG and SVG, with their numbers', () => {
    const names = [
      ...['S4_network_scan'].flatMap((scenario) =>
        ['prefill', 'decode', 'total'].map((stage) => `cdf_${stage}_${scenario}`),
      ),
      'p99_total_bar',
      'migration_bytes_bar',
    ];
    for (const name of names) {
      const png = readFileSync(at('one', 'fig', `${name}.png`));
      expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
      expect(png.length, name).toBeGreaterThan(8_000);
      // A line or bar per scheduler at least, not an empty frame.
      const groups =
        read('one', 'fig', `${name}.svg`).match(/<g class="mark-(?:line|rect) role-mark[\s\S]*?<\/g>/g) ?? [];
      expect(groups.join('').match(/<path/g)?.length ?? 0, name).toBeGreaterThanOrEqual(8);
      expect(read('one', 'fig', `${name}.csv`).split('\n').length, name).toBeGreaterThan(9);
    }
    expect(read('one', 'fig', 'p99_bar.svg')).toBe(read('one', 'fig', 'p99_total_bar.svg'));
  });

  test('gives the same bytes with two workers', async () => {
    rmSync(at('saved'), { recursive: true, force: true });
    const before = tree(at('one'));
    expect((await batchInto('one', '--workers', '2', '--ticks', '200', '--quiet')).code).toBe(0);
    expect([...tree(at('one'))].filter(([name, bytes]) => before.get(name) !== bytes)).toEqual([]);
    expect(tree(at('one')).size).toBe(before.size);
  });

  test('goes on after a scenario that cannot run, and says which', async () => {
    mkdirSync(at('mixed'), { recursive: true });
    writeFileSync(at('mixed', 'a.yaml'), readFileSync(S4, 'utf8').replace('rtt_ms: 2 ', 'rtt_ms: -2 '));
    writeFileSync(at('mixed', 'b.yaml'), readFileSync(S2, 'utf8'));
    const argv = ['batch', '--scenarios', './mixed', '--schedulers', 'rr', '--seeds', '0', '--overlap', '--no-plots'];
    const { code, stdout } = await kvsched(...argv, '--out', './m/raw', '--index', './m/index.csv', '--quiet');
    expect(stdout).toContain(
      '[ERROR] a.yaml rr seed=0: ./mixed/a.yaml:28:58 network.links[0].rtt_ms: must be ≥ 0, got -2',
    );
    expect(stdout).toContain('[OK] b.yaml rr seed=0');
    expect(code).toBe(1);
    expect(read('m', 'index.csv').trim().split('\n')).toHaveLength(2);
    expect(existsSync(at('m', 'raw', 'S2_edge_cloud', 'rr', 'seed=0', 'summary.json'))).toBe(true);
  });

  test('without a successful run writes no index', async () => {
    const argv = [
      'batch',
      '--scenarios',
      './mixed/a.yaml',
      '--seeds',
      '0',
      '--index',
      './none/index.csv',
      '--out',
      './none',
    ];
    const { code, stderr } = await kvsched(...argv, '--quiet');
    expect(stderr).toContain('no run succeeded');
    expect(code).toBe(2);
    expect(existsSync(at('none'))).toBe(false);
  });

  test.each([
    [['--seeds', ''], '--seeds: needs a value, got an empty text'],
    [['--seeds', '0,x'], '--seeds[1]: must be an integer, got "x"'],
    [['--scenarios', './nowhere'], './nowhere: not found'],
    [['--scenarios', './empty'], 'the folder holds no *.yaml file'],
    [['--schedulers', 'kv_only,fast'], 'Unknown scheduler: fast'],
  ])('refuses %j', async (argv, line) => {
    mkdirSync(at('empty'), { recursive: true });
    const given = argv[0] === '--scenarios' ? argv : ['--scenarios', S4, ...argv];
    const { code, stderr } = await kvsched('batch', ...given, '--out', './refused');
    expect(stderr).toContain(line);
    expect(code).toBe(2);
  });
});

describe('kvsched lint-network', () => {
  test('passes the shipped scenarios, fails the one-way links when asked, and writes the report', async () => {
    const folderReport = await kvsched('lint-network', '--scenarios', SCENARIOS);
    expect(folderReport.code).toBe(0);
    const argv = ['lint-network', '--scenarios', SCENARIOS, '--require-bidirectional', '--json', './lint/report.json'];
    const { code, stdout } = await kvsched(...argv);
    expect(code).toBe(1);
    expect(stdout).toContain('missing_reverse_link prefillX -> decodeX');
    const report = JSON.parse(read('lint', 'report.json'));
    expect(report.ok).toBe(false);
    expect(report.results.map(({ ok }: { ok: boolean }) => ok)).toEqual([
      ...[true, false, true, false, true, false],
      ...[false, false, false, false],
    ]);
  });

  test('reports unknown ends instead of refusing them', async () => {
    writeFileSync(at('ends.yaml'), readFileSync(S4, 'utf8').replace('dst: decodeX', 'dst: decodeZ'));
    const { code, stdout } = await kvsched('lint-network', '--scenarios', './ends.yaml', '--json');
    expect(code).toBe(1);
    expect((await kvsched('lint-network', '--json=-', '--scenarios', './ends.yaml')).stdout).toBe(stdout);
    expect(dataOf(stdout).issues).toEqual([
      { kind: 'unknown_endpoint', src: 'prefillX', dst: 'decodeZ', detail: 'no node "decodeZ"' },
    ]);
  });
});

describe('kvsched compare-modes', () => {
  test('plots strict − relaxed per scenario and label', async () => {
    expect((await batchInto('strict', '--strict-network', '--no-plots', '--quiet', '--ticks', '200')).code).toBe(0);
    const { code, stdout } = await kvsched(
      ...['compare-modes', '--relaxed', './one', '--strict', './strict/index.csv', '--out', './delta', '--json'],
    );
    expect(code).toBe(0);
    const deltas = dataOf(stdout) as { label: string; delta_migration_bytes: number; delta_p99_total_ms: number }[];
    expect(deltas).toHaveLength(8);
    for (const { label, ...delta } of deltas) {
      if (label.startsWith('kv_only')) expect(delta).toMatchObject({ delta_p99_total_ms: 0, delta_migration_bytes: 0 });
    }
    for (const name of ['delta_p99_total', 'delta_p99_decode', 'delta_migration_bytes']) {
      for (const kind of ['png', 'svg', 'csv']) expect(existsSync(at('delta', `${name}.${kind}`))).toBe(true);
    }
  });

  test('says which index is missing', async () => {
    const { code, stderr } = await kvsched('compare-modes', '--relaxed', './one/index.csv', '--strict', './gone.csv');
    expect(stderr).toContain('gone.csv: index not found');
    expect(code).toBe(2);
  });
});
