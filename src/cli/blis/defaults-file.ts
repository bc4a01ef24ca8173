import { existsSync } from 'node:fs';
import { placed } from '../../document/yaml.ts';
import {
  parseReferenceDefaults,
  type ReferenceDefaults,
} from '../../simulators/cluster/settings/reference-defaults.ts';
import { readYamlFile } from '../../study/io/yaml-file.ts';
import type { Flags } from '../terminal/command.ts';
import { textFlag } from '../terminal/flags.ts';

/** The reference's own file, in the folder where it is started: here its figures are built in. */
const USUAL_FILE = 'defaults.yaml';

/** null = what is built in. @throws InputError with the place in the file */
export function readDefaultsFile(flags: Flags): ReferenceDefaults | null {
  const file = textFlag(flags, 'defaults-filepath');
  if (file === undefined || file === '' || (file === USUAL_FILE && !existsSync(file))) return null;
  const source = readYamlFile(file);
  return placed(source, 0, () => parseReferenceDefaults(source.value));
}
