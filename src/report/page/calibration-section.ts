import { calibrationSentence } from '../../study/plan/calibration-file.ts';
import { formatNumber } from '../format.ts';
import type { StudyReport } from '../study-report.ts';
import { escapeHtml } from './escape.ts';
import { textTable } from './html.ts';

/** How well the simulator was calibrated, and by which data; empty where it was not. */
export function calibrationSection({ calibration }: StudyReport): string {
  if (calibration === undefined) return '';
  const rows = Object.entries(calibration.coefficients).map(([name, { value, low, high, unit }]) => [
    name,
    formatNumber(value),
    `${formatNumber(low)} … ${formatNumber(high)}`,
    unit,
  ]);
  return `<h2>Calibration</h2>
<p>${escapeHtml(calibrationSentence(calibration))}</p>
${textTable('Calibration', ['coefficient', 'value', '95 % interval', 'unit'], rows)}
<p class="soft">Data sha256 ${calibration.sha256.slice(0, 16)}….</p>`;
}
