import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json } from '../../base/json.ts';
import { nameList, shortText } from '../../base/short-text.ts';
import { readBytes } from '../../study/io/text-file.ts';

/**
 * Texts of one column of a Parquet file, in order.
 * @param fields - the first of these that the file has is read
 * @throws InputError when the file is none, has no such column, or is packed in a way that is not read here
 */
export async function parquetTexts(file: string, fields: readonly string[]): Promise<readonly string[]> {
  const bytes = readBytes(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const metadata = await orRefuse(file, parquetMetadataAsync(buffer));
  const columns = metadata.schema.slice(1).map(({ name }) => name);
  const column = fields.find((field) => columns.includes(field));
  if (column === undefined) {
    throw new InputError(`has no column ${fields.map((field) => shortText(field)).join(' or ')}`, {
      position: { file },
      suggestion: `name one of its columns with --input-field: ${nameList(columns)}`,
    });
  }
  const reading = parquetReadObjects({ file: buffer, metadata, columns: [column] });
  const rows = (await orRefuse(file, reading)) as readonly Json[];
  return rows.map((row, index) => {
    const text = isJsonObject(row) ? row[column] : null;
    if (typeof text === 'string') return text;
    throw new InputError(`row ${index + 1} has no text in column ${shortText(column)}`, { position: { file } });
  });
}

async function orRefuse<T>(file: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new InputError(`cannot be read as Parquet: ${error instanceof Error ? error.message : String(error)}`, {
      position: { file },
      suggestion: 'files without compression or with Snappy are read; or export the prompts as JSON lines',
    });
  }
}
