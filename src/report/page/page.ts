import type { StudyReport } from '../study-report.ts';
import { escapeHtml } from './escape.ts';
import { regimeSection } from './regime-section.ts';
import {
  cards,
  comparisonSection,
  constraintSection,
  figureBlock,
  frontSection,
  header,
  provenance,
  type ReportFigures,
  trialsSection,
} from './sections.ts';
import { sensitivitySection } from './sensitivity-section.ts';
import { STYLES } from './styles.ts';

/** The whole report as one HTML text that needs no other file and no network. */
export function renderPage(report: StudyReport, figures: ReportFigures): string {
  const body = [
    header(report),
    cards(report),
    figureBlock([...figures.pareto, figures.history]),
    constraintSection(report),
    comparisonSection(report),
    regimeSection(report),
    frontSection(report),
    sensitivitySection(report, figures.sensitivity),
    figures.parallel === null ? '' : `<h2>Parallel coordinates</h2>${figureBlock([figures.parallel])}`,
    trialsSection(report),
    provenance(report),
  ].join('\n');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.name)} · paretune</title><style>${STYLES}</style></head>
<body><main>
${body}
</main></body></html>
`;
}
