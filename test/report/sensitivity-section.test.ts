import { describe, expect, test } from 'vitest';
import { qualityWarning } from '../../src/optimizer/sensitivity/surrogate-quality.ts';
import { sensitivitySection, trendText } from '../../src/report/page/sensitivity-section.ts';
import type { ParameterTrend, SensitivityRow } from '../../src/report/sensitivity-report.ts';
import type { StudyReport } from '../../src/report/study-report.ts';

const index = { value: 0.5, low: 0.25, high: 0.75 };
const trend = (column: string, r2: number): ParameterTrend => ({
  column,
  degree: 1,
  coefficients: [0, 1],
  low: 0,
  high: 1,
  log: false,
  r2,
});
const row = (parameter: string, more: Partial<SensitivityRow>): SensitivityRow => ({
  parameter,
  first: index,
  total: index,
  amongBest: { share: 0.5, pValue: 0.005 },
  mainEffect: null,
  tStatistic: null,
  trends: [],
  goodRange: '–',
  flat: false,
  ...more,
});

describe('sensitivity section', () => {
  test('shows the strongest trend, of a weight vector with the name of its weight', () => {
    expect(trendText(row('size', { trends: [trend('size', 0.314)] }))).toBe('0.31');
    expect(trendText(row('w', { trends: [trend('w.queue-depth', 0.1), trend('w.prefix', 0.9)] }))).toBe(
      '0.90 (prefix)',
    );
    expect(trendText(row('mode', {}))).toBe('–');
  });

  test('has a table of levels below the indices, with names as text', () => {
    const levels = [
      { level: '<fast>', trials: 3, feasible: 2, mean: 1.5, deviation: 0.5, best: 1 },
      { level: false, trials: 1, feasible: 0, mean: 4, deviation: null, best: 4 },
    ];
    const sensitivity = [{ metric: 'cost', surrogateR2: null, rows: [row('mode', { levels })] }];
    const html = sensitivitySection({ sensitivity, surrogates: [] } as unknown as StudyReport, '');
    expect(html).toContain('Observed trials by mode');
    expect(html).toContain('<tr><td>&lt;fast&gt;</td><td>3</td><td>2</td><td>1.500</td><td>0.5000</td><td>1</td></tr>');
    expect(html).toContain('<tr><td>false</td><td>1</td><td>0</td><td>4</td><td>–</td><td>4</td></tr>');
  });

  test('prints R² of every surrogate, and a warning where one predicts too little of points left out', () => {
    const surrogates = [
      { metric: 'cost', role: 'objective', leaveOneOutR2: 0.6, warning: qualityWarning('cost', 0.6)! },
      { metric: 'losses', role: 'constraint', leaveOneOutR2: 0.93 },
      { metric: 'errors', role: 'constraint', leaveOneOutR2: null },
    ];
    const sensitivity = [{ metric: 'cost', surrogateR2: 0.6, rows: [row('mode', {})] }];
    const html = sensitivitySection({ sensitivity, surrogates } as unknown as StudyReport, '');
    expect(html).toContain('<p class="note">The surrogate of cost predicts points left out with R² 0.60 (below 0.7)');
    expect(html).toContain('losses 0.93, errors – (no variation)');
    expect(html).toContain('leave-one-out R² 0.60');
    expect(html).toContain('0.50 (p 0.005)');
    expect([qualityWarning('cost', 0.7), qualityWarning('cost', null)]).toEqual([null, null]);
  });
});
