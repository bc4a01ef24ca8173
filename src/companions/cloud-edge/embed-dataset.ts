import { isJsonObject, type Json } from '../../base/json.ts';
import type { PromptRow } from '../../simulators/cloud-edge/dataset-source.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import { readDataset, readText } from './dataset-file.ts';
import { type LocalEncoder, loadEncoder, type Pooling } from './encoder.ts';

/** The encoder, and who hears how many of how many prompts are done. */
export interface Encoding {
  /** Folder with model.onnx and vocab.txt. */
  readonly encoder: string;
  readonly pooling: Pooling;
  readonly onEncoded: (done: number, total: number) => void;
}

/** The rows with vectors; each different prompt is encoded once. @throws InputError */
export async function embedRows(rows: readonly PromptRow[], encoding: Encoding): Promise<readonly PromptRow[]> {
  const encoder = await loadEncoder(encoding.encoder, encoding.pooling);
  const known = new Map<string, readonly number[]>();
  const out: PromptRow[] = [];
  for (const row of rows) {
    let embedding = known.get(row.text);
    if (embedding === undefined) {
      embedding = await roundedVector(encoder, row.text);
      known.set(row.text, embedding);
    }
    out.push({ ...row, embedding });
    encoding.onEncoded(out.length, rows.length);
  }
  await encoder.close();
  return out;
}

/** Writes a dataset with an `embedding` in every row; other lines stay as they are. @throws InputError */
export async function embedDataset(
  dataset: string,
  out: string,
  encoding: Encoding,
): Promise<{ readonly rows: number; readonly dimension: number }> {
  readDataset(dataset, 0);
  const lines = readText(dataset, 'dataset')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const encoder = await loadEncoder(encoding.encoder, encoding.pooling);
  const written: string[] = [];
  let dimension = 0;
  for (const line of lines) {
    const row = promptOf(line);
    if (row === null) written.push(line);
    else {
      const embedding = await roundedVector(encoder, row.text);
      dimension = embedding.length;
      written.push(JSON.stringify({ ...row.fields, embedding }));
    }
    encoding.onEncoded(written.length, lines.length);
  }
  await encoder.close();
  writeFileAtomically(out, `${written.join('\n')}\n`);
  return { rows: written.length, dimension };
}

/**
 * Writes a dataset as one JSON document that a study can name as its workload.
 * @param limit - rows to take; 0 takes all
 * @param encoding - null leaves prompts to be hashed at run time
 * @throws InputError
 */
export async function packDataset(
  dataset: string,
  out: string,
  { limit, encoding }: { readonly limit: number; readonly encoding: Encoding | null },
): Promise<{ readonly rows: number; readonly skipped: number; readonly tooLong: number }> {
  const { rows, skipped, tooLong } = readDataset(dataset, limit);
  const ready = encoding === null ? rows : await embedRows(rows, encoding);
  const written = ready.map(({ text, seconds, embedding }) =>
    embedding === null ? { text, seconds } : { text, seconds, embedding },
  );
  writeFileAtomically(out, `${JSON.stringify({ dataset: { rows: written } })}\n`);
  return { rows: rows.length, skipped, tooLong };
}

async function roundedVector(encoder: LocalEncoder, text: string): Promise<readonly number[]> {
  return Array.from(await encoder.embed(text), (value) => Number(value.toPrecision(8)));
}

function promptOf(line: string): { readonly text: string; readonly fields: Readonly<Record<string, Json>> } | null {
  try {
    const fields = JSON.parse(line) as Json;
    return isJsonObject(fields) && typeof fields['request_text'] === 'string'
      ? { text: fields['request_text'], fields }
      : null;
  } catch {
    return null;
  }
}
