import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { runPdSlo } from '../../../src/simulators/pd-slo/run-simulation.ts';
import { type PdSloSummary, summarizeRun } from '../../../src/simulators/pd-slo/summary.ts';

const SEEDS = [11, 12, 13, 14, 15, 16];

function averages(document: JsonObject): { attainment: number; ttftP99: number; tpotP99: number } {
  const setup = readPdSloConfig({ scenario: 'balanced', ...document });
  const summaries = SEEDS.map((seed) => summarizeRun(runPdSlo(setup, { seed })));
  const mean = (read: (summary: PdSloSummary) => number): number =>
    summaries.reduce((sum, summary) => sum + read(summary), 0) / summaries.length;
  return {
    attainment: mean(({ attainment }) => attainment.slo!),
    ttftP99: mean(({ ttftMs }) => ttftMs.p99),
    tpotP99: mean(({ tpotMs }) => tpotMs.p99),
  };
}

describe('the balanced scenario', () => {
  const random = averages({ mode: 'random_pair' });
  const roundRobin = averages({ mode: 'round_robin' });
  const weighted = averages({ mode: 'joint' });
  const best = averages({ mode: 'joint', pair_optimizer: { selectionStrategy: 'best_headroom' } });

  test('orders policies as random < round robin < weighted random ≈ best headroom by attainment', () => {
    expect(random.attainment).toBeLessThan(roundRobin.attainment);
    expect(roundRobin.attainment).toBeLessThan(weighted.attainment - 0.1);
    expect(Math.abs(best.attainment - weighted.attainment)).toBeLessThan(0.01);
  });

  test('orders them by TTFT P99 the same way, best headroom first', () => {
    expect(random.ttftP99).toBeGreaterThan(roundRobin.ttftP99);
    expect(roundRobin.ttftP99).toBeGreaterThan(2 * weighted.ttftP99);
    expect(weighted.ttftP99).toBeGreaterThan(best.ttftP99);
  });

  test('comes near the known attainments of an earlier model: .68, .76, .976, .979', () => {
    const known = [0.68, 0.76, 0.976, 0.979];
    [random, roundRobin, weighted, best].forEach(({ attainment }, i) => {
      expect(Math.abs(attainment / known[i]! - 1)).toBeLessThan(0.2);
    });
  });

  test('with the heuristic predictor weighted random loses most of its lead; ties by load rescue best headroom', () => {
    const heuristic = (selectionStrategy: string) =>
      averages({ predictor: { kind: 'heuristic' }, pair_optimizer: { selectionStrategy } });
    const blind = heuristic('weighted_random').attainment;
    expect(blind).toBeLessThan(weighted.attainment - 0.1);
    expect(heuristic('best_headroom').attainment).toBeGreaterThan(blind + 0.1);
  });

  test('the learned predictor comes near the informed one', () => {
    expect(averages({ predictor: { kind: 'learned' } }).attainment).toBeGreaterThan(weighted.attainment - 0.05);
  });

  test('weights trade TTFT against TPOT', () => {
    const onlyTtft = averages({ pair_optimizer: { ttftWeight: 1, tpotWeight: 0 } });
    const onlyTpot = averages({ pair_optimizer: { ttftWeight: 0, tpotWeight: 1 } });
    expect(onlyTtft.ttftP99).toBeLessThan(onlyTpot.ttftP99);
    expect(onlyTtft.tpotP99).toBeGreaterThan(onlyTpot.tpotP99);
  });
});
