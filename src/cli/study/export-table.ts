import { InputError } from '../../base/errors.ts';
import { reportTrials } from '../../report/report-trials.ts';
import { paretoFront } from '../../study/front.ts';
import { writeFileAtomically } from '../../study/io/atomic-file.ts';
import type { RecordedStudy } from '../../study/io/study-session.ts';

export const TABLE_FORMATS = ['csv', 'arrow', 'parquet'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];

export const TABLES = ['trials', 'replicates', 'summary'] as const;

/** A table of a run as text, or as an Arrow or Parquet file. */
export async function exportedTable(
  { plan, state: { trials } }: RecordedStudy,
  name: string,
  as: TableFormat,
): Promise<string | Uint8Array> {
  const [{ trialTable }, { replicateTable, replicateSummary }] = await Promise.all([
    import('../../report/trial-table.ts'),
    import('../../report/replicate-table.ts'),
  ]);
  const table =
    name === 'replicates'
      ? replicateTable(plan, trials)
      : name === 'summary'
        ? replicateSummary(plan, trials)
        : trialTable(reportTrials(plan, trials, paretoFront(plan, trials)));
  if (as === 'csv') return table.toCSV();
  if (as === 'arrow') return (await import('../../report/export-arrow.ts')).arrowFile(table);
  return (await import('../../report/export-parquet.ts')).parquetFile(table);
}

/** @param out - null = stdout. @throws InputError for bytes on a terminal, and for a place that cannot be written */
export function writeExport(out: string | null, content: string | Uint8Array): void {
  if (out === null) {
    if (typeof content !== 'string' && process.stdout.isTTY) {
      throw new InputError('Arrow and Parquet files are no text for a terminal', {
        suggestion: 'give it a name with --out',
      });
    }
    process.stdout.write(content);
    return;
  }
  writeFileAtomically(out, content);
}
