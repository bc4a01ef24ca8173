import { join } from 'node:path';
import { writeFileAtomically } from '../study/io/atomic-file.ts';
import { trialsCsv } from './export-csv.ts';
import { renderFigures } from './figures.ts';
import { renderPage } from './page/page.ts';
import type { StudyReport } from './study-report.ts';

const REPORT_FILES = { csv: 'trials.csv', json: 'report.json', page: 'report.html' } as const;

/** Writes trials.csv, report.json and report.html into `folder`; answers the names written. */
export async function writeReport(folder: string, report: StudyReport): Promise<readonly string[]> {
  const figures = await renderFigures(report);
  writeFileAtomically(join(folder, REPORT_FILES.csv), await trialsCsv(report));
  writeFileAtomically(join(folder, REPORT_FILES.json), `${JSON.stringify(report, null, 2)}\n`);
  writeFileAtomically(join(folder, REPORT_FILES.page), renderPage(report, figures));
  return Object.values(REPORT_FILES).map((name) => join(folder, name));
}
