import type { StudyReport } from './study-report.ts';

/** One row a trial: parameters, then for each metric its mean and interval. */
export async function trialsCsv(report: StudyReport): Promise<string> {
  const { trialTable } = await import('./trial-table.ts');
  return trialTable(report).toCSV();
}
