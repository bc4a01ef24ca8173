import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import { mapRows, readCsvTable } from '../../document/csv.ts';
import { mean } from './series-agreement.ts';

/** Gaps between the chunks of each request, µs, in the order of the chunks; negative where clocks ran backwards. */
export type MeasuredGaps = ReadonlyMap<number, readonly number[]>;

const COLUMNS = ['request_id', 'chunk_index', 'timestamp_us'] as const;

/**
 * Reads what `blis observe --record-itl` wrote; rows may stand in any order.
 * @throws InputError with line and column
 */
export function readMeasuredGaps(text: string, file: string): MeasuredGaps {
  const table = readCsvTable(text, file, { required: COLUMNS });
  const places = COLUMNS.map((name) => table.columns.indexOf(name));
  const rows = mapRows(table, (record) =>
    places.map((place, i) => {
      const field = record.fields[place]!;
      if (/^[+-]?\d+$/.test(field) && Number.isSafeInteger(Number(field))) return Number(field);
      throw new InputError(`${COLUMNS[i]} must be an integer, got ${shortText(field)}`, {
        position: table.locate(record, place),
      });
    }),
  ) as [number, number, number][];
  const chunks = new Map<number, [index: number, timeUs: number][]>();
  for (const [request, index, timeUs] of rows) {
    const known = chunks.get(request);
    if (known === undefined) chunks.set(request, [[index, timeUs]]);
    else known.push([index, timeUs]);
  }
  return new Map([...chunks].map(([request, list]) => [request, gapsOf(list)]));
}

function gapsOf(chunks: [index: number, timeUs: number][]): number[] {
  chunks.sort(([a], [b]) => a - b);
  return chunks.slice(1).map(([, timeUs], i) => timeUs - chunks[i]![1]);
}

/** Mean of the gaps that count; undefined without any. */
export function meanGap(gaps: readonly number[] | undefined, counts: (gapUs: number) => boolean): number | undefined {
  const kept = (gaps ?? []).filter(counts);
  return kept.length === 0 ? undefined : mean(kept);
}
