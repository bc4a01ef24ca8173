import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/command-line.ts';
import { flagLines } from './command-lines.ts';
import type { Scene } from './scene.ts';

const CLUSTER = 'blis run --model qwen/qwen3-14b --num-requests 5 --rate 10';
const TRACES = 'test/fixtures/traces';

/** A valid file of each kind, by its place in the project or as text, and the command that reads it as FILE. */
const DOCUMENTS: readonly (readonly [file: string, line: string, text?: string])[] = [
  ['studies/quickstart.yaml', 'check FILE'],
  ['studies/regimes.yaml', 'check FILE'],
  ['studies/command.yaml', 'check FILE'],
  ['strategies/llm-d-weighted.yaml', 'check FILE'],
  ['strategies/class-pools.yaml', 'check FILE'],
  ['studies/outside/batch-queue.yaml', 'check FILE'],
  ['studies/outside/small-server.yaml', 'check FILE'],
  ['search-spaces/llm-d-weighted.yaml', 'check FILE'],
  ['studies/workloads/orthogonal-slo.yaml', 'check FILE'],
  ['studies/workloads/multi-turn-slo.yaml', 'check FILE'],
  ['studies/findings/06-staleness.yaml', 'check FILE'],
  ['test/fixtures/epp/golden/ok.yaml', 'check FILE'],
  ['test/fixtures/epp/golden/pd.yaml', 'import epp FILE'],
  ['test/fixtures/convert/inference-perf/two-stage.out.yaml', 'blis compose --from FILE'],
  ['test/fixtures/convert/servegen/chunk-0-dataset.json', 'import servegen FOLDER --out day.yaml'],
  ['test/fixtures/convert/servegen/chunk-0-trace.csv', 'import servegen FOLDER --out day.yaml'],
  ['test/fixtures/calibrate/calib1/trace.yaml', 'check FILE'],
  ['test/fixtures/calibrate/calib1/trace.csv', 'calibrate FILE --quiet'],
  ['studies/kvsched/scenarios/S2_edge_cloud.yaml', 'kvsched run --scenario FILE'],
  ['studies/kvsched/scenarios/S7_missing_links.yaml', 'kvsched lint-network --scenarios FILE'],
  ['studies/gpu-jobs/chat-jobs.yaml', 'gpu-jobs run --workload FILE'],
  ['studies/gpu-jobs/small-cluster.yaml', 'gpu-jobs run --workload low --cluster FILE'],
  ['studies/gpu-jobs/token-settings.yaml', 'gpu-jobs run --workload low --engine token --config FILE'],
  ['studies/gpu-jobs/tasks.csv', 'gpu-jobs run --tasks FILE'],
  ['studies/pd-slo/endpoint-picker.yaml', 'pd-slo run --requests 50 --config FILE'],
  [
    'pd-slo.yaml',
    'pd-slo run --requests 50 --config FILE',
    'mode: joint\npool: {prefill: [1, 1.5], decode: [1, 1]}\ntransfer: {kind: fixed, ms: 5}\nworkload: {requests: 50, rate: 20, cv: 2, input: {mean: 300, sd: 100, low: 16, high: 2000}}\n',
  ],
  [
    'cloud-edge.yaml',
    'cloud-edge run --duration 30 --scheduler fcfs --quiet --config FILE',
    'mode: continuous\nrequest_rate_lambda: 4\nedge_batch_capacity_k: 4\ndataset: {synthetic: {rows: 50, seed: 1}}\n',
  ],
  [
    'dataset.jsonl',
    'cloud-edge pack --dataset FILE --out packed.yaml --quiet',
    '{"request_text": "a b c", "inference_time": 0.5}\n{"request_text": "d", "inference_time": 1.5}\n',
  ],
  [
    'index.csv',
    'kvsched compare-modes --relaxed FILE --strict FILE',
    'scenario_id,scheduler,p50_ms,p95_ms,p99_ms\nS1,random,1,2,3\n',
  ],
  [
    'samples.jsonl',
    'pd-slo train FILE',
    '{"kv_cache_percentage":0.1,"input_token_length":100,"num_request_waiting":1,"num_request_running":2,"actual_ttft_ms":12}\n',
  ],
  [
    'policy.yaml',
    `${CLUSTER} --policy-config FILE`,
    'scheduler: fcfs\nrouting: {policy: weighted, scorers: [{name: queue-depth, weight: 2}]}\n',
  ],
  ['offload.yaml', `${CLUSTER} --kv-offload-config FILE`, 'kv_offload:\n  cpu_bytes: 1000000000\n  tiers: []\n'],
  [
    'hardware.json',
    `${CLUSTER} --hardware-config FILE`,
    '{"H100": {"TFlopsPeak": 989.5, "BwPeakTBs": 3.35, "MemoryGiB": 80}}\n',
  ],
  [
    'workload.yaml',
    `${CLUSTER} --workload-spec FILE`,
    'version: "2"\naggregate_rate: 10\nnum_requests: 5\nclients:\n  - {id: a, rate_fraction: 1, arrival: {process: gamma, cv: 2}, input_distribution: {type: gaussian, params: {mean: 100, std_dev: 10, min: 1, max: 500}}, output_distribution: {type: exponential, params: {mean: 20}}}\n',
  ],
  ['calibration.yaml', 'check FILE', 'latency_model: blackbox\nalpha_coeffs: [1, 2, 3]\nbeta_coeffs: [1, 2, 3]\n'],
  [
    'values.yaml',
    'import epp --helm-values FILE',
    'modelArtifacts: {uri: "hf://Qwen/Qwen3-14B", name: Qwen/Qwen3-14B}\ndecode: {replicas: 2, parallelism: {tensor: 1}}\nprefill: {create: false}\n',
  ],
  ...[
    'azure-2023.csv',
    'burstgpt-v1.csv',
    'mooncake.jsonl',
    'sharegpt.json',
    'vllm-bench-serve.json',
    'guidellm-benchmarks.json',
  ].map((name) => [`${TRACES}/${name}`, 'import trace FILE --out trace --quiet'] as const),
];

/** What reads a run folder. */
const READERS = ['report', 'pareto', 'sensitivity', 'export', 'verify', 'resume', 'capacity ../plain.yaml --point'];

const VALUES: readonly string[] = [
  '-1',
  '0',
  '1e308',
  '-1e308',
  '1e-300',
  '2147483648',
  '9007199254740993',
  '.nan',
  '.inf',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '[1, 2]',
  '{a: 1}',
  '"x"',
  '*nope',
  '!!binary AAAA',
  '"\\u0000"',
  '99999999999999999999999',
  '0x10',
  '1_000',
  '~',
];

const FLAG_VALUES: readonly string[] = [
  'x',
  '-1',
  '0',
  '1e308',
  'NaN',
  'Infinity',
  '9007199254740993',
  '1.5',
  '/dev/zero',
  '/proc/self/mem',
  '../empty.yaml/at/all',
  '',
  '\u202e\u0000',
  'x'.repeat(5000),
];

/** `most` command lines around flags with wrong values, damaged files, records of wrong types, and what is no file at all. */
export async function malformed(
  scene: Scene,
  most: number,
  random: (n: number) => number,
): Promise<readonly (readonly string[])[]> {
  const flags = shuffled(await flagLines(), random);
  const odd = oddFiles(scene);
  return Array.from({ length: most }, (_, i) => {
    if (i % 2 === 0) return [...flags[(i / 2) % flags.length]!, FLAG_VALUES[random(FLAG_VALUES.length)]!];
    const [file, line, text] = DOCUMENTS[random(DOCUMENTS.length)]!;
    if (i % 4 === 1) return lineOf(line, damagedFile(scene, i, { file, text: text ?? textOf(file) }, random));
    if (i % 8 === 3) return lineOf(line, `../${odd[random(odd.length)]!}`);
    return [...READERS[random(READERS.length)]!.split(' '), damagedRecord(scene, i, random)];
  });
}

function lineOf(line: string, file: string): readonly string[] {
  const folder = file.slice(0, file.lastIndexOf('/'));
  return line.split(' ').map((word) => word.replace('FILE', file).replace('FOLDER', folder));
}

/** Files that it names are those of the project, wherever the damaged copy lies. */
function textOf(file: string): string {
  const folder = join(ROOT, file, '..');
  return readFileSync(join(ROOT, file), 'utf8').replaceAll(
    /\b(strategy|space|workload|base): (?=[\w./-]+\.yaml$)/gm,
    (start) => `${start}${folder}/`,
  );
}

/** A damaged copy in a folder of its own, beside the files that belong to it. */
function damagedFile(
  scene: Scene,
  index: number,
  { file, text }: { readonly file: string; readonly text: string },
  random: (n: number) => number,
): string {
  const folder = scene.at(`input-${index}`);
  if (file.includes('servegen') || file.includes('calib1')) cpSync(join(ROOT, file, '..'), folder, { recursive: true });
  else mkdirSync(folder);
  const name = file.split('/').at(-1)!;
  writeFileSync(join(folder, name), damaged(text, random));
  return `../input-${index}/${name}`;
}

/** What stands where a file is expected and is none that can be read. */
function oddFiles(scene: Scene): readonly string[] {
  mkdirSync(scene.at('folder'));
  spawnSync('mkfifo', [scene.at('pipe')]);
  symlinkSync('loop', scene.at('loop'));
  symlinkSync('/dev/zero', scene.at('device'));
  symlinkSync('/proc/self/mem', scene.at('memory'));
  const texts: Readonly<Record<string, string | Uint8Array>> = {
    'empty.yaml': '',
    'blank.yaml': '\n \n',
    'deep.yaml': '['.repeat(20_000),
    'wide.yaml': `{a: ${'x'.repeat(5_000_000)}`,
    'bytes.yaml': Uint8Array.from({ length: 5000 }, (_, i) => (i * 131) % 256),
    'utf16.yaml': Buffer.from('name: a\n', 'utf16le'),
    'self.yaml': 'name: a\nparameters: &a [*a]\n',
    'undefined.yaml': 'name: small\nparameters: *nope\n',
    'number.yaml': '9007199254740993\n',
    'null.json': 'null',
    'list.json': '[[], {}, null, 9007199254740993]',
    'many.yaml': '---\na: 1\n---\na: 2\n',
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(scene.at(name), text);
  writeFileSync(scene.at('huge.yaml'), '');
  truncateSync(scene.at('huge.yaml'), 3 * 2 ** 30);
  return ['folder', 'pipe', 'loop', 'device', 'memory', 'huge.yaml', 'nowhere.yaml', ...Object.keys(texts)];
}

const RECORDED = join(ROOT, 'test/fixtures/journals-0.1/kvsched');
const RECORD_FILES = ['plan.json', 'journal.jsonl'] as const;

/** A run of format 1, whose lines carry no checksum, with one file that holds something else, or is a folder, or is gone. */
function damagedRecord(scene: Scene, index: number, random: (n: number) => number): string {
  const folder = scene.at(`record-${index}`);
  cpSync(RECORDED, folder, { recursive: true });
  const file = join(folder, RECORD_FILES[random(2)]!);
  const text = readFileSync(file, 'utf8');
  switch (random(6)) {
    case 0:
      rmSync(file);
      if (random(2) === 0) mkdirSync(file);
      break;
    case 1:
      writeFileSync(file, VALUES[random(VALUES.length)]!);
      break;
    default:
      writeFileSync(file, replacedJson(text, random));
  }
  return `../record-${index}`;
}

const JSON_VALUES = [
  '-1',
  '1e308',
  '9007199254740993',
  'null',
  'true',
  '""',
  '[]',
  '{}',
  '"x"',
  '[1, null]',
  '{"a": 1}',
];

/** One number, text or list of a JSON text by a value of another kind. */
function replacedJson(text: string, random: (n: number) => number): string {
  const places = [...text.matchAll(/(?<=":)\s*(-?[\d.e+-]+|"(?:[^"\\]|\\.)*"|\[[^[\]{}]*\])/g)];
  const place = places[random(places.length)]!;
  const value = JSON_VALUES[random(JSON_VALUES.length)]!;
  return text.slice(0, place.index) + value + text.slice(place.index + place[0].length);
}

function shuffled<T>(list: readonly T[], random: (n: number) => number): readonly T[] {
  const mixed = [...list];
  for (let i = mixed.length - 1; i > 0; i--) {
    const j = random(i + 1);
    [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
  }
  return mixed;
}

function damaged(text: string, random: (n: number) => number): string {
  const lines = text.split('\n');
  const line = random(lines.length);
  const at = random(text.length);
  switch (random(10)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(at + 1 + random(20));
    case 2:
      return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at);
    case 3:
      return lines.toSpliced(line, 1).join('\n');
    case 4:
      return lines.toSpliced(line, 0, lines[line]!).join('\n');
    case 5:
      return lines.with(line, `  ${lines[line]}`).join('\n');
    case 6:
      return `a: &a [x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c]\n${text}`;
    case 7:
      return lines
        .with(
          line,
          lines[line]!.replace(/\w+(?=:)/, (key) => `${key}x`),
        )
        .join('\n');
    default:
      return replacedValue(text, random);
  }
}

/** One number or word of the text by a value of another kind. */
function replacedValue(text: string, random: (n: number) => number): string {
  const places = [...text.matchAll(/(?<=[:,[] ?"?)[\w.]+/g)];
  const place = places[random(places.length)]!;
  return text.slice(0, place.index) + VALUES[random(VALUES.length)]! + text.slice(place.index + place[0].length);
}
