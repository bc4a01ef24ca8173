import { describe, expect, it } from 'vitest';
import { cdfSteps, kvschedCdf } from '../../../src/report/chart/kvsched-cdf.ts';

describe('the steps of an empirical distribution', () => {
  it('are its distinct samples with the share at or below them', () => {
    expect(cdfSteps(Float64Array.of(3, 1, 1, 2))).toEqual([
      [1, 0],
      [1, 0.5],
      [2, 0.75],
      [3, 1],
    ]);
  });

  it('stay near 300 for many distinct samples, lie on the distribution, and leave no gap', () => {
    const steps = cdfSteps(Float64Array.from({ length: 3000 }, (_, index) => index)).slice(1);
    expect(steps.length).toBeGreaterThan(290);
    expect(steps.length).toBeLessThanOrEqual(301);
    for (const [x, y] of steps) expect(y).toBe((x + 1) / 3000);
    for (let i = 1; i < steps.length; i++) expect(steps[i]![1] - steps[i - 1]![1]).toBeLessThanOrEqual(2 / 300);
    expect(steps.at(-1)).toEqual([2999, 1]);
  });
});

it('lines of all schedulers are equally wide, and where they coincide each shows in an equal part', () => {
  const schedulers = ['kv_heuristic', 'load_only', 'kv_only', 'random'];
  const points = schedulers.map((scheduler) => ({ scheduler, ablation: 'pf0 ov0', latencyMs: 1, share: 1 }));
  const { layer } = kvschedCdf(points, 'S1', 'total')['spec'] as {
    layer: { mark: { strokeWidth: number; strokeDash: number[] } }[];
  };
  expect(new Set(layer.map(({ mark }) => mark.strokeWidth)).size).toBe(1);
  const drawn = layer.map(({ mark }) => (mark.strokeDash.length === 0 ? 1 : mark.strokeDash[0]! / 20));
  const shown = drawn.map((share, index) => share - (drawn[index + 1] ?? 0));
  expect(shown).toEqual([0.25, 0.25, 0.25, 0.25]);
});
