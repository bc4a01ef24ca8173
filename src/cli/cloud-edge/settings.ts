import type { Argv } from 'yargs';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import type { Encoding } from '../../companions/cloud-edge/embed-dataset.ts';
import { POOLINGS, type Pooling } from '../../companions/cloud-edge/encoder.ts';
import { type Experiment, loadExperiment, type Override } from '../../companions/cloud-edge/experiment-settings.ts';
import { CONFIG_KEYS, load, schedulers } from '../../simulators/cloud-edge/config-schema.ts';
import { SCHEDULER_NAMES } from '../../simulators/cloud-edge/scheduler-names.ts';
import type { Flags } from '../terminal/command.ts';
import { switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag, schemaFlag } from '../terminal/schema-flag.ts';

export interface ExperimentSettings extends Experiment {
  readonly epochs: number;
}

/** Flags shared by `run` and `compare`. */
export function experimentFlags(parser: Argv): Argv {
  return parser
    .option('mode', { type: 'string', describe: 'static, time-series, continuous or continuous-legacy' })
    .option('scheduler', {
      type: 'string',
      array: true,
      describe: `any of ${SCHEDULER_NAMES.join(', ')}; default: all`,
    })
    .option('dataset', { type: 'string', describe: 'dataset file; default: a synthetic one for each epoch' })
    .option('encoder', { type: 'string', describe: 'folder of a BERT-type ONNX encoder; default: feature hashing' })
    .option('pooling', { choices: POOLINGS, default: 'cls' as const, describe: 'of the encoder' })
    .option('epochs', { type: 'number', default: 1, describe: 'runs per scheduler, each with its own seed' })
    .option('seed', { type: 'number', describe: 'random_seed; epoch n uses random_seed + n' })
    .option('duration', { type: 'number', describe: 'simulation_duration in seconds' })
    .option('rate', { type: 'number', describe: 'request_rate_lambda in requests/s' })
    .option('load', { type: 'number', describe: 'instead of a rate: share of what both nodes can serve, e.g. 0.9' })
    .option('config', { type: 'string', describe: 'YAML file with any of the keys' })
    .option('set', { type: 'string', array: true, describe: 'key=value, may be repeated' })
    .option('json', { type: 'boolean', describe: 'print the result as JSON' })
    .option('quiet', { type: 'boolean', describe: 'no progress' });
}

/** Reads flags, the configuration file and the dataset. @throws InputError */
export async function experimentSettings(flags: Flags): Promise<ExperimentSettings> {
  if (flags['load'] !== undefined && flags['rate'] !== undefined) {
    throw new InputError('--rate and --load exclude each other');
  }
  const epochs = integerFlag(flags, 'epochs', 1, 100_000) ?? 1;
  const listed = schemaFlag(flags, 'scheduler', schedulers);
  const experiment = await loadExperiment({
    file: textFlag(flags, 'config'),
    overrides: { ...keyValues(flags), ...namedFlags(flags) },
    schedulers: listed === undefined ? undefined : [...new Set(listed)],
    load: schemaFlag(flags, 'load', load),
    encoding: encodingOf(flags),
    warn: (line) => process.stderr.write(`warning: ${line}\n`),
  });
  return { ...experiment, epochs };
}

/** How prompts are encoded, with its progress on stderr. */
export function encodingOf(flags: Flags): Omit<Encoding, 'encoder'> {
  let progress: Progress | undefined;
  return {
    pooling: (textFlag(flags, 'pooling') ?? 'cls') as Pooling,
    onEncoded: (done, total) => {
      progress ??= new Progress('prompts encoded', total, switchFlag(flags, 'quiet'));
      progress.update(done);
      if (done === total) progress.end();
    },
  };
}

/** Flags that set a key. */
const KEY_FLAGS = [
  ['seed', 'random_seed'],
  ['duration', 'simulation_duration'],
  ['rate', 'request_rate_lambda'],
  ['mode', 'mode'],
  ['dataset', 'dataset_path'],
  ['encoder', 'bert_model_name'],
] as const;

function namedFlags(flags: Flags): Record<string, Override> {
  const given = KEY_FLAGS.filter(([flag]) => flags[flag] !== undefined);
  return Object.fromEntries(given.map(([flag, key]) => [key, { value: flags[flag] as Json, flag: `--${flag}` }]));
}

function keyValues(flags: Flags): Record<string, Override> {
  const listed = flags['set'];
  const items = Array.isArray(listed) ? listed.map(String) : [];
  return Object.fromEntries(
    items.map((item) => {
      const at = item.indexOf('=');
      if (at < 1) {
        throw new InputError(`--set needs key=value, got ${shortText(item)}`, {
          suggestion: `keys: ${CONFIG_KEYS.join(', ')}`,
        });
      }
      const key = item.slice(0, at);
      return [key, { value: jsonOrText(item.slice(at + 1)), flag: `--set ${key}` }];
    }),
  );
}

function jsonOrText(value: string): Json {
  try {
    return JSON.parse(value) as Json;
  } catch {
    return value;
  }
}
