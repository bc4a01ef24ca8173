import { basename } from 'node:path';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { type ImportedDeployment, importDeployment } from '../../connect/deploy/import-deployment.ts';
import { configMapText, type HelmValues, readHelmValues } from '../../connect/deploy/read-helm-values.ts';
import { catalogueOf } from '../../connect/epp/catalogue.ts';
import { type PickerFile, readPickerFile } from '../../connect/epp/read-picker-file.ts';
import { readVllmArgs } from '../../connect/vllm/read-args.ts';
import { parseYaml, placed } from '../../document/yaml.ts';
import { readTextFile } from '../../study/io/text-file.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { integerText, textFlag } from '../terminal/flags.ts';

export interface ReadDeployment {
  readonly picker: PickerFile;
  readonly deployment: ImportedDeployment;
  readonly origin: string;
}

export interface Reading {
  /** What the router's built-in profile is called where no file is named; null = a file is required. */
  readonly builtIn?: string | null;
  /** Command that reads, for the origin of the settings. */
  readonly command: string;
}

/** Today's deployment out of the files and flags that describe it. */
export function readDeployment(flags: Flags, { builtIn = null, command }: Reading): ReadDeployment {
  const helmFile = textFlag(flags, 'helm-values');
  const helm = helmValues(helmFile);
  const { text, file } = pickerText(textFlag(flags, 'epp') ?? textFlag(flags, 'file'), { helm, helmFile, builtIn });
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
  return { picker, deployment, origin: `${basename(file)}, read by ${command}` };
}

function modelConfig(file: string | undefined): { readonly modelConfig?: Json } {
  return file === undefined ? {} : { modelConfig: readYamlFile(file).value };
}

function helmValues(file: string | undefined): HelmValues | null {
  if (file === undefined) return null;
  const source = readYamlFile(file);
  return placed(source, 0, () => readHelmValues(source.value));
}

interface OtherSources {
  readonly helm: HelmValues | null;
  readonly helmFile: string | undefined;
  readonly builtIn: string | null;
}

function pickerText(
  file: string | undefined,
  { helm, helmFile, builtIn }: OtherSources,
): { readonly text: string; readonly file: string } {
  if (file === undefined) {
    if (helm !== null && helm.pickerText !== null) return { text: helm.pickerText, file: helmFile! };
    if (builtIn !== null) return { text: '', file: builtIn };
    if (helm === null) {
      throw new InputError('an EndpointPickerConfig is required', { suggestion: 'name a file, or --helm-values' });
    }
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
