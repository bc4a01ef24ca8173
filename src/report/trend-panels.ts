import { type Trend, trendAt } from '../optimizer/sensitivity/trend.ts';
import type { TrendPanel } from './chart/parameter-trends.ts';
import type { ParameterTrend, SensitivityRow, StudyReport } from './study-report.ts';

const MAX_PANELS = 4;
const CURVE_STEPS = 24;

/** Panels of the strongest trends of a metric, by R². */
export function trendPanels(
  report: StudyReport,
  metric: string,
  rows: readonly SensitivityRow[],
): readonly TrendPanel[] {
  return rows
    .flatMap(({ trends }) => trends)
    .sort((a, b) => b.r2 - a.r2)
    .slice(0, MAX_PANELS)
    .map((trend) => ({
      column: trend.column,
      log: trend.log,
      r2: trend.r2,
      trials: pointsWithin(report, metric, trend),
      trend: corners(trend),
    }));
}

function pointsWithin({ trials }: StudyReport, metric: string, { column, low, high }: ParameterTrend): Point[] {
  return trials.flatMap(({ parameters, metrics }) => {
    const x = parameters[column];
    const y = metrics[metric]?.mean;
    return typeof x === 'number' && y !== undefined && x >= low && x <= high ? [{ x, y }] : [];
  });
}

type Point = TrendPanel['trend'][number];

/** Two for a line, 25 for a parabola; evenly spaced on the trend's own scale. */
function corners(trend: Trend): Point[] {
  const steps = trend.degree === 1 ? 1 : CURVE_STEPS;
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = between(trend, step / steps);
    return { x, y: trendAt(trend, x) };
  });
}

function between({ low, high, log }: Trend, share: number): number {
  if (share === 1) return high;
  return log ? low * (high / low) ** share : low + (high - low) * share;
}
