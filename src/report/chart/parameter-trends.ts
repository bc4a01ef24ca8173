import type { ChartSpec } from './render.ts';
import { CHART_CONFIG, COLOURS, VEGA_LITE_SCHEMA } from './theme.ts';

export interface TrendPanel {
  readonly column: string;
  readonly log: boolean;
  readonly r2: number;
  readonly trials: readonly ChartPoint[];
  /** Corners of the trend's line. */
  readonly trend: readonly ChartPoint[];
}

interface ChartPoint {
  readonly x: number;
  readonly y: number;
}

const TITLE = { anchor: 'start', fontSize: 11, fontWeight: 'normal', subtitleFontSize: 10 } as const;

/** A metric over one parameter a panel: trials as points, the trend as a line marked with its R². */
export function parameterTrends(panels: readonly TrendPanel[], metric: string): ChartSpec {
  return {
    $schema: VEGA_LITE_SCHEMA,
    config: CHART_CONFIG,
    columns: 2,
    concat: panels.map(({ column, log, r2, trials, trend }) => {
      const scale = log ? { nice: false, type: 'log' as const } : { nice: false, zero: false };
      const encoding = {
        x: { field: 'x', type: 'quantitative' as const, title: null, scale, axis: { tickCount: 4 } },
        y: { field: 'y', type: 'quantitative' as const, title: metric, scale: { zero: false } },
      };
      return {
        title: { text: column, subtitle: `R² ${r2.toFixed(2)}`, ...TITLE },
        width: 190,
        height: 110,
        layer: [
          {
            data: { values: [...trials] },
            mark: { type: 'point' as const, size: 14, filled: true, color: COLOURS.front, opacity: 0.6, aria: false },
            encoding,
          },
          {
            data: { values: [...trend] },
            mark: { type: 'line' as const, color: '#333', strokeWidth: 1.5, aria: false },
            encoding,
          },
        ],
      };
    }),
  };
}
