import type { Argv, Options } from 'yargs';
import { lastValueWins } from '../terminal/flags.ts';
import { declareDetectorFlags } from './detectors.ts';
import { declareWorkloadFlags } from './workload.ts';

/** Declares what `blis observe` can be asked for. */
export function declareObserveFlags(parser: Argv): Argv {
  return declareDetectorFlags(declareWorkloadFlags(lastValueWins(parser))).options({
    ...SERVER,
    ...OUTPUT,
    ...LOAD,
    ...MEASURED,
    'lazy-generation': { type: 'boolean', hidden: true },
  });
}

const text = (group: string, describe: string): Options => ({ type: 'string', group, describe });
const flag = (group: string, describe: string): Options => ({ type: 'boolean', group, describe });

const SERVER = {
  'server-url': text('Server:', 'address of an OpenAI-compatible server'),
  model: text('Server:', 'model that the server knows'),
  'api-format': text('Server:', 'completions or chat [default: completions]'),
  'api-key': text('Server:', 'sent as bearer token [default: OPENAI_API_KEY of the environment]'),
  'server-type': text('Server:', 'noted in the header [default: vllm]'),
};

const OUTPUT = {
  'trace-header': text('Output:', 'YAML file to write'),
  'trace-data': text('Output:', 'CSV file to write'),
  'record-itl': flag('Output:', 'ask for streams and write the time of every chunk'),
  'itl-output': text('Output:', 'file of --record-itl [default: the trace data with .itl.csv]'),
  log: text('Output:', 'error hides progress and warnings [default: warn]'),
  compat: flag('Output:', 'chunks, counts and exit codes as BLIS has them'),
};

const LOAD = {
  'defaults-filepath': text('Workload:', 'defaults.yaml of BLIS with the lengths of --workload names'),
  horizon: text('Workload:', 'no requests after this time, µs'),
  'think-time-dist': text('Workload:', 'constant:value=T or lognormal:mu=…,sigma=…[,min=T][,max=T]'),
  timeout: text('Load:', 'seconds that an answer may take, 1 … 86400 [default: 300]'),
  'max-concurrency': text('Load:', 'requests under way, at most [default: 256, or --concurrency]'),
  'warmup-requests': text('Load:', 'first requests, sent but not recorded [default: 0]'),
  'prewarm-duration': text('Load:', 'keep the server busy before, e.g. 30s [default: 0]'),
  streaming: flag('Load:', 'ask for streams only; --no-streaming for none [default: as the workload says]'),
  'stay-awake': flag(
    'Load:',
    'keep a core busy while answers are awaited: a processor that slept times them late [default: true]',
  ),
  'unconstrained-output': flag('Load:', 'let the server end answers as it likes'),
};

const MEASURED = {
  'rtt-ms': text('Network:', 'round trip [default: measured]'),
  'slo-ttft': text('Targets:', 'class=duration,…'),
  'slo-itl': text('Targets:', 'class=duration,…'),
  'slo-e2e': text('Targets:', 'class=duration,…'),
  'scrape-kv-metrics': flag('KV cache:', 'read the hit rate from the server’s metrics'),
  'kv-metrics-url': text('KV cache:', 'their address [default: /metrics of the server]'),
  'vllm-commit': text('KV cache:', 'noted beside the hit rate'),
};
