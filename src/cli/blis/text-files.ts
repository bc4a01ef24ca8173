import { readFileSync } from 'node:fs';
import { InputError } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { refuseOddFile } from '../../study/io/text-file.ts';

export function readText(file: string): string {
  refuseOddFile(file);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot be read (${(error as NodeJS.ErrnoException).code})`, { position: { file } });
  }
}

/** A JSON file that is too large, or too plain, to be read as YAML with places. */
export function readJson(file: string): Json {
  const text = readText(file);
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(`is not valid JSON: ${error instanceof Error ? error.message : error}`, {
      position: { file },
    });
  }
}
