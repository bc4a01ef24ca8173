import { join } from 'node:path';
import { writeFileAtomically } from '../study/io/atomic-file.ts';
import { drawnCharts } from './drawn-charts.ts';
import { trialsCsv } from './export-csv.ts';
import { renderPage } from './page/page.ts';
import { pageCharts } from './page-charts.ts';
import type { StudyReport } from './study-report.ts';
import { pageScript } from './write-page-script.ts';

const REPORT_FILES = { csv: 'trials.csv', json: 'report.json', page: 'report.html' } as const;

/** Writes trials.csv, report.json and report.html into `folder`; answers the names written. */
export async function writeReport(folder: string, report: StudyReport): Promise<readonly string[]> {
  const charts = pageCharts(report);
  const drawn = await drawnCharts(charts);
  writeFileAtomically(join(folder, REPORT_FILES.csv), await trialsCsv(report));
  writeFileAtomically(join(folder, REPORT_FILES.json), `${JSON.stringify(report, null, 2)}\n`);
  writeFileAtomically(join(folder, REPORT_FILES.page), renderPage(report, { charts, drawn, script: pageScript() }));
  return Object.values(REPORT_FILES).map((name) => join(folder, name));
}
