import type { Argv } from 'yargs';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { placed } from '../../document/yaml.ts';
import { isEndpointPickerDocument, readEndpointPickerConfig } from '../../simulators/pd-slo/endpoint-picker-config.ts';
import { type ReadConfig, readPdSloConfig } from '../../simulators/pd-slo/read-config.ts';
import { SCENARIO_NAMES } from '../../simulators/pd-slo/scenario.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerFlag, textFlag } from '../terminal/flags.ts';

const MAX_REQUESTS = 10_000_000;

/** Flags that say what is simulated. */
export function pdSloFlags(parser: Argv): Argv {
  return parser
    .option('scenario', { type: 'string', describe: `${SCENARIO_NAMES.join(', ')}; default: balanced` })
    .option('config', { type: 'string', describe: 'configuration file, or an EndpointPickerConfig document' })
    .option('mode', { type: 'string', describe: 'how pairs are chosen: joint, independent, latency_scorer, …' })
    .option('predictor', { type: 'string', describe: 'informed, heuristic or learned' })
    .option('requests', { type: 'number', describe: 'requests to simulate; default: 4000' })
    .option('seed', { type: 'number', default: 0, describe: 'seed of all random streams' });
}

/** The configuration that the flags describe; flags win over the file. @throws InputError */
export function pdSloSetup(flags: Flags): ReadConfig {
  const file = textFlag(flags, 'config');
  const requests = integerFlag(flags, 'requests', 1, MAX_REQUESTS);
  const scenario = textFlag(flags, 'scenario');
  const mode = textFlag(flags, 'mode');
  const predictor = textFlag(flags, 'predictor');
  const over: JsonObject = {
    ...(scenario === undefined ? {} : { scenario }),
    ...(mode === undefined ? {} : { mode }),
    ...(predictor === undefined ? {} : { predictor: { kind: predictor } }),
    ...(requests === undefined ? {} : { workload: { requests } }),
  };
  const setup = file === undefined ? readPdSloConfig(over, null, []) : readFile(file, over);
  for (const notice of [...setup.notices, ...serviceNotices()]) process.stderr.write(`note: ${notice}\n`);
  return setup;
}

export function seedFlag(flags: Flags): number {
  return integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER) ?? 0;
}

function readFile(file: string, over: JsonObject): ReadConfig {
  const source = readYamlFile(file);
  const { value } = source;
  if (isEndpointPickerDocument(value)) {
    placed(source, 0, () => readEndpointPickerConfig(value));
    return readPdSloConfig({ ...over, endpoint_picker: value }, null, []);
  }
  return placed(source, 0, () => readPdSloConfig(isJsonObject(value) ? combine(value, over) : value, null, []));
}

/** Top-level maps of both are joined, everything else is replaced. */
function combine(below: JsonObject, above: JsonObject): JsonObject {
  const joined: Record<string, Json> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = joined[key];
    joined[key] = isJsonObject(old) && isJsonObject(value) ? { ...old, ...value } : value;
  }
  return joined;
}

/** Addresses of the scheduler's predictor services, in its three- and two-predictor versions. */
const SERVICES = ['PREFILL_TTFT', 'DECODE_TTFT', 'DECODE_TPOT', 'PREFILL', 'DECODE'].flatMap((name) => [
  `${name}_TRAINING_URL`,
  `${name}_PREDICTION_URL`,
]);

function serviceNotices(): string[] {
  return SERVICES.flatMap((name) => {
    const url = process.env[name];
    return url === undefined || url === '' ? [] : [`${name}=${url} is not contacted: predictions are simulated`];
  });
}
