import type { SimplifiedMetrics } from '../../simulators/gpu-jobs/simplified-metrics.ts';

type TableFigures = Pick<SimplifiedMetrics, 'weightedWaitingTime' | 'averageWaitingTime' | 'completedCount'>;

/** Header, rule and one line per algorithm; columns 20, 15, 15 and 10 wide. */
export function comparisonTable(rows: readonly (readonly [string, TableFigures])[]): string[] {
  return [
    line(['Algorithm', 'Weighted Wait', 'Avg Wait', 'Completed']),
    '-'.repeat(80),
    ...rows.map(([name, figures]) =>
      line([
        name,
        figures.weightedWaitingTime.toFixed(3),
        figures.averageWaitingTime.toFixed(3),
        String(figures.completedCount),
      ]),
    ),
  ];
}

const WIDTHS = [20, 15, 15, 10];

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index]!))
    .join(' ')
    .trimEnd();
}
