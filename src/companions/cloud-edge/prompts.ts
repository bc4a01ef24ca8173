import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { readText } from './dataset-file.ts';

const USUAL_FIELDS = ['instruction', 'prompt', 'request_text', 'text'];

/**
 * Prompts of a list: `.jsonl` (an object or a text a line), `.json` (a list of them), anything else one prompt a line.
 * Blank prompts are left out.
 * @param field - key of the prompt; by default the first usual one that an entry has
 * @throws InputError with the file and the entry
 */
export function readPrompts(file: string, field: string | undefined, limit: number): readonly string[] {
  const text = readText(file, 'prompts');
  const prompts: string[] = [];
  for (const [index, entry] of entriesOf(text, file).entries()) {
    if (limit > 0 && prompts.length >= limit) break;
    const prompt = promptOf(entry, field);
    if (prompt === null) {
      throw new InputError(`entry ${index + 1} has no text under ${field ?? USUAL_FIELDS.join(' or ')}`, {
        position: { file },
        suggestion: 'name its key with --input-field',
      });
    }
    if (prompt.trim() !== '') prompts.push(prompt);
  }
  if (prompts.length === 0) throw new InputError('holds no prompt', { position: { file } });
  return prompts;
}

function entriesOf(text: string, file: string): readonly Json[] {
  if (/\.jsonl$|\.ndjson$/i.test(file)) {
    return text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [parse(line, file, index + 1)]));
  }
  if (/\.json$/i.test(file)) {
    const list = parse(text, file, undefined);
    if (!Array.isArray(list)) throw new InputError('must be a list of prompts', { position: { file } });
    return list;
  }
  return text.split('\n');
}

function parse(text: string, file: string, line: number | undefined): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      position: { file, ...(line === undefined ? {} : { line }) },
    });
  }
}

function promptOf(entry: Json, field: string | undefined): string | null {
  if (typeof entry === 'string') return entry;
  if (!isJsonObject(entry)) return null;
  const keys = field === undefined ? USUAL_FIELDS : [field];
  for (const key of keys) {
    const value = entry[key];
    if (typeof value === 'string') return value;
  }
  return null;
}
