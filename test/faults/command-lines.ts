import { commandLeaves } from '../reference/pages.ts';
import { ROOT } from '../support/command-line.ts';

const TRACE = `${ROOT}test/fixtures/calibrate/calib1/trace`;
/** Of enough requests to fit a latency model. */
const MEASURED = `${ROOT}test/fixtures/calibrate/calib2/trace`;
const SCENARIO = `${ROOT}studies/kvsched/scenarios/S2_edge_cloud.yaml`;
/** No database is there: what is asked for is refused before one is needed. */
const QUEUE = '--queue env:PARETUNE_NO_SUCH_QUEUE';

/** What each command is given beside the flag that is tried, as from a folder inside the scene: small, and valid but for REFUSED. */
const LINES: Readonly<Record<string, string>> = {
  init: 'study --dry-run',
  run: '../plain.yaml --workers 1 --quiet',
  resume: '../whole --workers 1 --quiet',
  verify: '../whole --workers 1 --quiet',
  crosscheck: '../whole --with blis=/nowhere/blis --point 0 --quiet',
  compare: '../whole ../whole',
  report: '../whole',
  serve: '../nowhere',
  pareto: '../whole',
  sensitivity: '../whole',
  export: '../whole --point 0 --force',
  experiment: '../experiment.yaml --workers 1 --quiet',
  worker: QUEUE,
  'queue create': QUEUE,
  'queue status': QUEUE,
  'queue drain': QUEUE,
  'queue purge': QUEUE,
  check: '../plain.yaml',
  schema: 'study',
  simulate: '../plain.yaml',
  capacity: '../plain.yaml --slo default=ttft:500ms --grid 10 --from 10 --to 20 --seed 1 --workers 1 --quiet',
  'import trace': `${ROOT}test/fixtures/traces/azure-2023.csv --out trace`,
  'import servegen': `${ROOT}test/fixtures/convert/servegen --out day.yaml`,
  'import epp': `${ROOT}test/fixtures/epp/golden/ok.yaml`,
  calibrate: `${MEASURED}.yaml --quiet`,
  'blis run': '--model qwen/qwen3-14b --num-requests 5 --rate 10',
  'blis replay': `--model qwen/qwen3-14b --trace-header ${TRACE}.yaml --trace-data ${TRACE}.csv`,
  'blis observe':
    '--server-url http://127.0.0.1:9 --model x --rate 5 --num-requests 1 --log error --trace-header t.yaml --trace-data t.csv',
  'blis calibrate': `--trace-header ${TRACE}.yaml --trace-data ${TRACE}.csv --sim-results ${ROOT}test/fixtures/calibrate/calib1/results.json --report report.json`,
  'blis compose': `--from ${ROOT}studies/workloads/orthogonal-slo.yaml`,
  'blis convert preset': '--name chatbot',
  'blis convert servegen': `--path ${ROOT}test/fixtures/convert/servegen`,
  'blis convert inference-perf': `--spec ${ROOT}test/fixtures/convert/inference-perf/one-stage.yaml`,
  'blis completion': 'bash',
  'kvsched run': `--scenario ${SCENARIO} --ticks 100`,
  'kvsched batch': `--scenarios ${SCENARIO} --schedulers random --seeds 0 --ticks 50 --no-plots --workers 1 --quiet`,
  'kvsched lint-network': `--scenarios ${SCENARIO}`,
  'kvsched suite': '--quiet',
  'kvsched topology-table': `--scenarios ${SCENARIO}`,
  'kvsched fit-latency': '--in ../bench.csv --out fitted.yaml',
  'kvsched plots-s1s6': '--suite-index ../nowhere.csv',
  'kvsched compare-modes': '--relaxed ../nowhere.csv --strict ../nowhere.csv',
  'pd-slo run': '--requests 50',
  'pd-slo explain': '--requests 50',
  'pd-slo metrics': '--requests 50',
  'pd-slo train': '../pd/samples.jsonl',
  'pd-slo map': '--seeds 2 --requests 100 --quiet',
  'gpu-jobs run': '--workload low',
  'gpu-jobs validate': '--requests 10',
  'gpu-jobs benchmarks': '--requests 10 --quiet',
  'gpu-jobs regimes': '--requests 10 --seeds 2 --quiet',
  'cloud-edge build-dataset': '--synthetic 20 --quiet',
  'cloud-edge run': '--duration 30 --scheduler fcfs --quiet',
  'cloud-edge compare': '--duration 30 --scheduler fcfs random --epochs 2 --quiet',
  'cloud-edge embed': '--dataset ../dataset.jsonl --encoder ../nowhere --out embedded.jsonl --quiet',
  'cloud-edge pack': '--dataset ../dataset.jsonl --out packed.yaml --quiet',
};

/** Commands whose lines ask for what is not there, since what they need is too large for a scene. */
export const REFUSED: readonly string[] = [
  ...[
    'crosscheck',
    'serve',
    'worker',
    'blis observe',
    'blis convert csv-trace',
    'kvsched compare-modes',
    'kvsched plots-s1s6',
    'cloud-edge embed',
  ],
  ...['queue create', 'queue status', 'queue drain', 'queue purge'],
];

/** Every flag of every command that takes a value, behind a line that is valid without it; the value is left to the caller. */
export async function flagLines(): Promise<readonly (readonly string[])[]> {
  return (await commandLeaves()).flatMap(([path, help]) =>
    valueFlags(help).map((flag) => [...path, ...without(wordsOf(path), flag), flag]),
  );
}

/** A line of every command, valid but for REFUSED. */
export async function validLines(): Promise<readonly (readonly string[])[]> {
  return (await commandLeaves()).map(([path]) => [...path, ...wordsOf(path)]);
}

function wordsOf(path: readonly string[]): readonly string[] {
  const line = LINES[path.join(' ')] ?? '';
  return line === '' ? [] : line.split(' ');
}

/** Flags as the help lists them, those that are switches left out. */
function valueFlags(help: string): readonly string[] {
  return help
    .split(/^ {2}(?=--)/m)
    .slice(1)
    .filter((part) => !part.includes('[boolean]'))
    .map((part) => part.split(/\s/)[0]!);
}

/** The words of a line without a flag and its values: some may be given only once. */
function without(words: readonly string[], flag: string): readonly string[] {
  const at = words.indexOf(flag);
  if (at < 0) return words;
  const end = words.findIndex((word, index) => index > at && word.startsWith('--'));
  return [...words.slice(0, at), ...(end < 0 ? [] : words.slice(end))];
}
