import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { readText } from './dataset-file.ts';
import { parquetTexts } from './parquet-prompts.ts';

const USUAL_FIELDS = ['instruction', 'prompt', 'request_text', 'text'];

/**
 * Prompts of a list: `.parquet`, `.jsonl` (an object or a text a line), `.json` (a list of them), anything else one
 * prompt a line; of a folder all its Parquet files, or those in its `data` folder, by name. Blank prompts are left out.
 * @param field - key or column of the prompt; by default the first usual one that an entry has
 * @param limit - entries to take; 0 takes all
 * @throws InputError with the file and the entry
 */
export async function readPrompts(file: string, field: string | undefined, limit: number): Promise<readonly string[]> {
  const shards = parquetFiles(file);
  const prompts = shards.length > 0 ? await ofShards(shards, field, limit) : ofText(file, field, limit);
  if (prompts.length === 0) throw new InputError('holds no prompt', { position: { file } });
  return prompts;
}

async function ofShards(
  files: readonly string[],
  field: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const prompts: string[] = [];
  for (const file of files) {
    const left = limit > 0 ? limit - prompts.length : 0;
    if (limit > 0 && left <= 0) break;
    const texts = await parquetTexts(file, field === undefined ? USUAL_FIELDS : [field]);
    const kept = texts.filter((text) => text.trim() !== '');
    for (const text of left > 0 ? kept.slice(0, left) : kept) prompts.push(text);
  }
  return prompts;
}

/** The file itself, or the shards of a folder; none where the name says that it is something else. */
function parquetFiles(place: string): readonly string[] {
  if (/\.parquet$/i.test(place)) return [place];
  if (!isFolder(place)) return [];
  const folders = [place, join(place, 'data')].filter(isFolder);
  const shards = folders.map((folder) =>
    readdirSync(folder)
      .filter((name) => /\.parquet$/i.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
  const found = shards.find((files) => files.length > 0);
  if (found !== undefined) return found;
  throw new InputError('the folder holds no Parquet file, nor does data/ below it', { position: { file: place } });
}

function isFolder(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

function ofText(file: string, field: string | undefined, limit: number): readonly string[] {
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
