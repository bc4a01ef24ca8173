import { join } from 'node:path';
import { type DatasetLine, fileSafeName } from '../../simulators/cloud-edge/dataset-lines.ts';
import { syntheticDataset } from '../../simulators/cloud-edge/synthetic-dataset.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { makeFolder } from '../../study/io/text-file.ts';
import { measurePrompt, openConnection, type ServerSettings } from './completion-client.ts';
import { DatasetFile } from './dataset-file.ts';

export interface CollectionRequest {
  readonly prompts: readonly string[];
  readonly server: ServerSettings;
  /** Requests at a time. */
  readonly concurrency: number;
  /** Of the dataset, kept in every row. */
  readonly name: string;
  /** Hardware behind the server, kept in every row. */
  readonly device: string;
  /** Folder. */
  readonly out: string;
}

export interface CollectionEvents {
  /** Ends the collection with what is there. */
  readonly signal: AbortSignal;
  readonly onStart: (rowsThere: number) => void;
  readonly onPrompt: (rows: number, failed: number) => void;
}

export interface Collected {
  readonly file: string;
  readonly rows: number;
  /** Rows that an earlier collection had left. */
  readonly resumed: number;
  /** Reasons, by prompt. */
  readonly failures: readonly string[];
}

/**
 * Measures every prompt that has no row yet, and keeps each row as soon as it is there.
 * @throws InputError when no request can succeed, or the file belongs to another collection
 */
export async function collectDataset(request: CollectionRequest, events: CollectionEvents): Promise<Collected> {
  const { prompts, name, out } = request;
  const path = datasetPath(out, name);
  const file = new DatasetFile(path, { prompts, modelName: name });
  const resumed = file.done.size;
  try {
    events.onStart(resumed);
    const failures = await measureMissing(file, request, events);
    return { file: path, rows: file.done.size, resumed, failures };
  } finally {
    file.close();
  }
}

/** Writes rows drawn from templates; answers the file. @throws InputError */
export function writeSyntheticDataset(rows: number, seed: number, place: { name: string; out: string }): string {
  const file = datasetPath(place.out, place.name);
  const lines = syntheticDataset(rows, seed, place.name);
  writeFileAtomically(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}

/** Answers the failures. Returns early when stopped. */
async function measureMissing(
  file: DatasetFile,
  { prompts, server, concurrency, name, device }: CollectionRequest,
  { signal, onPrompt }: CollectionEvents,
): Promise<readonly string[]> {
  const failures: string[] = [];
  const waiting = prompts.map((_, index) => index).filter((index) => !file.done.has(index));
  const hopeless = new AbortController();
  const stop = AbortSignal.any([signal, hopeless.signal]);
  let fatal: unknown;
  const work = async (): Promise<void> => {
    try {
      for (let index = waiting.shift(); index !== undefined && !stop.aborted; index = waiting.shift()) {
        const prompt = prompts[index]!;
        const outcome = await measurePrompt(prompt, server, stop);
        if (outcome.kind === 'measured') file.append(index, toLine(prompt, { name, device }, outcome));
        else failures.push(`prompt ${index}: ${outcome.reason}`);
        onPrompt(file.done.size, failures.length);
      }
    } catch (error) {
      if (!stop.aborted) fatal = error;
      hopeless.abort();
    }
  };
  if (waiting.length > 0) await openConnection(server, stop);
  // All have ended before the file closes: none may write to a closed one.
  await Promise.all(Array.from({ length: concurrency }, work));
  if (fatal !== undefined) throw fatal;
  return failures;
}

function toLine(
  prompt: string,
  { name, device }: { readonly name: string; readonly device: string },
  measured: {
    readonly text: string;
    readonly seconds: number;
    readonly inputTokens: number;
    readonly outputTokens: number;
  },
): DatasetLine {
  return {
    request_text: prompt,
    model_name: name,
    response_text: measured.text,
    device,
    inference_time: Math.round(measured.seconds * 1e4) / 1e4,
    input_token_count: measured.inputTokens,
    output_token_count: measured.outputTokens,
  };
}

function datasetPath(folder: string, name: string): string {
  makeFolder(folder);
  return join(folder, `inference_data_${fileSafeName(name)}.jsonl`);
}
