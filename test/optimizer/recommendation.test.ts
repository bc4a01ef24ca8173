import { describe, expect, it } from 'vitest';
import { recommend } from '../../src/optimizer/recommendation.ts';
import type { Evidence, Observation } from '../../src/optimizer/sampler/sampler.ts';
import { stoppingAdvice } from '../../src/optimizer/stopping-rule.ts';

function told(x: number, losses: readonly number[] | null, slacks: readonly number[] = []): Observation {
  return {
    values: { x },
    losses,
    lossVariances: (losses ?? []).map(() => null),
    slacks,
    slackVariances: slacks.map(() => null),
  };
}

function evidence(observations: readonly Observation[], budget: number | null = null): Evidence {
  return {
    space: { parameters: [{ name: 'x', kind: 'real', low: 0, high: 1, log: false }] },
    objectiveCount: observations[0]?.losses?.length ?? 1,
    constraintCount: observations[0]?.slacks.length ?? 0,
    observations,
    pending: [],
    budget,
  };
}

const GRID = Array.from({ length: 21 }, (_, i) => i / 20);

describe('recommendation', () => {
  it('is the best feasible point without noise', () => {
    const found = recommend(evidence(GRID.map((x) => told(x, [(x - 0.3) ** 2], [0.42 - x]))));
    expect(found.best!.values).toEqual({ x: 0.45 });
    expect(found.front).toHaveLength(1);
  });

  it('lists the whole front in order, its knee, and clearly different points', () => {
    const found = recommend(evidence(GRID.map((x) => told(x, [x, (1 - x) ** 4]))));
    expect(found.front).toHaveLength(21);
    const knee = Number(found.knee!.values['x']);
    // The tangent of (1 − x)⁴ has slope −1 at x = 1 − (1/4)^(1/3) = 0.37.
    expect(Math.abs(knee - 0.37)).toBeLessThan(0.03);
    expect(found.shortList).toHaveLength(5);
    expect(found.shortList[0]).toBe(found.knee);
    const xs = found.shortList.map(({ values }) => Number(values['x'])).sort((a, b) => a - b);
    for (let i = 1; i < xs.length; i++) expect(xs[i]! - xs[i - 1]!).toBeGreaterThan(0.05);
  });

  it('keeps to the constraint that decides where another one held everywhere alike', () => {
    const found = recommend(evidence(GRID.map((x) => told(x, [(x - 0.3) ** 2], [-1, 0.42 - x]))));
    expect(found.best!.values).toEqual({ x: 0.45 });
  });

  it('is a point of the many that came so near the minimum that all others look like outliers', () => {
    const xs = [0.2517, 0.78424, 0.71311, 0.24275, 0.114077, 0.311518, 0.303171630396716, 0.2999553093163287];
    const near = [0.2999669917018306, 0.29999487074651543, 0.300000207708423, 0.4610770600725482, 0.2999347212714767];
    for (const count of [9, 10, 11, 12, 13]) {
      const found = recommend(evidence([...xs, ...near].slice(0, count).map((x) => told(x, [(x - 0.3) ** 2]))));
      expect(Math.abs(Number(found.best!.values['x']) - 0.3)).toBeLessThan(1e-4);
    }
  });

  it('is empty when nothing feasible was measured', () => {
    expect(recommend(evidence([told(0.1, null), told(0.2, null)])).best).toBeNull();
    expect(recommend(evidence(GRID.map((x) => told(x, [x], [1])))).best).toBeNull();
  });
});

describe('stopping rule', () => {
  it('goes on while gains come in and stops with a reason when they cease', () => {
    const falling = GRID.concat(GRID).map((x, i) => told(x, [100 - i]));
    expect(stoppingAdvice(evidence(falling)).kind).toBe('continue');
    const settled = GRID.concat(GRID).map((x, i) => told(x, [i < 15 ? 100 - i : 85]));
    const advice = stoppingAdvice(evidence(settled));
    expect(advice.kind).toBe('stop');
    expect(advice.reason).toContain('% of all gains');
  });

  it('stops at the budget, and never before anything feasible was found', () => {
    expect(
      stoppingAdvice(
        evidence(
          GRID.map((x) => told(x, [1])),
          21,
        ),
      ).reason,
    ).toContain('budget of 21');
    const infeasible = GRID.concat(GRID).map((x) => told(x, [1], [1]));
    expect(stoppingAdvice(evidence(infeasible)).reason).toContain('nothing feasible');
  });

  it('judges several objectives by hypervolume', () => {
    const settled = GRID.concat(GRID).map((x, i) => told(x, i < 12 ? [x, 1 - x] : [2, 2]));
    expect(stoppingAdvice(evidence(settled)).kind).toBe('stop');
  });
});
