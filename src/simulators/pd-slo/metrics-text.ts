/** Counts of one run, named as the scheduler's own counters are. */
export interface PdSloCounters {
  readonly positiveSelections: number;
  readonly negativeSelections: number;
  /** By predictor: calls that answered, calls that failed and fell back to the heuristic. */
  readonly predictorCalls: Readonly<Record<PredictorTarget, { readonly success: number; readonly error: number }>>;
  readonly pairsEvaluated: number;
  readonly decodeOnlyDecisions: number;
  readonly prefillDecodeDecisions: number;
  /** Requests whose targets could not be read. */
  readonly invalidSlo: number;
}

export const PREDICTOR_TARGETS = ['prefill-ttft', 'decode-ttft', 'decode-tpot'] as const;
export type PredictorTarget = (typeof PREDICTOR_TARGETS)[number];

const PREFIX = 'llm_d_inference_scheduler_';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The counters in Prometheus text exposition format, version 0.0.4. */
export function prometheusText(counters: PdSloCounters): string {
  const calls = PREDICTOR_TARGETS.flatMap((predictor) =>
    (['success', 'error'] as const).map((status) => ({
      labels: { predictor, status },
      value: counters.predictorCalls[predictor][status],
    })),
  );
  return [
    counter('pd_slo_pair_selections_total', 'Chosen pairs by the sign of their headroom.', [
      { labels: { outcome: 'positive_headroom' }, value: counters.positiveSelections },
      { labels: { outcome: 'negative_headroom' }, value: counters.negativeSelections },
    ]),
    counter('pd_slo_predictor_calls_total', 'Calls of the latency predictors by target and status.', calls),
    counter('pd_slo_pairs_evaluated_total', 'Prefill and decode pairs that were scored.', [
      { labels: {}, value: counters.pairsEvaluated },
    ]),
    counter('pd_decision_total', 'Requests by the kind of their placement.', [
      { labels: { decision_type: 'decode-only' }, value: counters.decodeOnlyDecisions },
      { labels: { decision_type: 'prefill-decode' }, value: counters.prefillDecodeDecisions },
    ]),
    counter('pd_slo_invalid_slo_total', 'Requests with an unreadable latency target.', [
      { labels: {}, value: counters.invalidSlo },
    ]),
  ].join('');
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  const full = PREFIX + name;
  const lines = samples.map(({ labels, value }) => `${full}${labelText(labels)} ${value}\n`);
  return `# HELP ${full} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${full} counter\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
