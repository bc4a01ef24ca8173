import { distribution, meanMs, percentileMs, sortedFinite } from '../../simulators/cluster/figures/distribution.ts';
import { type GoodputTargets, goodputJson } from '../../simulators/cluster/figures/goodput.ts';
import {
  type HeadlineMetrics,
  headlineJson,
  type LatencyFigures,
} from '../../simulators/cluster/figures/headline-metrics.ts';
import { spread } from '../../simulators/cluster/figures/report-sections.ts';
import {
  type CompletedRequest,
  finalLevel,
  type ThresholdDetector,
} from '../../simulators/cluster/figures/saturation.ts';
import { attainedGoodput } from './observed-goodput.ts';
import { e2eUs, isMeasured, positiveGapsUs, ttftUs } from './observed-latency.ts';
import type { ObservedRequest } from './observed-trace.ts';

export interface FigureOptions {
  /** Of the whole run, warm-up included, s. */
  readonly wallS: number;
  readonly targets: GoodputTargets;
  /**
   * `all`: requests that failed count among the arrived, and token counts and times are filled in. `reference`: figures of
   * the requests that went well, all else 0.
   */
  readonly counts: 'all' | 'reference';
  /** Whether gaps between chunks were asked for. */
  readonly withGaps: boolean;
  /** null = the level of saturation is not asked for. */
  readonly detector: ThresholdDetector | null;
}

/** The text that a run ends with: figures, and a section on sessions where there are any. */
export function observedReport(requests: readonly ObservedRequest[], options: FigureOptions): string {
  const good = requests.filter(isMeasured);
  const all = options.counts === 'all';
  const gaps = options.withGaps ? good.flatMap(positiveGapsUs) : [];
  const figures = {
    ...headlineJson('', headline(requests, good, gaps, options)),
    injected_requests: all ? requests.length : 0,
    ...(options.detector === null
      ? {}
      : { saturation: { threshold: finalLevel(good.map(completed), options.detector) } }),
    ...goodputJson(attainedGoodput(good, all ? requests : good, options)),
  };
  const sections = [`=== Simulation Metrics ===\n${JSON.stringify(figures, null, 2)}`, ...sessionLines(good)];
  return `${sections.join('\n')}\n`;
}

function completed(request: ObservedRequest): CompletedRequest {
  const { requestId, sendTimeUs } = request.row;
  return { id: String(requestId), arrivalUs: sendTimeUs, e2eUs: e2eUs(request) };
}

function headline(
  requests: readonly ObservedRequest[],
  good: readonly ObservedRequest[],
  gaps: readonly number[],
  { wallS, counts }: FigureOptions,
): HeadlineMetrics {
  const all = counts === 'all';
  const outputTokens = good.reduce((sum, { row }) => sum + row.outputTokens, 0);
  const inputTokens = good.reduce(
    (sum, { row }) => sum + (row.serverInputTokens || row.prefixLength + row.inputTokens),
    0,
  );
  return {
    completed: good.length,
    stillQueued: 0,
    stillRunning: 0,
    dropped: 0,
    lengthCapped: 0,
    timedOut: all ? requests.filter(({ row }) => row.status === 'timeout').length : 0,
    inputTokens: all ? inputTokens : 0,
    outputTokens: all ? outputTokens : 0,
    durationS: all ? wallS : 0,
    responsesPerSec: wallS > 0 ? good.length / wallS : 0,
    tokensPerSec: wallS > 0 ? outputTokens / wallS : 0,
    e2e: latency(good.map(e2eUs)),
    ttft: latency(good.map(ttftUs)),
    itl: latency(gaps),
    schedulingDelayP99Ms: 0,
    kvAllocationFailures: 0,
    preemptions: 0,
    cacheHitRate: 0,
    thrashingRate: 0,
  };
}

function latency(valuesUs: readonly number[]): LatencyFigures {
  const sorted = sortedFinite(valuesUs);
  const at = (percent: number) => percentileMs(sorted, percent);
  return { meanMs: meanMs(sorted), p50Ms: at(50), p90Ms: at(90), p95Ms: at(95), p99Ms: at(99) };
}

function sessionLines(good: readonly ObservedRequest[]): readonly string[] {
  const sessions = new Map<string, ObservedRequest[]>();
  for (const request of good) {
    const { sessionId } = request.row;
    if (sessionId === '') continue;
    const members = sessions.get(sessionId);
    if (members === undefined) sessions.set(sessionId, [request]);
    else members.push(request);
  }
  if (sessions.size === 0) return [];
  const members = [...sessions.values()];
  const ttftMs = (keep: (round: number) => boolean) =>
    distribution(
      members
        .flat()
        .filter(({ row }) => keep(row.roundIndex))
        .map((one) => ttftUs(one) / 1000),
    );
  const durations = members.map((rounds) => {
    const end = rounds.reduce((latest, { row }) => Math.max(latest, row.lastChunkTimeUs), 0);
    const start = rounds.reduce((earliest, { row }) => Math.min(earliest, row.sendTimeUs), Number.POSITIVE_INFINITY);
    return (end - start) / 1000;
  });
  return [
    '=== Session Metrics ===',
    `  Sessions: ${sessions.size}`,
    ...spread(
      'TTFT cold (round 0):',
      ttftMs((round) => round === 0),
    ),
    ...spread(
      'TTFT warm (round≥1):',
      ttftMs((round) => round > 0),
    ),
    ...spread('Session duration:   ', distribution(durations)),
  ];
}
