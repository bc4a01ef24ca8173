import type { Argv } from 'yargs';
import { z } from 'zod';
import type { JsonObject } from '../../base/json.ts';
import { readSetup } from '../../companions/pd-slo/read-setup.ts';
import { runServed } from '../../companions/pd-slo/served-run.ts';
import type { ReadConfig } from '../../simulators/pd-slo/read-config.ts';
import { type PdSloRun, runPdSlo } from '../../simulators/pd-slo/run-simulation.ts';
import { SCENARIO_NAMES } from '../../simulators/pd-slo/scenario.ts';
import type { ServedAnswers } from '../../simulators/pd-slo/served-answers.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';
import { asFlags, schemaFlag } from '../terminal/schema-flag.ts';
import { clientOf, serviceNotes } from './services.ts';
import { readStockPicker } from './stock-picker.ts';

const seed = z.int().min(0);
const requestCount = z.int().min(1).max(10_000_000);

/** Flags that say what is simulated. */
export function pdSloFlags(parser: Argv): Argv {
  return parser
    .option('scenario', { type: 'string', describe: `${SCENARIO_NAMES.join(', ')}; default: balanced` })
    .option('config', { type: 'string', describe: 'configuration file, or an EndpointPickerConfig document' })
    .option('mode', { type: 'string', describe: 'how pairs are chosen: joint, independent, latency_scorer, …' })
    .option('predictor', {
      type: 'string',
      describe: 'informed, heuristic or learned; files of `pd-slo train`: trained',
    })
    .option('requests', { type: 'number', describe: 'requests to simulate; default: 4000' })
    .option('seed', { type: 'number', default: 0, describe: 'seed of all random streams' });
}

/** Flags of a run that may ask services. */
export function pdSloRunFlags(parser: Argv): Argv {
  return pdSloFlags(parser)
    .option('prediction-timeout', {
      type: 'number',
      default: 10_000,
      describe: 'ms to wait for a prediction service, where the environment names one',
    })
    .epilogue(
      'PREFILL_TTFT_PREDICTION_URL, DECODE_TTFT_PREDICTION_URL and DECODE_TPOT_PREDICTION_URL name services that ' +
        'predict instead (…_TRAINING_URL: that learn); where one fails, the heuristic answers and the error is counted.',
    );
}

/** Simulates, with the services that the environment names, if any; what they did is told on stderr. */
export async function simulated(flags: Flags, served?: ServedAnswers): Promise<PdSloRun> {
  const timeoutMs = schemaFlag(flags, 'prediction-timeout', z.number().min(1).max(3_600_000))!;
  const client = clientOf(process.env, timeoutMs);
  const setup = pdSloSetup(flags);
  const options = { seed: seedFlag(flags), ...(served === undefined ? {} : { served }) };
  if (client === null) return runPdSlo(setup, options);
  const run = await runServed(setup, options, client);
  for (const note of serviceNotes(client.records)) process.stderr.write(`note: ${note}\n`);
  return run;
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
  const setup = asFlags(FLAG_OF, () => readSetup(textFlag(flags, 'config'), over, readStockPicker));
  for (const notice of setup.notices) process.stderr.write(`note: ${notice}\n`);
  return setup;
}

export function seedFlag(flags: Flags): number {
  return schemaFlag(flags, 'seed', seed) ?? 0;
}
