import { describeProblem, type InputError, inputErrors } from '../../base/errors.ts';
import { parseYaml, placed } from '../../document/yaml.ts';
import type { Catalogue } from './catalogue.ts';
import { byName, checkConfig } from './check-config.ts';
import type { PluginsByName } from './findings.ts';
import { type ImportedRouting, importConfig } from './import-config.ts';
import { DEFAULT_CONFIG, type PickerConfig, parsePickerConfig } from './picker-config.ts';

export interface PickerFile {
  readonly config: PickerConfig;
  readonly plugins: PluginsByName;
  readonly routing: ImportedRouting;
  /** One line each, with its place: what the router does otherwise than the file says. */
  readonly warnings: readonly string[];
}

/**
 * Reads the text of an `EndpointPickerConfig`, checks it strictly and puts it into the terms of the simulator. An empty
 * text is the router's built-in configuration.
 * @throws InputError with every problem, placed in the file
 */
export function readPickerFile(text: string, file: string, catalogue: Catalogue): PickerFile {
  if (text === '') return imported(DEFAULT_CONFIG, catalogue, []);
  const source = parseYaml(text, file);
  return placed(source, 0, () => {
    const config = parsePickerConfig(source.value);
    const { problems, warnings } = checkConfig(config, catalogue);
    if (problems.length > 0) throw inputErrors(problems);
    const lines = warnings.map((one: InputError) => describeProblem(one.placedBy((path) => source.locate(path))));
    return imported(config, catalogue, lines);
  });
}

function imported(config: PickerConfig, catalogue: Catalogue, warnings: readonly string[]): PickerFile {
  const plugins = byName(config, catalogue);
  return { config, plugins, routing: importConfig(config, plugins), warnings };
}
