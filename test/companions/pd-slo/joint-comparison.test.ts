import { describe, expect, test } from 'vitest';
import { capacity, compareChoices } from '../../../src/companions/pd-slo/joint-comparison.ts';
import { mapPage } from '../../../src/companions/pd-slo/map-page.ts';
import { pdSloMap } from '../../../src/report/chart/pd-slo-map.ts';
import { renderSvg } from '../../../src/report/chart/render.ts';

describe('the map of joint against independent choice', () => {
  const points = compareChoices({
    seeds: 8,
    requests: 1500,
    cells: [0.5, 1].map((load) => ({ prefill: 6, decode: 2, load })),
  });

  test('finds that weighted-random joint choice wins at saturation when decode is tight, and not at half load', () => {
    const weighted = points.filter(({ strategy }) => strategy === 'weighted random');
    expect(weighted.map(({ tighterStage }) => tighterStage)).toEqual(['decode', 'decode']);
    expect(weighted.map(({ verdict }) => verdict === 'joint better')).toEqual([false, true]);
    expect(weighted[1]!.attainment.change.low).toBeGreaterThan(0);
  });

  test('knows which stage is tighter and what it can take', () => {
    const { prefill, decode } = capacity({ prefill: [1, 1], decode: [2] });
    expect(prefill).toBeCloseTo((2 * 1000) / 80, 9);
    const stepMs = 8 + 0.5 * 64 + (10 * 64 * 464) / 200_000;
    expect(decode).toBeCloseTo((0.5 * 64_000) / stepMs / 128, 9);
  });

  test('becomes a page that says where joint choice wins', () => {
    const page = mapPage(points, { seeds: 8, requests: 1500 });
    expect(page).toContain('It wins at prefill : decode 6:2 (decode is tighter), load 1 (');
    expect(page.split('\n').filter((line) => line.startsWith('| 6:2')).length).toBe(4);
  });

  test('is drawn with its figures', async () => {
    const cells = [
      { panel: 'a', load: 0.5, ratio: '6:2', difference: -0.25, verdict: 'no clear difference' as const },
      { panel: 'a', load: 1, ratio: '6:2', difference: 3.5, verdict: 'joint better' as const },
    ];
    const svg = await renderSvg(pdSloMap(cells, 'title', 'points'));
    expect(svg).toContain('+3.50');
    expect(svg).toContain('−0.25');
  });
});
