import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { TunedPart } from '../../connect/deploy/ranges.ts';
import { type StudyDocuments, studyDocuments } from '../../connect/deploy/study-documents.ts';
import { ROUTER_VERSIONS } from '../../connect/epp/catalogue.ts';
import { writeTextFile } from '../../study/io/text-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';
import { printJson } from '../terminal/json-output.ts';
import { type ReadDeployment, readDeployment } from './deployment-files.ts';
import { nameOf, parameterNames, studyFiles, tellFindings } from './study-files.ts';

export const importEppCommand: LoadedCommand = {
  build: (parser) =>
    parser
      .positional('file', {
        type: 'string',
        describe: 'EndpointPickerConfig, or a ConfigMap with one; may be left out where --helm-values has it',
      })
      .option('vllm-args', {
        type: 'string',
        describe: 'flags of the model servers, or their whole `vllm serve` line, as one text',
      })
      .option('helm-values', { type: 'string', describe: 'values of the charts llm-d-router and llm-d-modelservice' })
      .option('gpu', {
        type: 'string',
        describe: 'GPU of an instance',
        defaultDescription: 'the usual one of the model',
      })
      .option('model-config', { type: 'string', describe: 'config.json of a model that is not known by name' })
      .option('instances', { type: 'string', describe: 'number of model servers' })
      .option('prefill-instances', { type: 'string', describe: 'how many of them are for prefill' })
      .option('workload', {
        type: 'string',
        describe: 'workload file of the study',
        defaultDescription: 'a made-up one',
      })
      .option('trials', { type: 'string', describe: 'points that the study tries', defaultDescription: '40' })
      .option('tune', { choices: ['all', 'routing', 'engine'], default: 'all', describe: 'what the study may change' })
      .option('router-version', {
        choices: ROUTER_VERSIONS,
        default: ROUTER_VERSIONS[0]!,
        describe: 'whose plugins are known',
      })
      .option('out', {
        type: 'string',
        describe: 'folder for the study',
        defaultDescription: 'print a summary, write nothing',
      })
      .option('json', { type: 'boolean', describe: 'print what was found as JSON' })
      .example('$0 import epp epp.yaml --vllm-args "vllm serve Qwen/Qwen3-14B -tp 2" --instances 8 --out mine', '')
      .example('$0 import epp --helm-values values.yaml --out mine', 'everything from one file'),
  run: async (flags) => {
    const imported = readDeployment(flags, { command: 'paretune import epp' });
    const documents = studyDocuments({
      name: nameOf(textFlag(flags, 'file') ?? textFlag(flags, 'helm-values') ?? 'deployment'),
      settings: imported.deployment.settings,
      origin: imported.origin,
      tuned: tunedParts(textFlag(flags, 'tune') ?? 'all'),
      workload: workloadOf(flags),
      trials: integerText(flags, 'trials', 1) ?? 40,
      preset: 'balanced',
      disaggregated: imported.picker.routing.disaggregated,
    });
    report(imported, documents, flags);
    return EXIT.ok;
  },
};

function tunedParts(tune: string): readonly TunedPart[] {
  return tune === 'all' ? ['routing', 'engine'] : [tune as TunedPart];
}

function workloadOf(flags: Flags): string | null {
  const file = textFlag(flags, 'workload');
  if (file === undefined) return null;
  if (!existsSync(file)) throw new InputError('file not found', { position: { file }, path: ['--workload'] });
  return relative(resolve(textFlag(flags, 'out') ?? '.'), resolve(file));
}

function report({ picker, deployment }: ReadDeployment, documents: StudyDocuments, flags: Flags): void {
  const { settings, leftOut, notes } = deployment;
  const out = textFlag(flags, 'out');
  const { space } = documents;
  if (out !== undefined) {
    for (const [name, text] of studyFiles(documents, leftOut)) writeTextFile(join(out, name), text);
  }
  tellFindings({ picker, deployment });
  if (switchFlag(flags, 'json')) {
    const found = { settings, not_simulated: leftOut, assumed: notes, warnings: picker.warnings, ...documents };
    printJson('import epp', found);
    return;
  }
  process.stdout.write(
    `today: ${Object.keys(settings).length} settings; to tune: ${parameterNames(space).join(', ') || 'nothing'}\n`,
  );
  if (out !== undefined) {
    process.stdout.write(`written to ${out}; next: paretune check ${join(out, 'study.yaml')}, then paretune run\n`);
  }
}
