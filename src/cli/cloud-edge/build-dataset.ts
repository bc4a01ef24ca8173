import { InputError } from '../../base/errors.ts';
import { type Collected, collectDataset, writeSyntheticDataset } from '../../companions/cloud-edge/collect-dataset.ts';
import { endpointUrl, type ServerSettings } from '../../companions/cloud-edge/completion-client.ts';
import { readPrompts } from '../../companions/cloud-edge/prompts.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { requiredText, switchFlag, textFlag } from '../terminal/flags.ts';
import { Progress } from '../terminal/progress.ts';
import { integerFlag } from '../terminal/schema-flag.ts';

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
  const file = writeSyntheticDataset(rows, seed, { name, out: requiredText(flags, 'out') });
  report(flags, { file, rows, measured: 0, synthetic: rows, failed: 0 });
  return EXIT.ok;
}

async function collect(flags: Flags): Promise<number> {
  const server = serverSettings(flags);
  const concurrency = integerFlag(flags, 'concurrency', 1, 1024)!;
  const limit = integerFlag(flags, 'limit', 0, MANY)!;
  const prompts = readPrompts(requiredText(flags, 'prompts'), textFlag(flags, 'input-field'), limit);
  const device = requiredText(flags, 'device');
  const name = textFlag(flags, 'name') ?? server.model;
  const request = { prompts, server, concurrency, name, device, out: requiredText(flags, 'out') };
  const progress = new Progress('prompts', prompts.length, switchFlag(flags, 'quiet'));
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let collected: Collected;
  try {
    collected = await collectDataset(request, {
      signal: stop.signal,
      onStart: (there) => {
        if (there > 0) process.stderr.write(`${there} of ${prompts.length} prompts are there already\n`);
      },
      onPrompt: (done, failed) => progress.update(done, failed === 0 ? '' : `${failed} failed`),
    });
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    progress.end();
  }
  const { file, rows, resumed, failures } = collected;
  for (const failure of failures.slice(0, 5)) process.stderr.write(`${failure}\n`);
  report(flags, { file, rows, measured: rows - resumed, resumed, failed: failures.length });
  if (stop.signal.aborted) return EXIT.interrupted;
  return failures.length > 0 ? EXIT.failure : EXIT.ok;
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

function report(flags: Flags, result: Readonly<Record<string, string | number>>): void {
  const lines = Object.entries(result).map(([key, value]) => `${key.padEnd(9)}  ${value}\n`);
  process.stdout.write(switchFlag(flags, 'json') ? `${JSON.stringify(result)}\n` : lines.join(''));
}
