import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import {
  endpointUrl,
  measurePrompt,
  openConnection,
  type ServerSettings,
} from '../../companions/cloud-edge/completion-client.ts';
import { DatasetFile } from '../../companions/cloud-edge/dataset-file.ts';
import { readPrompts } from '../../companions/cloud-edge/prompts.ts';
import { type DatasetLine, fileSafeName } from '../../simulators/cloud-edge/dataset-lines.ts';
import { syntheticDataset } from '../../simulators/cloud-edge/synthetic-dataset.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { integerFlag, requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';

const MANY = 10_000_000;

export const buildDatasetCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .option('prompts', { type: 'string', describe: 'prompt list: .jsonl, .json or one prompt a line' })
      .option('input-field', {
        type: 'string',
        describe: 'key of the prompt in the list; default: instruction, prompt, …',
      })
      .option('limit', { type: 'number', default: 50_000, describe: 'prompts to take; 0 takes all' })
      .option('server', { type: 'string', describe: 'OpenAI-compatible server, e.g. http://127.0.0.1:8000' })
      .option('model', { type: 'string', describe: 'model name that the server knows' })
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
        '$0 cloud-edge build-dataset --prompts alpaca.json --server http://127.0.0.1:8000 --model Qwen2.5-3B',
        '',
      ),
  run: async (flags) => (flags['synthetic'] === undefined ? collect(flags) : drawSynthetic(flags)),
};

function drawSynthetic(flags: Flags): number {
  const rows = integerFlag(flags, 'synthetic', 1, MANY)!;
  const seed = integerFlag(flags, 'seed', 0, Number.MAX_SAFE_INTEGER)!;
  const name = textFlag(flags, 'name') ?? textFlag(flags, 'model') ?? 'synthetic';
  const file = datasetFile(flags, name);
  const lines = syntheticDataset(rows, seed, name);
  writeFileAtomically(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  report(flags, { file, rows, measured: 0, synthetic: rows, failed: 0 });
  return EXIT.ok;
}

async function collect(flags: Flags): Promise<number> {
  const settings = serverSettings(flags);
  const concurrency = integerFlag(flags, 'concurrency', 1, 1024)!;
  const limit = integerFlag(flags, 'limit', 0, MANY)!;
  const prompts = readPrompts(requiredText(flags, 'prompts'), textFlag(flags, 'input-field'), limit);
  const device = requiredText(flags, 'device');
  const name = textFlag(flags, 'name') ?? settings.model;
  const path = datasetFile(flags, name);
  const file = new DatasetFile(path, { prompts, modelName: name });
  const resumed = file.done.size;
  const progress = new Progress('prompts', prompts.length, switchFlag(flags, 'quiet'));
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let failures: readonly string[];
  try {
    if (resumed > 0) process.stderr.write(`${resumed} of ${prompts.length} prompts are there already\n`);
    failures = await measureMissing({ file, prompts, settings, concurrency, name, device, stop, progress });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    progress.end();
    file.close();
  }
  for (const failure of failures.slice(0, 5)) process.stderr.write(`${failure}\n`);
  const rows = file.done.size;
  report(flags, { file: path, rows, measured: rows - resumed, resumed, failed: failures.length });
  if (stop.signal.aborted) return EXIT.interrupted;
  return failures.length > 0 ? EXIT.failure : EXIT.ok;
}

interface Collection {
  readonly file: DatasetFile;
  readonly prompts: readonly string[];
  readonly settings: ServerSettings;
  readonly concurrency: number;
  readonly name: string;
  readonly device: string;
  readonly stop: AbortController;
  readonly progress: Progress;
}

/**
 * Measures what has no row yet and answers the failures. Returns early when stopped.
 * @throws InputError when no request can succeed
 */
async function measureMissing(collection: Collection): Promise<readonly string[]> {
  const { file, prompts, settings, concurrency, name, device, stop, progress } = collection;
  const failures: string[] = [];
  const waiting = prompts.map((_, index) => index).filter((index) => !file.done.has(index));
  let fatal: unknown;
  const work = async (): Promise<void> => {
    try {
      for (let index = waiting.shift(); index !== undefined && !stop.signal.aborted; index = waiting.shift()) {
        const prompt = prompts[index]!;
        const outcome = await measurePrompt(prompt, settings, stop.signal);
        if (outcome.kind === 'measured') file.append(index, toLine(prompt, name, device, outcome));
        else failures.push(`prompt ${index}: ${outcome.reason}`);
        progress.update(file.done.size, failures.length === 0 ? '' : `${failures.length} failed`);
      }
    } catch (error) {
      if (!stop.signal.aborted) fatal = error;
      stop.abort();
    }
  };
  if (waiting.length > 0) await openConnection(settings, stop.signal);
  // All have ended before the file closes: none may write to a closed one.
  await Promise.all(Array.from({ length: concurrency }, work));
  if (fatal !== undefined) throw fatal;
  return failures;
}

function toLine(
  prompt: string,
  modelName: string,
  device: string,
  measured: {
    readonly text: string;
    readonly seconds: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
  },
): DatasetLine {
  return {
    request_text: prompt,
    model_name: modelName,
    response_text: measured.text,
    device,
    inference_time: Math.round(measured.seconds * 1e4) / 1e4,
    input_token_count: measured.inputTokens,
    output_token_count: measured.outputTokens,
  };
}

function serverSettings(flags: Flags): ServerSettings {
  const keyName = textFlag(flags, 'api-key-env');
  const apiKey = keyName === undefined ? null : (process.env[keyName] ?? '');
  if (apiKey === '') throw new InputError(`--api-key-env: the environment has no ${keyName}`);
  const settings: ServerSettings = {
    server: requiredText(flags, 'server'),
    model: requiredText(flags, 'model'),
    endpoint: requiredText(flags, 'endpoint') as 'chat' | 'completions',
    maxTokens: integerFlag(flags, 'max-tokens', 1, 1_000_000)!,
    timeoutSeconds: integerFlag(flags, 'timeout', 1, 86_400)!,
    retries: integerFlag(flags, 'retries', 0, 100)!,
    apiKey,
  };
  endpointUrl(settings);
  return settings;
}

function datasetFile(flags: Flags, name: string): string {
  const folder = requiredText(flags, 'out');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new InputError(`--out: cannot make the folder (${(error as NodeJS.ErrnoException).code})`, {
      position: { file: folder },
    });
  }
  return join(folder, `inference_data_${fileSafeName(name)}.jsonl`);
}

function report(flags: Flags, result: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(result).map(([key, value]) => `${key.padEnd(9)}  ${value}\n`);
  process.stdout.write(switchFlag(flags, 'json') ? `${JSON.stringify(result)}\n` : lines.join(''));
}
