import { describe, expect, test } from 'vitest';
import { historyLine } from '../../src/report/chart/history-line.ts';
import { parallelCoordinates } from '../../src/report/chart/parallel-coordinates.ts';
import { parameterTrends } from '../../src/report/chart/parameter-trends.ts';
import { beyondFrame, paretoScatter } from '../../src/report/chart/pareto-scatter.ts';
import { type ChartSpec, renderPng, renderSvg } from '../../src/report/chart/render.ts';
import { sensitivityBars } from '../../src/report/chart/sensitivity-bars.ts';

const point = (trial: number, x: number, y: number) =>
  ({
    trial,
    x,
    y,
    xLow: x - 1,
    xHigh: x + 1,
    yLow: y - 1,
    yHigh: y + 1,
    group: trial === 0 ? 'baseline' : 'front',
    label: String(trial),
  }) as const;
const index = { value: 0.4, low: 0.3, high: 0.5 };

const CHARTS: readonly [string, ChartSpec][] = [
  ['scatter', paretoScatter([point(0, 1, 2), point(1, 2, 1)], { title: 'TTFT P99 (ms)' }, { title: 'tokens/s' })],
  ['history', historyLine([0, 0.1, 0.1, 0.3], 'hypervolume')],
  [
    'sensitivity',
    sensitivityBars(
      [
        {
          parameter: 'w',
          first: index,
          total: index,
          amongBest: { share: 1, pValue: 0.005 },
          mainEffect: null,
          tStatistic: null,
          trends: [],
          goodRange: '',
          flat: false,
        },
      ],
      'TTFT',
    ),
  ],
  [
    'trends',
    parameterTrends(
      [false, true].map((log) => ({
        column: 'batch',
        log,
        r2: 0.5,
        trials: [
          { x: 1, y: 3 },
          { x: 8, y: 5 },
        ],
        trend: [
          { x: 1, y: 3 },
          { x: 8, y: 4 },
        ],
      })),
      'TTFT',
    ),
  ],
  [
    'parallel',
    parallelCoordinates(
      [
        { name: 'a', low: 0, high: 1 },
        { name: 'b', low: 2, high: 9 },
      ],
      [
        { trial: 0, group: 'baseline', values: [0.5, 3] },
        { trial: 1, group: 'front', values: [null, 9] },
      ],
    ),
  ],
];

describe('the frame of the scatter', () => {
  test('is set by front and baseline; a far outlier is left out and counted', () => {
    const points = [point(0, 10, 10), point(1, 8, 12), { ...point(2, 900, 9), group: 'dominated' as const }];
    expect(beyondFrame(points)).toBe(1);
    expect(beyondFrame(points.slice(0, 2))).toBe(0);
  });
});

describe('charts', () => {
  test.each(CHARTS)('%s renders to the same SVG every time', async (_, spec) => {
    const svg = await renderSvg(spec);
    expect(svg).toMatch(/^<svg /);
    expect(svg).not.toContain('NaN');
    expect((await renderSvg(spec)) === svg).toBe(true);
  });

  test('PNG pictures have text even where no font is installed', async () => {
    const withText = await renderPng(await renderSvg(historyLine([0, 1], 'a title that is long')), 1);
    const without = await renderPng(
      (await renderSvg(historyLine([0, 1], 'a title that is long'))).replace(/<text[\s\S]*?<\/text>/g, ''),
      1,
    );
    expect([...withText.subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe('PNG');
    expect(withText.length).toBeGreaterThan(without.length * 1.2);
  });
});
