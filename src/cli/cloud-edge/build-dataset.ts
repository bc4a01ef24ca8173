import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import {
  type Collected,
  type CollectionRequest,
  collectDataset,
  writeSyntheticDataset,
} from '../../companions/cloud-edge/collect-dataset.ts';
import { endpointUrl, type ServerSettings } from '../../companions/cloud-edge/completion-client.ts';
import { readPrompts } from '../../companions/cloud-edge/prompts.ts';
import { fileSafeName } from '../../simulators/cloud-edge/dataset-lines.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { interruptible } from '../terminal/interruption.ts';
import { printJson } from '../terminal/json-output.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';

const MANY = 10_000_000;

export const buildDatasetCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('prompts', {
        type: 'string',
        describe: 'prompt list: .jsonl, .json, .parquet, a folder of Parquet files, or one prompt a line',
      })
      .option('input-field', {
        type: 'string',
        describe: 'key of the prompt in the list; default: instruction, prompt, …',
      })
      .option('limit', { type: 'number', default: 50_000, describe: 'prompts to take; 0 takes all' })
      .option('server', { type: 'string', describe: 'OpenAI-compatible server, e.g. http://127.0.0.1:8000' })
      .option('model', {
        type: 'string',
        array: true,
        describe: 'model that the server knows, or NAME=MODEL where files are to be named otherwise; may be repeated',
      })
      .option('endpoint', { choices: ['chat', 'completions'] as const, default: 'chat' as const })
      .option('max-tokens', { type: 'number', default: 4096, describe: 'longest answer' })
      .option('concurrency', {
        type: 'number',
        default: 1,
        describe: 'requests at a time; more than 1 changes the times',
      })
      .option('timeout', { type: 'number', default: 600, describe: 'seconds to wait for an answer' })
      .option('retries', { type: 'number', default: 3, describe: 'further tries after overload or a lost connection' })
      .option('api-key-env', { type: 'string', describe: 'environment variable that holds the API key' })
      .option('device', {
        type: 'string',
        default: 'unknown',
        describe: 'hardware behind the server, kept in every row',
      })
      .option('synthetic', { type: 'number', describe: 'draw this many rows offline instead of measuring' })
      .option('seed', { type: 'number', default: 1, describe: 'seed of a synthetic dataset' })
      .option('name', { type: 'string', describe: 'dataset name; default: the model' })
      .option('out', { type: 'string', default: 'inference_results', describe: 'folder' })
      .option('json', { type: 'boolean', describe: 'print the result as JSON' })
      .option('quiet', { type: 'boolean', describe: 'no progress' })
      .example('$0 cloud-edge build-dataset --synthetic 5000', 'a dataset without a server')
      .example(
        '$0 cloud-edge build-dataset --prompts dataset--tatsu-lab--alpaca --server http://127.0.0.1:8000 ' +
          '--model Qwen2.5-3B=/models/Qwen2.5-3B',
        'the Parquet files of a local copy; one file a model',
      ),
  run: async (flags) => (flags['synthetic'] === undefined ? collect(flags) : drawSynthetic(flags)),
};

function drawSynthetic(flags: Flags): number {
  const rows = integerFlag(flags, 'synthetic', 1, MANY)!;
  const seed = integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER)!;
  const models = modelsOf(flags);
  const names = models.length === 0 ? [textFlag(flags, 'name') ?? 'synthetic'] : models.map(({ name }) => name);
  const results = names.map((name, index) => {
    const file = writeSyntheticDataset(rows, seed + index, { name, out: requiredText(flags, 'out') });
    return { file, rows, measured: 0, synthetic: rows, failed: 0 };
  });
  report(flags, results);
  return EXIT.ok;
}

async function collect(flags: Flags): Promise<number> {
  const models = modelsOf(flags);
  if (models.length === 0) throw new InputError('--model is required');
  const shared = serverSettings(flags);
  const concurrency = integerFlag(flags, 'concurrency', 1, 1024)!;
  const limit = integerFlag(flags, 'limit', 0, MANY)!;
  const prompts = await readPrompts(requiredText(flags, 'prompts'), textFlag(flags, 'input-field'), limit);
  const rest = { prompts, concurrency, device: requiredText(flags, 'device'), out: requiredText(flags, 'out') };
  const results: Collected[] = [];
  const interrupted = await interruptible(['SIGINT', 'SIGTERM'], async (stop) => {
    for (const { name, served } of models) {
      if (stop.aborted) break;
      const request = { ...rest, name, server: { ...shared, model: served } };
      results.push(await collectOne(request, stop, switchFlag(flags, 'quiet')));
    }
    return stop.aborted;
  });
  report(
    flags,
    results.map(({ file, rows, resumed, failures }) => ({
      file,
      rows,
      measured: rows - resumed,
      resumed,
      failed: failures.length,
    })),
  );
  if (interrupted) return EXIT.interrupted;
  return results.some(({ failures }) => failures.length > 0) ? EXIT.failure : EXIT.ok;
}

async function collectOne(request: CollectionRequest, signal: AbortSignal, quiet: boolean): Promise<Collected> {
  const { length } = request.prompts;
  const progress = new Progress(`prompts of ${request.name}`, length, quiet);
  try {
    const collected = await collectDataset(request, {
      signal,
      onStart: (there) => {
        if (there > 0) process.stderr.write(`${there} of ${length} prompts are there already\n`);
      },
      onPrompt: (done, failed) => progress.update(done, failed === 0 ? '' : `${failed} failed`),
    });
    for (const failure of collected.failures.slice(0, 5)) process.stderr.write(`${failure}\n`);
    return collected;
  } finally {
    progress.end();
  }
}

interface NamedModel {
  /** Of the dataset and its file. */
  readonly name: string;
  /** As the server calls it. */
  readonly served: string;
}

/** @throws InputError when two models would write one file */
function modelsOf(flags: Flags): readonly NamedModel[] {
  const listed = Array.isArray(flags['model']) ? flags['model'].map(String) : [];
  const name = textFlag(flags, 'name');
  if (name !== undefined && listed.length > 1) {
    throw new InputError('--name names one dataset, but there are several models', {
      suggestion: 'write --model NAME=MODEL for each',
    });
  }
  const models = listed.map((text): NamedModel => {
    const at = text.indexOf('=');
    const [before, after] = at < 0 ? [text, text] : [text.slice(0, at), text.slice(at + 1)];
    if (before === '' || after === '') {
      throw new InputError(`must be a model or NAME=MODEL, got ${shortText(text)}`, { path: ['--model'] });
    }
    return { name: name ?? before, served: after };
  });
  const files = models.map((model) => fileSafeName(model.name));
  const double = files.findIndex((file, index) => files.indexOf(file) < index);
  if (double >= 0)
    throw new InputError(`--model: two models would be written to inference_data_${files[double]}.jsonl`);
  return models;
}

/** Of all models alike. */
function serverSettings(flags: Flags): Omit<ServerSettings, 'model'> {
  const keyName = textFlag(flags, 'api-key-env');
  const apiKey = keyName === undefined ? null : (process.env[keyName] ?? '');
  if (apiKey === '') throw new InputError(`--api-key-env: the environment has no ${keyName}`);
  const settings: Omit<ServerSettings, 'model'> = {
    server: requiredText(flags, 'server'),
    endpoint: requiredText(flags, 'endpoint') as 'chat' | 'completions',
    maxTokens: integerFlag(flags, 'max-tokens', 1, 1_000_000)!,
    timeoutSeconds: integerFlag(flags, 'timeout', 1, 86_400)!,
    retries: integerFlag(flags, 'retries', 0, 100)!,
    apiKey,
  };
  endpointUrl(settings);
  return settings;
}

type Result = Readonly<Record<string, string | number>>;

/** One model as before there could be several: a map, not a list of one. */
function report(flags: Flags, results: readonly Result[]): void {
  if (switchFlag(flags, 'json')) {
    printJson('cloud-edge build-dataset', results.length === 1 ? results[0] : results);
    return;
  }
  const text = results.map((result) =>
    Object.entries(result)
      .map(([key, value]) => `${key.padEnd(9)}  ${value}\n`)
      .join(''),
  );
  process.stdout.write(text.join('\n'));
}
