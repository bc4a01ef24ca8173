import { InputError } from '../../base/errors.ts';
import { runNeeds } from '../../simulators/kvsched/run-needs.ts';
import type { Scenario } from '../../simulators/kvsched/scenario.ts';
import type { RunSettings } from '../../simulators/kvsched/settings.ts';
import { simulate } from '../../simulators/kvsched/simulate.ts';
import { type Summary, summarize } from '../../simulators/kvsched/summary.ts';
import { requireAffordable } from '../../simulators/run-bounds.ts';

/** One run; its scenario is named by its place in the list that the worker was started with. */
export interface RunTask {
  readonly scenario: number;
  readonly settings: RunSettings;
}

export interface Samples {
  readonly prefill: Float64Array;
  readonly decode: Float64Array;
  readonly total: Float64Array;
}

/** Errors cross thread boundaries as data. */
export type RunOutcome =
  | { readonly kind: 'done'; readonly summary: Summary; readonly samples: Samples }
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly path: readonly (string | number)[];
      readonly suggestion: string | undefined;
    };

export function runTask(scenario: Scenario, settings: RunSettings): RunOutcome {
  try {
    requireAffordable(runNeeds(scenario, settings.ticks, ['ticks']));
    const record = simulate(scenario, settings);
    const { prefillMs: prefill, decodeMs: decode, totalMs: total } = record;
    return { kind: 'done', summary: summarize(record), samples: { prefill, decode, total } };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { kind: 'refused', message: error.message, path: error.path, suggestion: error.suggestion };
  }
}

/** The refusal as the error it was. */
export function refusal(outcome: Extract<RunOutcome, { kind: 'refused' }>): InputError {
  const { message, path, suggestion } = outcome;
  return new InputError(message, { path, ...(suggestion === undefined ? {} : { suggestion }) });
}

/** `summary.json`: the row's figures and every latency. */
export function summaryDocument(summary: Summary, samples: Samples): Record<string, unknown> {
  return {
    ...summary,
    prefill_latencies_ms: Array.from(samples.prefill),
    decode_latencies_ms: Array.from(samples.decode),
    total_latencies_ms: Array.from(samples.total),
  };
}
