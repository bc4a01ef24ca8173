import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { prometheusText } from '../../../src/simulators/pd-slo/metrics-text.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { runPdSlo } from '../../../src/simulators/pd-slo/run-simulation.ts';

interface ParsedFamily {
  readonly family: string;
  readonly type: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly value: number;
  }[];
}

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/pd-slo/${name}`, import.meta.url), 'utf8');

/**
 * `metrics.parsed.json` is what `text_string_to_metric_families` of Python's prometheus_client 0.x (the version is in
 * the commit that added it) read from `metrics.prom`; the text of a run must stay the text that was parsed.
 */
describe('Prometheus text', () => {
  const { counters } = runPdSlo(
    readPdSloConfig({
      scenario: 'strict',
      predictor: { error_prob: 0.1 },
      profile_handler: { pdThreshold: 150 },
      workload: { requests: 400 },
    }),
    { seed: 3 },
  );
  const families = JSON.parse(fixture('metrics.parsed.json')) as ParsedFamily[];
  const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
    families
      .flatMap(({ samples }) => samples)
      .find(
        (sample) =>
          sample.name === `llm_d_inference_scheduler_${name}` &&
          JSON.stringify(Object.entries(sample.labels).sort()) === JSON.stringify(Object.entries(labels).sort()),
      )?.value;

  test('is byte for byte the text that a Prometheus parser has read', () => {
    expect(prometheusText(counters)).toBe(fixture('metrics.prom'));
  });

  test('reaches that parser as counters with the values of the decisions', () => {
    expect(families.map(({ type }) => type)).toEqual(new Array(5).fill('counter'));
    expect(value('pd_slo_pair_selections_total', { outcome: 'positive_headroom' })).toBe(counters.positiveSelections);
    expect(value('pd_slo_pair_selections_total', { outcome: 'negative_headroom' })).toBe(counters.negativeSelections);
    for (const predictor of ['prefill-ttft', 'decode-ttft', 'decode-tpot'] as const) {
      for (const status of ['success', 'error'] as const) {
        expect(value('pd_slo_predictor_calls_total', { predictor, status })).toBe(
          counters.predictorCalls[predictor][status],
        );
      }
    }
    expect(value('pd_slo_pairs_evaluated_total')).toBe(counters.pairsEvaluated);
    expect(value('pd_decision_total', { decision_type: 'decode-only' })).toBe(counters.decodeOnlyDecisions);
    expect(value('pd_decision_total', { decision_type: 'prefill-decode' })).toBe(counters.prefillDecodeDecisions);
  });

  test('counts something of every kind in this run', () => {
    expect(Math.min(counters.positiveSelections, counters.negativeSelections)).toBeGreaterThan(0);
    expect(Math.min(counters.decodeOnlyDecisions, counters.prefillDecodeDecisions)).toBeGreaterThan(0);
    expect(counters.predictorCalls['decode-tpot'].error).toBeGreaterThan(0);
    expect(counters.pairsEvaluated).toBe(9 * (counters.positiveSelections + counters.negativeSelections));
    expect(counters.positiveSelections + counters.negativeSelections).toBe(counters.prefillDecodeDecisions);
  });
});
