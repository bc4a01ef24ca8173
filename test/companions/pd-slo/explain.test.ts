import { describe, expect, test } from 'vitest';
import { InputError } from '../../../src/base/errors.ts';
import { explainDecision } from '../../../src/companions/pd-slo/explain.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { runPdSlo } from '../../../src/simulators/pd-slo/run-simulation.ts';

describe('an explained decision', () => {
  const setup = readPdSloConfig({ scenario: 'strict', workload: { requests: 200 } });
  const run = runPdSlo(setup, { seed: 4 });

  test('is the one the run made, with its pair table', () => {
    for (const request of [0, 57, 199]) {
      const decision = explainDecision(setup, 4, request);
      const placement = run.log.placements[request]!;
      const chosen = decision.pairs.filter((pair) => pair.chosen);
      expect(decision.pairs.length).toBe(9);
      expect(chosen.length).toBe(1);
      expect(chosen[0]).toMatchObject({
        prefill: `prefill-${placement.prefill}`,
        decode: `decode-${placement.decode}`,
        jointTtftMs: placement.jointTtftMs,
        blendedMs: placement.blendedMs,
      });
      expect(decision.headers).toEqual({ 'x-prefiller-host-port': `10.0.1.${placement.prefill + 1}:8000` });
    }
  });

  test('adds up: TTFT from its parts, headrooms from the buffered targets, probabilities to 1', () => {
    const decision = explainDecision(setup, 4, 120);
    for (const pair of decision.pairs) {
      expect(pair.jointTtftMs).toBeCloseTo(pair.prefillTtftMs + pair.decodeTtftMs + pair.transferMs, 9);
      expect(pair.ttftHeadroomMs).toBeCloseTo(0.9 * decision.ttftTargetMs! - pair.jointTtftMs, 9);
      expect(pair.tpotHeadroomMs).toBeCloseTo(0.9 * decision.tpotTargetMs! - pair.tpotMs, 9);
      expect(pair.blendedMs).toBeCloseTo(0.8 * pair.ttftHeadroomMs + 0.2 * pair.tpotHeadroomMs, 9);
      expect(pair.positive).toBe(pair.ttftHeadroomMs > 0 && pair.tpotHeadroomMs > 0);
    }
    expect(decision.pairs.reduce((sum, pair) => sum + pair.probability, 0)).toBeCloseTo(1, 12);
  });

  test('of a mode that compares no pairs has none', () => {
    expect(explainDecision(readPdSloConfig({ mode: 'round_robin' }), 4, 1)).toMatchObject({
      prefillPod: 'prefill-1',
      decodePod: 'decode-1',
      pairs: [],
    });
  });

  test('must exist', () => {
    expect(() => explainDecision(setup, 4, 200)).toThrow(InputError);
  });
});
