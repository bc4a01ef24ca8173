import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { historyLine } from '../../src/report/chart/history-line.ts';
import { latencyQuantiles } from '../../src/report/chart/latency-quantiles.ts';
import { frameOf } from '../../src/report/chart/pareto-matrix.ts';
import { type ChartSpec, renderPng, renderSvg } from '../../src/report/chart/render.ts';
import { type PageCharts, pageCharts } from '../../src/report/page-charts.ts';
import type { StudyReport } from '../../src/report/study-report.ts';
import { analyticReport } from '../support/analytic-report.ts';

let report: StudyReport;
let page: PageCharts;

beforeAll(async () => {
  report = await analyticReport();
  page = pageCharts(report);
});

const drawn = async (spec: ChartSpec): Promise<string> => await renderSvg({ ...spec, datasets: page.datasets });

describe('charts of a page', () => {
  test('are all there: front, axes, seeds, course, importance, slices, contours, calibration, distribution, ranks', () => {
    const ids = page.charts.map(({ id }) => id);
    const models = [0, 1].flatMap((index) => [
      `sensitivity${index}`,
      `slices${index}`,
      `contour${index}`,
      `predicted${index}`,
    ]);
    const trials = ['pareto', 'parallel', 'seeds', 'hypervolume', 'objectives', 'timeline', 'distribution', 'rank'];
    expect(ids.sort()).toEqual([...trials, ...models].sort());
  });

  test('each renders to an SVG without holes, the same every time', async () => {
    for (const { id, spec } of page.charts) {
      const svg = await drawn(spec);
      expect(svg, id).toMatch(/^<svg /);
      expect(svg, id).not.toMatch(/NaN|undefined/);
    }
    const { spec } = page.charts[0]!;
    const [once, again] = [await drawn(spec), await drawn(spec)];
    expect(once === again).toBe(true);
  });
});

test('charts that a live page follows have one specification, whatever was found: figures are in data and parameters', async () => {
  const followed = (charts: PageCharts['charts']): readonly (readonly [string, string])[] =>
    charts
      .filter(({ place }) => ['front', 'seeds', 'history', 'trials'].includes(place))
      .map(({ id, spec }) => {
        const params = (spec['params'] ?? []) as readonly { readonly name: string }[];
        return [id, JSON.stringify({ ...spec, params: params.map(({ name }) => name) })];
      });
  const longer = pageCharts(await analyticReport(32));
  expect(longer.charts.length).toBe(page.charts.length);
  expect(followed(longer.charts)).toEqual(followed(page.charts));
});

test('the names by which the guide places the plots of optuna-dashboard are names of charts', () => {
  const guide = readFileSync(new URL('../../docs/reports.md', import.meta.url), 'utf8');
  const table = guide.slice(guide.indexOf('| optuna-dashboard |'), guide.indexOf('| Compare studies'));
  const names = [...table.matchAll(/\*([^*|]+)\*/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(8);
  const labels = page.charts.map(({ label }) => label);
  const isOf = (name: string) => (label: string) => name.split('…').every((part) => label.includes(part.trim()));
  expect(names.filter((name) => !labels.some(isOf(name)))).toEqual([]);
});

test('latencies of a class stand beside each other, baseline first', async () => {
  const figures = ['baseline', 'trial 4'].flatMap((point) =>
    ['p50', 'p99'].map((stat) => ({ point, panel: 'TTFT, critical', stat, value: stat === 'p50' ? 10 : 90 })),
  );
  const svg = await renderSvg(latencyQuantiles(figures, ['baseline', 'trial 4']));
  expect(svg).toContain('TTFT, critical');
  expect(svg.indexOf('>baseline<')).toBeLessThan(svg.indexOf('>trial 4<'));
});

test('the frame of an axis is set by front and baseline; a far outlier is left out', () => {
  const rows = [
    { trial: 0, group: 'baseline', m0: 10 },
    { trial: 1, group: 'front', m0: 8 },
    { trial: 2, group: 'dominated', m0: 900 },
    { trial: 3, group: 'dominated', m0: 11 },
  ];
  const [low, high] = frameOf(rows, 'm0');
  expect([low < 8, high > 11, high < 20]).toEqual([true, true, true]);
});

test('PNG pictures have text even where no font is installed', async () => {
  const history = {
    datasets: {
      history: [
        { trials: 1, value: 0 },
        { trials: 2, value: 1 },
      ],
    },
  };
  const svg = await renderSvg({ ...historyLine('a title that is long'), ...history });
  const withText = await renderPng(svg, 1);
  const without = await renderPng(svg.replace(/<text[\s\S]*?<\/text>/g, ''), 1);
  expect([...withText.subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe('PNG');
  expect(withText.length).toBeGreaterThan(without.length * 1.2);
});
