import { amongBestText, r2Text } from '../../../src/report/page/sensitivity-section.ts';
import type { IndexEstimate, ObjectiveSensitivity } from '../../../src/report/sensitivity-report.ts';
import { recorded } from './figures.ts';

/** An index is told from nothing where all of its interval lies above this share of the variance. */
const CLEAR = 0.05;

export function sensitivityOf(study: string): readonly ObjectiveSensitivity[] {
  return recorded<{ readonly data: readonly ObjectiveSensitivity[] }>(`sensitivity-${study}.json`).data;
}

/** Parameters whose total index is told from nothing. */
export function clearParameters(study: string, metric: string): readonly string[] {
  const rows = sensitivityOf(study).find((one) => one.metric === metric)?.rows ?? [];
  return rows.filter(({ total }) => total.low > CLEAR).map(({ parameter }) => `\`${parameter}\``);
}

/** What the trials of a study say of its parameters, as `paretune sensitivity` printed it: indices with intervals, good ranges. */
export function sensitivityTables(study: string): string {
  return sensitivityOf(study)
    .map((objective) => tableOf(study, objective))
    .join('\n\n');
}

function tableOf(study: string, { metric, surrogateR2, rows, warning }: ObjectiveSensitivity): string {
  const clear = clearParameters(study, metric);
  const trust = warning === undefined ? '' : '; below 0.7, so a guess';
  return [
    `\`${metric}\`, leave-one-out R² of the surrogate ${r2Text(surrogateR2)}${trust}. Total index above ${CLEAR} by its whole interval: ${clear.join(', ') || 'none'}.`,
    '',
    '| parameter | first order | total | among the best | good range |',
    '|---|---:|---:|---:|---|',
    ...rows.map(
      (row) =>
        `| \`${row.parameter}\` | ${index(row.first)} | ${index(row.total)} | ${amongBestText(row)} | ${row.goodRange} |`,
    ),
  ].join('\n');
}

function index({ value, low, high }: IndexEstimate): string {
  return `${value.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}
