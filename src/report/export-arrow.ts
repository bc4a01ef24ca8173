import { bool, type DataType, dictionary, float64, int32, int64, utf8 } from '@uwdata/flechette';
import { type ColumnTable, table } from 'arquero';

/** Counters; every other number is a float64, also where all its values happen to be whole. */
const INTEGERS: Readonly<Record<string, () => DataType>> = {
  trial: int32,
  replicates: int32,
  n: int32,
  seed: int64,
};

/** The table as an Arrow IPC file (Feather version 2). The types of its columns do not depend on how long a study ran. */
export function arrowFile(source: ColumnTable): Uint8Array {
  const types: Record<string, DataType> = {};
  const columns = new Map<string, unknown[]>();
  for (const name of source.columnNames()) {
    const values = Array.from(source.array(name) as ArrayLike<unknown>);
    const type = typeOf(name, values);
    types[name] = type.type;
    columns.set(name, type.text ? values.map((value) => (value == null ? null : String(value))) : values);
  }
  return table(columns, [...columns.keys()]).toArrowIPC({ types, format: 'file' });
}

function typeOf(name: string, values: readonly unknown[]): { readonly type: DataType; readonly text: boolean } {
  const kinds = new Set(values.filter((value) => value != null).map((value) => typeof value));
  const only = (kind: string): boolean => kinds.size === 1 && kinds.has(kind as 'number');
  if (only('boolean')) return { type: bool(), text: false };
  if (kinds.size === 0 || only('number')) return { type: (INTEGERS[name] ?? float64)(), text: false };
  return { type: dictionary(utf8()), text: true };
}
