import type { Argv } from 'yargs';
import { z } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import { readSetup } from '../../companions/pd-slo/read-setup.ts';
import type { ReadConfig } from '../../simulators/pd-slo/read-config.ts';
import { SCENARIO_NAMES } from '../../simulators/pd-slo/scenario.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';
import { asFlags, schemaFlag } from '../terminal/schema-flag.ts';

const seed = z.int().min(0);
const requestCount = z.int().min(1).max(10_000_000);

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

/** Flag of each key of the configuration. */
const FLAG_OF = { scenario: 'scenario', mode: 'mode', predictor: 'predictor' };

/** The configuration that the flags describe; flags win over the file. @throws InputError */
export function pdSloSetup(flags: Flags): ReadConfig {
  const requests = schemaFlag(flags, 'requests', requestCount);
  const scenario = textFlag(flags, 'scenario');
  const mode = textFlag(flags, 'mode');
  const predictor = textFlag(flags, 'predictor');
  const over: JsonObject = {
    ...(scenario === undefined ? {} : { scenario }),
    ...(mode === undefined ? {} : { mode }),
    ...(predictor === undefined ? {} : { predictor: { kind: predictor } }),
    ...(requests === undefined ? {} : { workload: { requests } }),
  };
  const setup = asFlags(FLAG_OF, () => readSetup(textFlag(flags, 'config'), over));
  for (const notice of [...setup.notices, ...serviceNotices()]) process.stderr.write(`note: ${notice}\n`);
  return setup;
}

export function seedFlag(flags: Flags): number {
  return schemaFlag(flags, 'seed', seed) ?? 0;
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
