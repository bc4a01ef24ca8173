import { calibrationSentence } from '../../study/plan/calibration-file.ts';
import { formatNumber } from '../format.ts';
import type { StudyReport } from '../study-report.ts';
import { escapeHtml } from './escape.ts';

/** How well the simulator was calibrated, and by which data; empty where it was not. */
export function calibrationSection({ calibration }: StudyReport): string {
  if (calibration === undefined) return '';
  const rows = Object.entries(calibration.coefficients).map(
    ([name, { value, low, high, unit }]) =>
      `<tr><td>${escapeHtml(name)}</td><td>${formatNumber(value)}</td><td>${formatNumber(low)} … ${formatNumber(high)}</td><td>${escapeHtml(unit)}</td></tr>`,
  );
  return `<h2>Calibration</h2>
<p>${escapeHtml(calibrationSentence(calibration))}</p>
<table><thead><tr><th>coefficient</th><th>value</th><th>95 % interval</th><th>unit</th></tr></thead><tbody>${rows.join('')}</tbody></table>
<p class="soft">Data sha256 ${calibration.sha256.slice(0, 16)}….</p>`;
}
