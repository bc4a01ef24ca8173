import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandHere } from '../support/command-here.ts';
import { temporaryFolder } from '../support/command-line.ts';

const folder = temporaryFolder();
const at = (...names: string[]): string => join(folder, ...names);
const S4 = 'studies/kvsched/scenarios/S4_network_scan.yaml';

beforeAll(async () => {
  writeFileSync(at('file'), '');
  mkdirSync(at('folder'));
  const batch = [
    '--scenarios',
    S4,
    '--schedulers',
    'kv_only',
    '--seeds',
    '0',
    '--ticks',
    '20',
    '--no-plots',
    '--quiet',
  ];
  await commandHere('kvsched', 'batch', ...batch, '--out', at('raw'), '--index', at('index.csv'));
  const suite = `common: {ticks: 20, seeds: [0], schedulers: [kv_only]}\nexperiments: [{id: e, scenario: ${process.cwd()}/${S4}, sweeps: [{label: s}]}]\n`;
  writeFileSync(at('suite.yaml'), suite);
  await commandHere(
    'kvsched',
    'suite',
    '--suite',
    at('suite.yaml'),
    '--out',
    at('raw'),
    '--index',
    at('suite.csv'),
    '--quiet',
  );
  const table = ['gpu,seq_len,batch,latency_ms', ...[1, 2, 3].flatMap((n) => [`A,${n},1,${n}`, `A,${n},2,${n + 1}`])];
  writeFileSync(at('bench.csv'), `${table.join('\n')}\n`);
  await commandHere('cloud-edge', 'build-dataset', '--synthetic', '20', '--out', at('data'), '--name', 'd', '--quiet');
  await commandHere('pd-slo', 'run', '--requests', '200', '--out', at('pd-slo'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IN_A_FILE = ['file', 'x'];
const BATCH = [
  'kvsched',
  'batch',
  '--scenarios',
  S4,
  '--schedulers',
  'kv_only',
  '--seeds',
  '0',
  '--ticks',
  '20',
  '--quiet',
];
const SHORT = ['--scheduler', 'fcfs', '--duration', '20', '--epochs', '2', '--quiet'];

/** Every flag of the companions that names what is written, with a place where it cannot be. */
const OUTPUTS: readonly (readonly [flag: string, place: readonly string[], command: readonly string[]])[] = [
  ['--out', IN_A_FILE, ['kvsched', 'run', '--scenario', S4, '--ticks', '20']],
  ['--out', IN_A_FILE, BATCH],
  ['--index', ['folder'], [...BATCH, '--out', at('raw')]],
  ['--figdir', IN_A_FILE, [...BATCH, '--out', at('raw'), '--index', at('again.csv')]],
  ['--json', ['folder'], ['kvsched', 'lint-network', '--scenarios', S4]],
  ['--out', IN_A_FILE, ['kvsched', 'compare-modes', '--relaxed', at('index.csv'), '--strict', at('index.csv')]],
  ['--index', ['folder'], ['kvsched', 'suite', '--suite', at('suite.yaml'), '--out', at('raw'), '--quiet']],
  [
    '--out',
    IN_A_FILE,
    ['kvsched', 'suite', '--suite', at('suite.yaml'), '--index', at('again.csv'), '--quiet', '--fail-fast'],
  ],
  ['--out', IN_A_FILE, ['kvsched', 'plots-s1s6', '--suite-index', at('suite.csv'), '--quiet']],
  ['--out', ['folder'], ['kvsched', 'topology-table', '--scenarios', S4]],
  ['--out', ['folder'], ['kvsched', 'microbench']],
  ['--out', ['folder'], ['kvsched', 'fit-latency', '--in', at('bench.csv')]],
  ['--out', IN_A_FILE, ['cloud-edge', 'run', ...SHORT]],
  ['--out', IN_A_FILE, ['cloud-edge', 'compare', ...SHORT]],
  ['--out', IN_A_FILE, ['cloud-edge', 'build-dataset', '--synthetic', '5', '--quiet']],
  ['--out', ['folder'], ['cloud-edge', 'pack', '--dataset', at('data/inference_data_d.jsonl'), '--quiet']],
  ['--output', ['folder'], ['gpu-jobs', 'run', '--workload', 'staggered']],
  ['--timeline', IN_A_FILE, ['gpu-jobs', 'run', '--workload', 'staggered']],
  ['--output', ['folder'], ['gpu-jobs', 'generate']],
  ['--out', IN_A_FILE, ['gpu-jobs', 'validate', '--requests', '2']],
  ['--out', IN_A_FILE, ['gpu-jobs', 'benchmarks', '--requests', '1', '--quiet']],
  ['--out', IN_A_FILE, ['pd-slo', 'run', '--requests', '200']],
  ['--out', ['folder'], ['pd-slo', 'train', at('pd-slo/samples.jsonl')]],
];

describe('what a companion cannot write is refused in one line', () => {
  test.each(OUTPUTS.map(([flag, place, command]) => [command.slice(0, 2).join(' '), flag, place, command] as const))(
    '%s %s',
    async (_, flag, place, command) => {
      const { code, stderr } = await commandHere(...command, flag, at(...place));
      const lines = stderr.split('\n').filter((line) => line.startsWith('paretune: '));
      expect({ code, lines: lines.length }).toEqual({ code: 2, lines: 1 });
      expect(lines[0]).toMatch(/is a folder|cannot be written|not a folder/);
      expect(stderr).not.toMatch(/\n {4}at /);
    },
  );
});
