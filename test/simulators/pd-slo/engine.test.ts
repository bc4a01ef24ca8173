import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/base/json.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { type PdSloRun, runPdSlo } from '../../../src/simulators/pd-slo/run-simulation.ts';
import { requestTimes, summarizeRun } from '../../../src/simulators/pd-slo/summary.ts';

const FIXED = (tokens: number) => ({ mean: tokens, sd: 0, low: tokens, high: tokens });
const FIXED_OUTPUT = (tokens: number) => ({ mean: tokens, low: tokens, high: tokens });

function run(document: JsonObject, seed = 1): PdSloRun {
  return runPdSlo(readPdSloConfig(document), { seed });
}

function mean(values: Iterable<number>): number {
  const list = [...values];
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

describe('prefill pods', () => {
  test.each([0.5, 0.8])('wait as in an M/D/1 queue at load %d', (load) => {
    const serviceMs = 80;
    const waits = [1, 2, 3, 4].map((seed) => {
      const { log, requests } = run(
        {
          pool: { prefill: [1], decode: [1] },
          decode: { max_running: 10_000, kv_capacity: 100_000_000, tpot_per_running_ms: 0 },
          workload: {
            requests: 20_000,
            rate: (1000 * load) / serviceMs,
            input: FIXED(400),
            output: FIXED_OUTPUT(1),
          },
        },
        seed,
      );
      return mean(log.prefillEndMs.map((end, i) => end - requests.arrivalMs[i]! - serviceMs));
    });
    // Pollaczek–Khinchine: W = ρ S / (2 (1 − ρ)). 80,000 autocorrelated samples are good for a few percent.
    const exact = (load * serviceMs) / (2 * (1 - load));
    expect(Math.abs(mean(waits) / exact - 1)).toBeLessThan(0.06);
  });

  test('serve the nearest deadline first when asked to', () => {
    const document = {
      pool: { prefill: [1], decode: [1] },
      workload: { requests: 3000, rate: 11 },
    };
    const fcfs = summarizeRun(run(document));
    const deadline = summarizeRun(run({ ...document, prefill_order: 'slo_deadline' }));
    expect(deadline.byClass['critical']!.ttft).toBeGreaterThan(fcfs.byClass['critical']!.ttft! + 0.1);
  });
});

describe('a request alone', () => {
  const alone = (extra: JsonObject = {}): PdSloRun =>
    run({
      pool: { prefill: [1.5], decode: [2] },
      prefill: { base_ms: 10 },
      workload: { requests: 1, input: FIXED(400), output: FIXED_OUTPUT(11) },
      ...extra,
    });

  test('takes prefill and transfer to its first slot, then one step a token', () => {
    const { ttftMs, tpotMs, e2eMs } = requestTimes(alone());
    const prefill = 1.5 * (10 + 0.2 * 400);
    expect(ttftMs[0]).toBeCloseTo(prefill + 5, 9);
    // Step k starts with 400 + k − 1 tokens in memory; the first step is not part of the TPOT.
    const steps = Array.from({ length: 11 }, (_, k) => 2 * (8 + 0.5 + (10 * (400 + k)) / 200_000));
    expect(tpotMs[0]).toBeCloseTo(mean(steps.slice(1)), 9);
    expect(e2eMs[0]).toBeCloseTo(prefill + 5 + steps.reduce((sum, step) => sum + step, 0), 9);
  });

  test('counts the first step when asked to', () => {
    const { ttftMs } = requestTimes(alone({ ttft_includes_first_step: true }));
    expect(ttftMs[0]).toBeCloseTo(1.5 * 90 + 5 + 2 * (8.5 + 0.02), 9);
  });

  test('transfers at the given bandwidth', () => {
    const transfer = { kind: 'bandwidth', kv_bytes_per_token: 131_072, gbit_per_s: 10, rtt_ms: 0.5 };
    const { ttftMs } = requestTimes(alone({ transfer }));
    expect(ttftMs[0]).toBeCloseTo(135 + ((400 * 131_072 * 8) / 10e9) * 1000 + 0.5, 9);
  });

  test('below the threshold is prefilled by its decode pod, without prefill pod and transfer', () => {
    const decodeOnly = alone({ profile_handler: { pdThreshold: 401 } });
    expect(decodeOnly.log.placements[0]).toMatchObject({ kind: 'decode-only', prefill: -1, decode: 0 });
    expect(requestTimes(decodeOnly).ttftMs[0]).toBeCloseTo(2 * (10 + 80), 9);
    const atThreshold = alone({ profile_handler: { pdThreshold: 400 } });
    expect(atThreshold.log.placements[0]).toMatchObject({ kind: 'prefill-decode' });
  });
});

describe('decode pods', () => {
  const crowd = (decode: JsonObject): PdSloRun =>
    run({
      mode: 'round_robin',
      pool: { prefill: [0.001], decode: [1] },
      decode,
      workload: { requests: 100, rate: 100_000, input: FIXED(100), output: FIXED_OUTPUT(50) },
    });

  test('run all requests in step while slots last', () => {
    const { requests, log } = crowd({ max_running: 200, tpot_kv_ms: 0, tpot_per_running_ms: 0 });
    const start = Math.max(...log.decodeStartMs);
    expect(Math.max(...log.completionMs) - start).toBeLessThanOrEqual(51 * 8 + 1e-9);
    expect(requests.count).toBe(100);
  });

  test('never hold more requests than slots: later ones wait for the first batch', () => {
    const { log } = crowd({ max_running: 25, tpot_kv_ms: 0, tpot_per_running_ms: 0 });
    const byStart = [...log.decodeStartMs].sort((a, b) => a - b);
    expect(byStart[24]! - byStart[0]!).toBeLessThan(8);
    expect(byStart[25]! - byStart[0]!).toBeGreaterThanOrEqual(49 * 8);
  });

  test('preempt the newest request when memory runs out, and still finish all', () => {
    const { log, decodePods } = crowd({ max_running: 200, kv_capacity: 1100 });
    expect(log.preemptions.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
    expect([...log.completionMs].every(Number.isFinite)).toBe(true);
    expect(decodePods[0]!.kvTokens).toBe(0);
  });

  test('reject prompts that memory could never hold', () => {
    const { log } = crowd({ kv_capacity: 149 });
    expect(log.rejected).toBe(100);
    expect(crowd({ kv_capacity: 150 }).log.rejected).toBe(0);
  });
});

describe('every run', () => {
  const documents = fc.record({
    mode: fc.constantFrom('joint', 'independent', 'latency_scorer', 'random_pair', 'round_robin', 'least_loaded'),
    predictor: fc.record({
      kind: fc.constantFrom('informed', 'heuristic', 'learned'),
      error_prob: fc.constantFrom(0, 0.2),
      staleness_ms: fc.constantFrom(0, 20),
    }),
    decode: fc.record({ max_running: fc.integer({ min: 1, max: 20 }), kv_capacity: fc.constantFrom(3000, 200_000) }),
    profile_handler: fc.record({ pdThreshold: fc.constantFrom(0, 300) }),
    admission: fc.constantFrom('always', 'latency_slo'),
    workload: fc.record({
      requests: fc.integer({ min: 1, max: 150 }),
      rate: fc.double({ min: 1, max: 200, noNaN: true }),
      cv: fc.constantFrom(0.5, 1, 2),
      without_headers: fc.constantFrom(0, 0.3),
      prefix: fc.constantFrom({ groups: 0, tokens: 1 }, { groups: 3, tokens: 256 }),
    }),
  });

  test('conserves requests, keeps times in order, counts its decisions and repeats exactly', () => {
    fc.assert(
      fc.property(documents, fc.nat(), (document, seed) => {
        const result = run(document as JsonObject, seed);
        const { log, requests, counters } = result;
        const completed = [...log.completionMs].filter(Number.isFinite).length;
        expect(completed + log.rejected + log.refused).toBe(requests.count);
        expect(result.decodePods.every((pod) => pod.kvTokens === 0 && pod.load === 0 && pod.dispatched === 0)).toBe(
          true,
        );
        expect(result.prefillPods.every((pod) => pod.load === 0 && pod.dispatched === 0)).toBe(true);
        for (let i = 0; i < requests.count; i++) {
          if (Number.isNaN(log.completionMs[i]!)) continue;
          const times = [
            requests.arrivalMs[i]!,
            log.decodeArrivalMs[i]!,
            log.decodeStartMs[i]!,
            log.firstTokenMs[i]!,
            log.completionMs[i]!,
          ];
          expect(times).toEqual([...times].sort((a, b) => a - b));
        }
        const judged = log.placements.filter((placement) => placement !== null && placement.outcome !== 'none');
        expect(counters.positiveSelections + counters.negativeSelections).toBe(judged.length);
        expect(counters.decodeOnlyDecisions + counters.prefillDecodeDecisions).toBe(completed);
        const calls = counters.predictorCalls;
        const asked = (calls['prefill-ttft'].success + calls['prefill-ttft'].error) / 3;
        expect(calls['decode-ttft'].success + calls['decode-ttft'].error).toBe(3 * asked);
        expect(calls['decode-tpot'].success + calls['decode-tpot'].error).toBe(3 * asked);
        expect(counters.pairsEvaluated).toBe(judged.length * (document.mode === 'joint' ? 9 : 1));
        expect(summarizeRun(run(document as JsonObject, seed))).toEqual(summarizeRun(result));
      }),
      { numRuns: 60 },
    );
  });

  test('meets the same requests whatever the mode', () => {
    const { requests } = run({ mode: 'joint', workload: { requests: 50 } });
    const other = run({ mode: 'random_pair', workload: { requests: 50 } });
    expect(other.requests).toEqual(requests);
  });

  test('lets requests with unreadable targets run without targets, and counts them', () => {
    const classes = [{ name: 'odd', share: 1, headers: { 'x-slo-ttft-ms': 'abc', 'x-slo-tpot-ms': '20' } }];
    const result = run({ workload: { requests: 40, classes } });
    expect(result.log.invalidSlo).toBe(40);
    expect(result.counters.prefillDecodeDecisions).toBe(40);
    expect(result.counters.pairsEvaluated).toBe(0);
    expect(summarizeRun(result).attainment.requests).toBe(0);
  });

  test('prefills only what the pod has not cached', () => {
    const prefix = { groups: 1, tokens: 384 };
    const shared = summarizeRun(run({ workload: { requests: 300, rate: 5, input: FIXED(400), prefix } }));
    const unshared = summarizeRun(run({ workload: { requests: 300, rate: 5, input: FIXED(400) } }));
    expect(shared.ttftMs.p50).toBeCloseTo(0.2 * 16 + 5, 6);
    expect(unshared.ttftMs.p50).toBeGreaterThanOrEqual(85);
  });
});
