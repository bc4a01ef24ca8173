import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { describeProblem, InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import type { DatasetLine, LoadedRows } from '../../simulators/cloud-edge/dataset-lines.ts';
import { parseDatasetLines } from '../../simulators/cloud-edge/dataset-lines.ts';
import { collectedLine } from '../../simulators/cloud-edge/dataset-schema.ts';
import { type HeldLock, takeLock } from '../../study/io/lock-file.ts';
import { readBytes, refuseOddFile } from '../../study/io/text-file.ts';

/** Reads a dataset. @throws InputError with the file, also when it is missing or still a placeholder */
export function readDataset(file: string, limit: number, countTokens?: (text: string) => number): LoadedRows {
  if (/^<.*>$|placeholder|path[/_]to[/_]/i.test(file)) {
    throw new InputError(`dataset_path is still a placeholder: ${file}`, {
      suggestion: 'name a file made by `paretune cloud-edge build-dataset`',
    });
  }
  return parseDatasetLines(readText(file, 'dataset_path'), limit, countTokens, file);
}

/** Warnings about what a dataset file holds beside its rows: the first invalid lines one by one, then their number. */
export function datasetWarnings(file: string, { skipped, complaints, tooLong }: LoadedRows): readonly string[] {
  const located = complaints.map(({ line, error }) => describeProblem(error.at({ position: { file, line } })));
  const more = skipped - complaints.length;
  return [
    ...located.map((text) => `line left out: ${text}`),
    ...(more > 0 ? [`${file}: ${more} more lines left out, ${skipped} in all, are no valid rows`] : []),
    ...(tooLong > 0 ? [`${file}: ${tooLong} prompts of 512 tokens or more left out`] : []),
  ];
}

export function readText(file: string, what: string): string {
  refuseOddFile(file);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new InputError(code === 'ENOENT' ? `${what}: file not found` : `${what}: cannot be read (${code})`, {
      position: { file },
      suggestion: 'check the path',
    });
  }
}

export interface Expected {
  readonly prompts: readonly string[];
  readonly modelName: string;
}

/**
 * A dataset that is being collected: one writer, every row on disk before the next request, a row torn by a crash
 * dropped on the next start.
 */
export class DatasetFile {
  /** Indices of the prompts that have their row. */
  readonly done: ReadonlySet<number>;
  readonly #done: Set<number>;
  readonly #descriptor: number;
  readonly #lock: HeldLock;

  /** @throws InputError when another process writes it, or when its rows belong to other prompts or another model */
  constructor(file: string, expected: Expected) {
    this.#lock = takeLock(`${file}.lock`, 'dataset');
    try {
      const { done, completeBytes } = readRows(file, expected);
      this.#done = done;
      this.done = done;
      this.#descriptor = openSync(file, 'a');
      ftruncateSync(this.#descriptor, completeBytes);
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  append(index: number, line: DatasetLine): void {
    if (this.#done.has(index)) throw new RangeError(`prompt ${index} already has its row`);
    const bytes = Buffer.from(`${JSON.stringify({ ...line, prompt_index: index })}\n`);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#descriptor, bytes, offset);
    fsyncSync(this.#descriptor);
    this.#done.add(index);
  }

  close(): void {
    closeSync(this.#descriptor);
    this.#lock.release();
  }
}

function readRows(file: string, expected: Expected): { done: Set<number>; completeBytes: number } {
  const done = new Set<number>();
  if (!existsSync(file)) return { done, completeBytes: 0 };
  const bytes = readBytes(file);
  const completeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.toString('utf8', 0, completeBytes).split('\n').slice(0, -1);
  for (const [number, line] of lines.entries()) {
    const index = checkRow(line, expected, (message, suggestion) => {
      throw new InputError(message, { position: { file, line: number + 1 }, ...(suggestion ? { suggestion } : {}) });
    });
    if (done.has(index)) {
      throw new InputError(`prompt ${index} has two rows`, { position: { file, line: number + 1 } });
    }
    done.add(index);
  }
  return { done, completeBytes };
}

const OTHER_FILE = 'choose another --out or --name, or move the file away';

function checkRow(
  line: string,
  { prompts, modelName }: Expected,
  fail: (message: string, way?: string) => never,
): number {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return fail('is not JSON', 'remove the line: its prompt will be measured again');
  }
  const row = collectedLine.safeParse(value).data;
  if (row === undefined) return fail('has no prompt_index: not a collection to resume', OTHER_FILE);
  const index = row.prompt_index;
  if (row.request_text !== prompts[index]) return fail(`prompt ${index} differs from the prompt list`, OTHER_FILE);
  if (row.model_name !== modelName) {
    return fail(`was measured with model ${shortText(row.model_name)}, not ${shortText(modelName)}`, OTHER_FILE);
  }
  return index;
}
