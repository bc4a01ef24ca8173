import { describe, expect, test } from 'vitest';
import {
  chooseByHeadroom,
  competingTier,
  headroomScores,
  type LatencyScorerSettings,
} from '../../../src/simulators/pd-slo/latency-scorer.ts';

const SETTINGS: LatencyScorerSettings = {
  headroom: 'least',
  epsilon_explore_negative: 0.01,
  ttft_weight: 0.8,
  tpot_weight: 0.2,
};

describe('competing pods', () => {
  test('are those with both headrooms ≥ 0', () => {
    expect(competingTier({ ttftMs: [5, -1, 0], tpotMs: [0, 3, 2], dispatched: [1, 0, 1] }, 'positive')).toEqual([0, 2]);
  });

  test('are the negative ones when exploring', () => {
    expect(competingTier({ ttftMs: [5, -1], tpotMs: [1, 1], dispatched: [1, 1] }, 'negative')).toEqual([1]);
  });

  test('without a positive one are the idle ones, then the least severe', () => {
    const short = { ttftMs: [-1, 5, -2], tpotMs: [3, -4, -5] };
    expect(competingTier({ ...short, dispatched: [1, 1, 0] }, 'positive')).toEqual([2]);
    expect(competingTier({ ...short, dispatched: [1, 1, 1] }, 'positive')).toEqual([1]);
    expect(competingTier({ ttftMs: [-1, -2], tpotMs: [3, -5], dispatched: [1, 1] }, 'positive')).toEqual([0]);
    expect(competingTier({ ttftMs: [-1, -2], tpotMs: [-3, -5], dispatched: [1, 1] }, 'positive')).toEqual([0, 1]);
  });
});

describe('headroom scores', () => {
  const candidates = { ttftMs: [0, 50, 100], tpotMs: [10, 0, 5], dispatched: [1, 1, 1] };

  test('prefer the least headroom by default, the most on request', () => {
    // Normalised: TTFT 0, 0.5, 1; TPOT 1, 0, 0.5; combined 0.2, 0.4, 0.9.
    expect(headroomScores(candidates, [0, 1, 2], SETTINGS)).toEqual([0.81, 0.61, 0.1].map((s) => expect.closeTo(s, 2)));
    expect(headroomScores(candidates, [0, 1, 2], { ...SETTINGS, headroom: 'most' })).toEqual(
      [0.21, 0.41, 0.91].map((s) => expect.closeTo(s, 9)),
    );
  });

  test('leave the whole weight to one dimension when the other is flat', () => {
    const flat = { ttftMs: [7, 7], tpotMs: [0, 10], dispatched: [1, 1] };
    expect(headroomScores(flat, [0, 1], SETTINGS)).toEqual([1.01, 0.01]);
  });

  test('are all 0.51 when everything is flat, and the draw decides', () => {
    const flat = { ttftMs: [7, 7, 7], tpotMs: [1, 1, 1], dispatched: [1, 1, 1] };
    expect(headroomScores(flat, [0, 1, 2], SETTINGS)).toEqual([0.51, 0.51, 0.51]);
    expect([0, 0.4, 0.99].map((draw) => chooseByHeadroom(flat, SETTINGS, 0.5, draw))).toEqual([0, 1, 2]);
  });

  test('of negative pods always prefer the smallest shortfall', () => {
    const short = { ttftMs: [-100, -10], tpotMs: [-5, -5], dispatched: [1, 1] };
    expect(chooseByHeadroom(short, { ...SETTINGS, headroom: 'most' }, 0.5, 0)).toBe(1);
  });
});
