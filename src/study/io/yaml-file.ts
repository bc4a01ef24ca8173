import { readFileSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import { parseYaml, type YamlOptions, type YamlSource } from '../../document/yaml.ts';

/** @throws InputError when the file cannot be read, is empty, or is not valid YAML (duplicate keys included) */
export function readYamlFile(file: string, options: YamlOptions = {}): YamlSource {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
  return parseYaml(text, file, options);
}

function unreadable(file: string, error: unknown): InputError {
  const code = (error as NodeJS.ErrnoException).code;
  const rule =
    code === 'ENOENT'
      ? 'file not found'
      : code === 'EISDIR'
        ? 'is a folder, a file is needed'
        : `cannot be read (${code})`;
  return new InputError(rule, { position: { file }, suggestion: 'check the path' });
}
