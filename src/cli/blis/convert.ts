import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { formatYaml } from '../../document/yaml.ts';
import { presetDocument } from '../../simulators/workload/synthetic-workload.ts';
import type { Command, LoadedCommand } from '../terminal/command.ts';
import { commandGroup } from '../terminal/command-group.ts';
import { integerText, lastValueWins, requiredText, textFlag } from '../terminal/flags.ts';
import { refusedCommand } from '../terminal/refused-command.ts';

const presetCommand: LoadedCommand = {
  build: (parser) =>
    lastValueWins(parser).options({
      name: { type: 'string', describe: 'chatbot, contentgen, multidoc or summarization' },
      rate: { type: 'string', describe: 'requests per second [default: 1]' },
      'num-requests': { type: 'string', describe: 'requests [default: 100]' },
      compat: { type: 'boolean', hidden: true },
    }),
  run: async (flags) => {
    const rate = positive(textFlag(flags, 'rate') ?? '1', 'rate');
    const requests = integerText(flags, 'num-requests', 1) ?? 100;
    const document = named(() => presetDocument(requiredText(flags, 'name'), rate, requests));
    process.stdout.write(formatYaml(document));
    return undefined;
  },
};

const COMMANDS: readonly Command[] = [
  { syntax: 'preset', summary: 'write a named workload as a workload file', load: async () => presetCommand },
  {
    syntax: 'servegen',
    summary: 'write a workload file from a folder of ServeGen chunks',
    load: async () => (await import('./convert-servegen.ts')).convertServegenCommand,
  },
  {
    syntax: 'inference-perf',
    summary: 'write a workload file from stages of load on shared prompts',
    load: async () => (await import('./convert-inference-perf.ts')).convertInferencePerfCommand,
  },
  refusedCommand('csv-trace', 'blis replay reads traces of blis run and blis observe as they are'),
];

/** `paretune blis convert …`: workload files from other descriptions. */
export const blisConvertCommand = commandGroup(
  COMMANDS,
  'a kind of source is required: preset, servegen or inference-perf',
);

function positive(text: string, flag: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value <= 0) {
    throw new InputError(`must be > 0, got ${shortText(text)}`, { path: [`--${flag}`] });
  }
  return value;
}

function named<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw error instanceof InputError ? error.at({ prefix: ['--name'] }) : error;
  }
}
