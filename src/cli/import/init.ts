import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { PRESETS, type Preset, studyDocuments } from '../../connect/deploy/study-documents.ts';
import { importText } from '../../connect/traces/import-report.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';
import { readDeployment } from './deployment-files.ts';
import { askForFlags, namesModel } from './init-questions.ts';
import { nameOf, parameterNames, studyFiles, tellFindings } from './study-files.ts';
import { importFile } from './trace.ts';
import { tracePair } from './trace-files.ts';

/** Flags that say something of the user's own; without any of them, and on a terminal, questions are asked. */
const SOURCES = ['trace', 'epp', 'helm-values', 'vllm-args', 'model', 'gpu', 'instances', 'rate', 'preset', 'trials'];
const BUILT_IN = 'the built-in profile of the router';

export const initCommand: LoadedCommand = {
  build: (parser) => {
    const text = (describe: string, usual?: string) =>
      ({ type: 'string', requiresArg: true, describe, defaultDescription: usual }) as const;
    return parser
      .positional('folder', { type: 'string', default: 'study', describe: 'folder for the files of the study' })
      .option('trace', text('log or trace of your requests, in any format of import trace', 'made-up requests'))
      .option('epp', text('EndpointPickerConfig, or a ConfigMap with one', BUILT_IN))
      .option('helm-values', text('values of the charts llm-d-router and llm-d-modelservice'))
      .option('vllm-args', text('flags of the model servers, or their whole `vllm serve` line', 'vLLM’s defaults'))
      .option('model', text('model, where no `vllm serve` line names it', 'Qwen/Qwen3-14B'))
      .option('model-config', text('config.json of a model that is not known by name'))
      .option('gpu', text('GPU of an instance', 'the usual one of the model'))
      .option('instances', text('number of model servers', '4'))
      .option('rate', text('requests per second of the made-up ones', '8 for each instance'))
      .option('preset', text(`what for: ${Object.keys(PRESETS).join(', ')}`, 'balanced'))
      .option('trials', text('points that the study tries', '40'))
      .option('dry-run', { type: 'boolean', describe: 'print the files, write nothing' })
      .option('quiet', { type: 'boolean', describe: 'no progress on stderr' })
      .example('$0 init mine', 'asks')
      .example('$0 init mine --trace log.csv --epp epp.yaml --vllm-args "vllm serve Qwen/Qwen3-14B -tp 2"', '')
      .example('$0 init mine --model meta-llama/Llama-3.1-8B-Instruct --gpu H100 --preset low-latency', '');
  },
  run: async (given) => {
    const asks = process.stdin.isTTY === true && !SOURCES.some((flag) => given[flag] !== undefined);
    const flags = asks ? await askForFlags(given) : given;
    if (flags === null) {
      process.stderr.write('\nparetune: nothing was written\n');
      return EXIT.interrupted;
    }
    return await initialise(flags, resolve(textFlag(flags, 'folder') ?? 'study'));
  },
};

async function initialise(flags: Flags, folder: string): Promise<number> {
  const trace = textFlag(flags, 'trace');
  if (trace !== undefined && !existsSync(trace)) {
    throw new InputError('file not found', { position: { file: trace }, path: ['--trace'] });
  }
  const preset = presetOf(flags);
  const rate = rateOf(flags, trace);
  const imported = readDeployment(withModel(flags), { command: 'paretune init', builtIn: BUILT_IN });
  const documents = studyDocuments({
    name: nameOf(basename(folder)),
    ...{ settings: imported.deployment.settings, origin: imported.origin, tuned: ['routing', 'engine'] },
    ...{ workload: trace === undefined ? null : 'trace/trace.yaml', trials: integerText(flags, 'trials', 1) ?? 40 },
    ...{ preset, rate, disaggregated: imported.picker.routing.disaggregated },
  });
  const files = studyFiles(documents, imported.deployment.leftOut);
  if (switchFlag(flags, 'dry-run')) {
    for (const [name, text] of files) process.stdout.write(`# ${join(folder, name)}\n${text}\n`);
    return EXIT.ok;
  }
  refuseOverwriting(folder, [...files.map(([name]) => name), ...(trace === undefined ? [] : ['trace'])]);
  if (trace !== undefined && !(await bringIn(trace, folder, flags))) return EXIT.interrupted;
  for (const [name, text] of files) writeTextFile(join(folder, name), text);
  tellFindings(imported);
  const study = join(textFlag(flags, 'folder') ?? 'study', 'study.yaml');
  process.stdout.write(
    `to tune: ${parameterNames(documents.space).join(', ') || 'nothing'}\n` +
      `written: ${files.map(([name]) => name).join(', ')} in ${folder}\n` +
      `next: paretune run ${study} --out runs/${nameOf(basename(folder))}\n`,
  );
  return EXIT.ok;
}

/** Whether it was brought in; not when interrupted. */
async function bringIn(trace: string, folder: string, flags: Flags): Promise<boolean> {
  const reading = { quiet: switchFlag(flags, 'quiet') };
  const report = await importFile(trace, tracePair(join(folder, 'trace/trace.yaml')), reading);
  for (const line of report === null ? [] : importText(report)) process.stderr.write(`paretune: ${line}\n`);
  return report !== null;
}

/** A `vllm serve` line names the model; without one, or without a model in it, the flag or the usual one does. */
function withModel(flags: Flags): Flags {
  const model = textFlag(flags, 'model');
  const line = textFlag(flags, 'vllm-args');
  const instances = textFlag(flags, 'instances') ?? (textFlag(flags, 'helm-values') === undefined ? '4' : undefined);
  if (model !== undefined && namesModel(line)) {
    throw new InputError('the `vllm serve` line names the model', {
      path: ['--model'],
      suggestion: 'leave one of them out',
    });
  }
  const named = namesModel(line) || (model === undefined && textFlag(flags, 'helm-values') !== undefined);
  const args = named ? line : `vllm serve ${model ?? 'Qwen/Qwen3-14B'} ${line ?? ''}`.trim();
  return { ...flags, 'vllm-args': args, instances };
}

function presetOf(flags: Flags): Preset {
  const text = textFlag(flags, 'preset') ?? 'balanced';
  if (Object.hasOwn(PRESETS, text)) return text as Preset;
  const names = Object.keys(PRESETS).join(', ');
  throw new InputError(`must be one of ${names}, got ${shortText(text)}`, { path: ['--preset'] });
}

function rateOf(flags: Flags, trace: string | undefined): number | null {
  const text = textFlag(flags, 'rate');
  if (text === undefined) return null;
  if (trace !== undefined) {
    throw new InputError('is that of the trace', {
      path: ['--rate'],
      suggestion: 'import it with --rate-factor instead',
    });
  }
  const rate = Number(text);
  if (Number.isFinite(rate) && rate > 0) return rate;
  throw new InputError(`must be a number above 0, got ${shortText(text)}`, { path: ['--rate'] });
}

/** What is there is the user's. */
function refuseOverwriting(folder: string, names: readonly string[]): void {
  const there = names.filter((name) => existsSync(join(folder, name)));
  if (there.length === 0) return;
  throw new InputError(`already holds ${there.join(', ')}`, {
    position: { file: folder },
    suggestion: 'name another folder, or remove them',
  });
}
