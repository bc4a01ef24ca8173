import { InputError } from '../../base/errors.ts';
import { datasetLine, oddEmbedding } from './dataset-schema.ts';
import type { PromptRow } from './dataset-source.ts';

/** One measured prompt, a line of the dataset file. */
export interface DatasetLine {
  readonly request_text: string;
  readonly model_name: string;
  readonly response_text: string;
  readonly device: string;
  /** Seconds, rounded to four decimals. */
  readonly inference_time: number;
  readonly input_token_count: number;
  readonly output_token_count: number;
  /** Place of the prompt in its list: what makes a collection resumable. */
  readonly prompt_index?: number;
  readonly embedding?: readonly number[];
}

export interface LoadedRows {
  readonly rows: readonly PromptRow[];
  /** Lines that are not rows: broken JSON, blank text, no time. */
  readonly skipped: number;
  /** Prompts of 512 tokens or more. */
  readonly tooLong: number;
}

const LONGEST_PROMPT_TOKENS = 512;

/** Token count of a prompt where no tokenizer is at hand: ceil(1.3 · words) + 2. */
export function estimatedTokens(text: string): number {
  const words = text.trim() === '' ? 0 : text.trim().split(/\s+/).length;
  return Math.ceil(1.3 * words) + 2;
}

/** `Qwen2.5-3B` → `Qwen2_5-3B`. */
export function fileSafeName(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]+/g, '_');
}

/**
 * Rows of a dataset text, one JSON object a line.
 * @param limit - rows to keep; ≤ 0 keeps all
 * @param countTokens - of the encoder, or the estimate
 * @throws InputError when no line is valid, more than half are not, or vectors differ in length
 */
export function parseDatasetLines(
  text: string,
  limit: number,
  countTokens: (text: string) => number = estimatedTokens,
): LoadedRows {
  const rows: PromptRow[] = [];
  let skipped = 0;
  let tooLong = 0;
  let seen = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    if (limit > 0 && rows.length >= limit) break;
    seen++;
    const row = parseLine(line);
    if (row === null) skipped++;
    else if (countTokens(row.text) >= LONGEST_PROMPT_TOKENS) tooLong++;
    else rows.push(row);
  }
  if (rows.length === 0) throw new InputError(`holds no valid row, of ${seen} lines`, { suggestion: ROW_HINT });
  if (skipped * 2 > seen) {
    throw new InputError(`${skipped} of ${seen} lines are no valid rows`, { suggestion: ROW_HINT });
  }
  const odd = oddEmbedding(rows);
  if (odd !== null) throw odd;
  return { rows, skipped, tooLong };
}

const ROW_HINT = 'a row needs "request_text" and "inference_time" ≥ 0 in seconds';

function parseLine(line: string): PromptRow | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const { data } = datasetLine.safeParse(value);
  return data === undefined
    ? null
    : { text: data.request_text, seconds: data.inference_time, embedding: data.embedding ?? null };
}
