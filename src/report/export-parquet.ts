import type { ColumnTable } from 'arquero';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';

/** Counters; every other number is a DOUBLE, also where all its values happen to be whole. */
const INTEGERS: Readonly<Record<string, 'INT32' | 'INT64'>> = {
  trial: 'INT32',
  replicates: 'INT32',
  n: 'INT32',
  seed: 'INT64',
};

/** The table as a Parquet file. The types of its columns are those of the Arrow file. */
export function parquetFile(source: ColumnTable): Uint8Array {
  const columnData = source.columnNames().map((name): ColumnSource => {
    const values = Array.from(source.array(name) as ArrayLike<unknown>, (value) => value ?? null);
    const kinds = new Set(values.filter((value) => value !== null).map((value) => typeof value));
    const only = (kind: 'boolean' | 'number'): boolean => kinds.size === 1 && kinds.has(kind);
    const common = { name, nullable: true } as const;
    if (only('boolean')) return { ...common, data: values, type: 'BOOLEAN' };
    if (kinds.size > 0 && !only('number'))
      return { ...common, data: values.map((value) => (value === null ? null : String(value))), type: 'STRING' };
    const type = INTEGERS[name] ?? 'DOUBLE';
    return { ...common, data: type === 'INT64' ? values.map(wide) : values, type };
  });
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

function wide(value: unknown): bigint | null {
  return value === null ? null : BigInt(value as number);
}
