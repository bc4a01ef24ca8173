import { InputError, inputErrors } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
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
  /** The first of them, each with its line and what is wrong there. */
  readonly complaints: readonly LineComplaint[];
  /** Prompts of 512 tokens or more. */
  readonly tooLong: number;
}

/** What is wrong with a line; lines count from 1. */
export interface LineComplaint {
  readonly line: number;
  readonly error: InputError;
}

const LONGEST_PROMPT_TOKENS = 512;
/** Lines that are told one by one. */
const TOLD_LINES = 5;

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
 * @param file - for messages
 * @throws InputError when no line is valid, more than half are not, or vectors differ in length
 */
export function parseDatasetLines(
  text: string,
  limit: number,
  countTokens: (text: string) => number = estimatedTokens,
  file = 'dataset',
): LoadedRows {
  const rows: PromptRow[] = [];
  const complaints: LineComplaint[] = [];
  let skipped = 0;
  let tooLong = 0;
  let seen = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    if (limit > 0 && rows.length >= limit) break;
    seen++;
    const row = parseLine(line);
    if (row === null) {
      skipped++;
      if (complaints.length < TOLD_LINES) complaints.push({ line: index + 1, error: complaintAbout(line) });
    } else if (countTokens(row.text) >= LONGEST_PROMPT_TOKENS) tooLong++;
    else rows.push(row);
  }
  const loaded = { rows, skipped, complaints, tooLong };
  refuseIfMostlyInvalid(loaded, seen, file);
  const odd = oddEmbedding(rows);
  if (odd !== null) throw odd.at({ position: { file } });
  return loaded;
}

const ROW_HINT = 'a row needs "request_text" and "inference_time" ≥ 0 in seconds';

function refuseIfMostlyInvalid({ rows, skipped, complaints }: LoadedRows, seen: number, file: string): void {
  if (rows.length > 0 && skipped * 2 <= seen) return;
  const message =
    rows.length === 0 ? `holds no valid row, of ${seen} lines` : `${skipped} of ${seen} lines are no valid rows`;
  const head = new InputError(message, { position: { file }, suggestion: ROW_HINT });
  throw inputErrors([head, ...complaints.map(({ line, error }) => error.at({ position: { file, line } }))]);
}

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

function complaintAbout(line: string): InputError {
  try {
    parseWith(datasetLine, JSON.parse(line) as Json);
  } catch (error) {
    if (error instanceof InputError) return error;
    return new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  throw new RangeError('a complaint about a valid line');
}
