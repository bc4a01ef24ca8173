import { parseYaml, type YamlOptions, type YamlSource } from '../../document/yaml.ts';
import { readTextFile } from './text-file.ts';

/** @throws InputError when the file cannot be read, is empty, or is not valid YAML (duplicate keys included) */
export function readYamlFile(file: string, options: YamlOptions = {}): YamlSource {
  return parseYaml(readTextFile(file), file, options);
}
