import { type Summary, summarize } from '../kernel/quantile.ts';
import type { PdSloRun } from './run-simulation.ts';

export interface Attainment {
  /** Requests with at least one target, rejected and refused ones included. */
  readonly requests: number;
  /** Shares that met both targets, the TTFT target, the TPOT target; null where there was nothing to meet. */
  readonly slo: number | null;
  readonly ttft: number | null;
  readonly tpot: number | null;
}

export interface PdSloSummary {
  readonly requests: number;
  readonly completed: number;
  readonly rejected: number;
  readonly refused: number;
  readonly invalidSlo: number;
  readonly preemptions: number;
  readonly attainment: Attainment;
  readonly byClass: Readonly<Record<string, Attainment>>;
  readonly ttftMs: Summary;
  readonly tpotMs: Summary;
  readonly e2eMs: Summary;
  readonly outputTokensPerSecond: number;
  /** Requests/s that met all their targets. */
  readonly goodput: number;
  /** Share of judged pairs with both headrooms > 0; 0 when none was judged. */
  readonly positiveShare: number;
  readonly pairsPerRequest: number;
  /** Mean absolute percentage error by target over actual values > 0; null without predictions. */
  readonly predictorMape: {
    readonly prefillTtft: number | null;
    readonly decodeTtft: number | null;
    readonly tpot: number | null;
  };
  readonly utilisation: Readonly<Record<string, number>>;
  /** Jain's index over the classes' attainment. */
  readonly fairness: number;
}

/** Per-request figures; NaN where a request did not come to that. */
export interface RequestTimes {
  readonly ttftMs: Float64Array;
  readonly tpotMs: Float64Array;
  readonly e2eMs: Float64Array;
}

export function requestTimes({ requests, log, setup }: PdSloRun): RequestTimes {
  const { count, arrivalMs, outputTokens } = requests;
  const ttftEnd = setup.config.ttft_includes_first_step ? log.firstTokenMs : log.decodeStartMs;
  const column = (valueAt: (i: number) => number): Float64Array =>
    Float64Array.from({ length: count }, (_, i) => valueAt(i));
  return {
    ttftMs: column((i) => ttftEnd[i]! - arrivalMs[i]!),
    tpotMs: column((i) =>
      outputTokens[i]! < 2 ? Number.NaN : (log.completionMs[i]! - log.firstTokenMs[i]!) / (outputTokens[i]! - 1),
    ),
    e2eMs: column((i) => log.completionMs[i]! - arrivalMs[i]!),
  };
}

export function summarizeRun(run: PdSloRun): PdSloSummary {
  const { requests, log, counters, setup } = run;
  const times = requestTimes(run);
  const completed = countFinite(log.completionMs);
  const seconds = makespanMs(run) / 1000;
  const byClass = Object.fromEntries(
    setup.config.workload.classes.map(({ name }, index) => [name, attainmentOf(run, times, index)]),
  );
  const attainment = attainmentOf(run, times, null);
  const judged = counters.positiveSelections + counters.negativeSelections;
  let tokens = 0;
  for (let i = 0; i < requests.count; i++) if (!Number.isNaN(log.completionMs[i]!)) tokens += requests.outputTokens[i]!;
  return {
    requests: requests.count,
    completed,
    rejected: log.rejected,
    refused: log.refused,
    invalidSlo: log.invalidSlo,
    preemptions: log.preemptions.reduce((sum, value) => sum + value, 0),
    attainment,
    byClass,
    ttftMs: summarize(times.ttftMs),
    tpotMs: summarize(times.tpotMs),
    e2eMs: summarize(times.e2eMs),
    outputTokensPerSecond: perSecond(tokens, seconds),
    goodput: perSecond(Math.round((attainment.slo ?? 0) * attainment.requests), seconds),
    positiveShare: judged === 0 ? 0 : counters.positiveSelections / judged,
    pairsPerRequest: counters.pairsEvaluated / requests.count,
    predictorMape: predictorErrors(run, times),
    utilisation: utilisationOf(run),
    fairness: jainIndex(
      Object.values(byClass)
        .map(({ slo }) => slo)
        .filter((slo) => slo !== null),
    ),
  };
}

/** (Σx)² / (n Σx²): 1 when all are equal, 1/n when one has everything. @see Jain, Chiu & Hawe 1984 */
function jainIndex(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  const squares = values.reduce((total, value) => total + value * value, 0);
  return squares === 0 ? 1 : (sum * sum) / (values.length * squares);
}

function attainmentOf({ requests, log }: PdSloRun, times: RequestTimes, kind: number | null): Attainment {
  let count = 0;
  let both = 0;
  let first = 0;
  let perToken = 0;
  for (let i = 0; i < requests.count; i++) {
    const own = requests.classIndex[i]!;
    if (requests.hasHeaders[i] === 0 || (kind !== null && own !== kind)) continue;
    const { ttftMs, tpotMs } = requests.targets[own]!;
    if (ttftMs === null && tpotMs === null) continue;
    count++;
    if (Number.isNaN(log.completionMs[i]!)) continue;
    const meetsTtft = ttftMs === null || times.ttftMs[i]! <= ttftMs;
    const meetsTpot = tpotMs === null || Number.isNaN(times.tpotMs[i]!) || times.tpotMs[i]! <= tpotMs;
    if (meetsTtft) first++;
    if (meetsTpot) perToken++;
    if (meetsTtft && meetsTpot) both++;
  }
  const share = (met: number): number | null => (count === 0 ? null : met / count);
  return { requests: count, slo: share(both), ttft: share(first), tpot: share(perToken) };
}

function predictorErrors({ requests, log }: PdSloRun, times: RequestTimes): PdSloSummary['predictorMape'] {
  const mape = (predicted: (i: number) => number | undefined, actual: (i: number) => number): number | null => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < requests.count; i++) {
      const expected = predicted(i) ?? Number.NaN;
      const value = actual(i);
      if (Number.isNaN(expected) || !(value > 0)) continue;
      sum += Math.abs(expected - value) / value;
      count++;
    }
    return count === 0 ? null : sum / count;
  };
  const placement = (i: number): PdSloRun['log']['placements'][number] => log.placements[i] ?? null;
  return {
    prefillTtft: mape(
      (i) => placement(i)?.prefillTtftMs,
      (i) => log.prefillEndMs[i]! - requests.arrivalMs[i]!,
    ),
    decodeTtft: mape(
      (i) => placement(i)?.decodeTtftMs,
      (i) => log.decodeStartMs[i]! - log.decodeArrivalMs[i]!,
    ),
    tpot: mape(
      (i) => placement(i)?.tpotMs,
      (i) => times.tpotMs[i]!,
    ),
  };
}

/** From time 0 to the last completion. */
function makespanMs({ log }: PdSloRun): number {
  let last = 0;
  for (const time of log.completionMs) if (time > last) last = time;
  return last;
}

function utilisationOf(run: PdSloRun): Record<string, number> {
  const total = makespanMs(run);
  const share = (busyMs: number): number => (total === 0 ? 0 : Math.min(1, busyMs / total));
  return Object.fromEntries([
    ...run.setup.prefillPods.map(({ name }, p) => [name, share(run.prefillPods[p]!.busyMs)]),
    ...run.setup.decodePods.map(({ name }, d) => [name, share(run.decodePods[d]!.busyMs)]),
  ]) as Record<string, number>;
}

function perSecond(value: number, seconds: number): number {
  return seconds === 0 ? 0 : value / seconds;
}

function countFinite(values: Float64Array): number {
  let count = 0;
  for (const value of values) if (!Number.isNaN(value)) count++;
  return count;
}
