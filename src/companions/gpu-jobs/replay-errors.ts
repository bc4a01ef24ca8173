import type { TokenTask } from '../../simulators/gpu-jobs/token-task.ts';
import { summarize } from '../../simulators/kernel/quantile.ts';

/** Absolute percentage error of one latency. */
export interface ReplayError {
  readonly tasks: number;
  /** Mean over tasks, %. */
  readonly mape: number;
  /** Of the mean and the percentiles, %. */
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Simulated against recorded latencies of a replayed trace; null when the trace recorded none. */
export function replayErrors(
  tasks: readonly TokenTask[],
): { readonly ttft?: ReplayError; readonly e2e?: ReplayError } | null {
  const ttft = errorsOf(
    tasks,
    ({ task }) => task.recordedTtft,
    ({ task, firstToken }) => firstToken - task.arrival,
  );
  const e2e = errorsOf(
    tasks,
    ({ task }) => task.recordedE2e,
    ({ task, completion }) => completion - task.arrival,
  );
  if (ttft === null && e2e === null) return null;
  return { ...(ttft === null ? {} : { ttft }), ...(e2e === null ? {} : { e2e }) };
}

function errorsOf(
  tasks: readonly TokenTask[],
  recorded: (state: TokenTask) => number | undefined,
  simulated: (state: TokenTask) => number,
): ReplayError | null {
  const pairs = tasks
    .filter((state) => state.stage === 'done' && (recorded(state) ?? 0) > 0)
    .map((state) => [recorded(state)!, simulated(state)] as const);
  if (pairs.length === 0) return null;
  const [truth, model] = [summarize(pairs.map(([a]) => a)), summarize(pairs.map(([, b]) => b))];
  return {
    tasks: pairs.length,
    mape: summarize(pairs.map(([a, b]) => percent(a, b))).mean,
    mean: percent(truth.mean, model.mean),
    p50: percent(truth.p50, model.p50),
    p95: percent(truth.p95, model.p95),
    p99: percent(truth.p99, model.p99),
  };
}

function percent(truth: number, model: number): number {
  return (Math.abs(model - truth) / truth) * 100;
}
