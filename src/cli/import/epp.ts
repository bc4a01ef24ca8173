import { existsSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type ImportedDeployment, importDeployment } from '../../connect/deploy/import-deployment.ts';
import type { TunedPart } from '../../connect/deploy/ranges.ts';
import { configMapText, type HelmValues, readHelmValues } from '../../connect/deploy/read-helm-values.ts';
import { type StudyDocuments, studyDocuments } from '../../connect/deploy/study-documents.ts';
import { catalogueOf, ROUTER_VERSIONS } from '../../connect/epp/catalogue.ts';
import { type PickerFile, readPickerFile } from '../../connect/epp/read-picker-file.ts';
import { readVllmArgs } from '../../connect/vllm/read-args.ts';
import { formatYaml, parseYaml, placed } from '../../document/yaml.ts';
import { readTextFile, writeTextFile } from '../../study/io/text-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import { EXIT, type Flags, type LoadedCommand } from '../terminal/command.ts';
import { integerText, switchFlag, textFlag } from '../terminal/flags.ts';

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
    const imported = readDeployment(flags);
    const documents = studyDocuments({
      name: nameOf(textFlag(flags, 'file') ?? textFlag(flags, 'helm-values') ?? 'deployment'),
      settings: imported.deployment.settings,
      origin: imported.origin,
      tuned: tunedParts(textFlag(flags, 'tune') ?? 'all'),
      workload: workloadOf(flags),
      trials: integerText(flags, 'trials', 1) ?? 40,
      disaggregated: imported.picker.routing.disaggregated,
    });
    report(imported, documents, flags);
    return EXIT.ok;
  },
};

interface ReadDeployment {
  readonly picker: PickerFile;
  readonly deployment: ImportedDeployment;
  readonly origin: string;
}

function readDeployment(flags: Flags): ReadDeployment {
  const helmFile = textFlag(flags, 'helm-values');
  const helm = helmValues(helmFile);
  const { text, file } = pickerText(textFlag(flags, 'file'), helm, helmFile);
  const picker = readPickerFile(text, file, catalogueOf(textFlag(flags, 'router-version')));
  const args = textFlag(flags, 'vllm-args');
  const gpu = textFlag(flags, 'gpu');
  const deployment = importDeployment({
    picker,
    texts: [text, args ?? '', helmFile === undefined ? '' : readTextFile(helmFile)],
    helm,
    args: args === undefined ? null : readVllmArgs(args),
    engine: { ...(gpu === undefined ? {} : { gpu }), ...modelConfig(textFlag(flags, 'model-config')) },
    instances: integerText(flags, 'instances', 1) ?? null,
    prefillInstances: integerText(flags, 'prefill-instances', 1) ?? null,
  });
  return { picker, deployment, origin: `${basename(file)}, read by paretune import epp` };
}

function modelConfig(file: string | undefined): { readonly modelConfig?: Json } {
  return file === undefined ? {} : { modelConfig: readYamlFile(file).value };
}

function helmValues(file: string | undefined): HelmValues | null {
  if (file === undefined) return null;
  const source = readYamlFile(file);
  return placed(source, 0, () => readHelmValues(source.value));
}

function pickerText(
  file: string | undefined,
  helm: HelmValues | null,
  helmFile: string | undefined,
): { readonly text: string; readonly file: string } {
  if (file === undefined) {
    if (helm === null) {
      throw new InputError('an EndpointPickerConfig is required', { suggestion: 'name a file, or --helm-values' });
    }
    if (helm.pickerText !== null) return { text: helm.pickerText, file: helmFile! };
    throw new InputError('has no pluginsCustomConfig for the router', {
      position: { file: helmFile! },
      suggestion: 'name the EndpointPickerConfig as well',
    });
  }
  const text = readTextFile(file);
  if (!/^kind:\s*ConfigMap/m.test(text)) return { text, file };
  const inner = configMapText(parseYaml(text, file).value);
  if (inner !== null) return { text: inner, file };
  throw new InputError('is a ConfigMap without an EndpointPickerConfig', { position: { file } });
}

/** A name that a study may have. */
function nameOf(file: string): string {
  const stem = basename(file).replace(/\.[^.]*$/, '');
  const name = stem.replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^[^A-Za-z]+|-+$/g, '');
  return name === '' ? 'deployment' : name;
}

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
  const { strategy, space, study, workload } = documents;
  if (out !== undefined) {
    const files = { strategy, space, study, ...(workload === null ? {} : { workload }) };
    for (const [name, document] of Object.entries(files)) {
      const head = name === 'strategy' ? leftOut.map((one) => `# not simulated: ${one}\n`).join('') : '';
      writeTextFile(join(out, `${name}.yaml`), `${head}${formatYaml(document)}`);
    }
  }
  for (const line of picker.warnings) process.stderr.write(`paretune: ${line}\n`);
  for (const line of notes) process.stderr.write(`paretune: assumed: ${line}\n`);
  for (const line of leftOut) process.stderr.write(`paretune: not simulated: ${line}\n`);
  if (switchFlag(flags, 'json')) {
    const found = { settings, not_simulated: leftOut, assumed: notes, warnings: picker.warnings, ...documents };
    process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
    return;
  }
  const parameters = (space['parameters'] as readonly { readonly name: string }[]).map(({ name }) => name);
  process.stdout.write(
    `today: ${Object.keys(settings).length} settings; to tune: ${parameters.join(', ') || 'nothing'}\n`,
  );
  if (out !== undefined) {
    process.stdout.write(`written to ${out}; next: paretune check ${join(out, 'study.yaml')}, then paretune run\n`);
  }
}
