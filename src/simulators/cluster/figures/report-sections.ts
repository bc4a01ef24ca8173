import type { EngineConfig } from '../engine-config.ts';
import type { EngineResult } from '../engine-result.ts';
import { headOfLineBlocking, priorityInversions } from './anomalies.ts';
import { disaggregationSection } from './disaggregation-section.ts';
import { type Distribution, distribution, jainIndex, picked } from './distribution.ts';
import type { Fitness } from './fitness.ts';
import { fixed } from './go-format.ts';
import type { HeadlineMetrics } from './headline-metrics.ts';
import { className, rowsBy, tokenGapUs } from './request-latency.ts';

export interface SectionInput {
  readonly config: Pick<EngineConfig, 'instance' | 'disaggregation'>;
  readonly result: EngineResult;
  readonly headline: HeadlineMetrics;
  readonly fitness: Fitness | null;
  /** Whether any class has a goodput target: then one class alone is worth a section. */
  readonly hasTargets: boolean;
  readonly summarizeTrace: boolean;
}

/** The text blocks below the figures, each a list of lines, only those that apply, in print order. */
export function reportSections(input: SectionInput): readonly (readonly string[])[] {
  const sections = [
    fitnessSection(input.fitness),
    anomalySection(input),
    cacheSection(input.headline),
    sloSection(input),
    modelSection(input),
    tenantSection(input.result),
    sessionSection(input.result),
    disaggregationSection(input.result.disaggregation, {
      durationS: input.headline.durationS,
      contention: input.config.disaggregation?.contention === true,
    }),
    traceSection(input),
  ];
  return sections.filter((lines) => lines.length > 0);
}

function fitnessSection(fitness: Fitness | null): readonly string[] {
  if (fitness === null) return [];
  return [
    '=== Fitness Evaluation ===',
    `Score: ${fixed(fitness.score, 6)}`,
    ...fitness.components.map(({ key, value }) => `  ${key}: ${fixed(value, 6)}`),
  ];
}

function anomalySection({ config, result, headline }: SectionInput): readonly string[] {
  const { cluster } = result;
  const inversions = priorityInversions(result, config.instance.scheduler);
  const blocking = headOfLineBlocking(result);
  const shed = Object.entries(cluster.shed)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const gateway = [
    ['Gateway Queue Depth (horizon)', cluster.gatewayQueued],
    ['Gateway Queue Shed', cluster.gatewayShed],
    ['Gateway Queue Rejected', cluster.gatewayRejected],
    ['Gateway Evicted (in-flight)', cluster.gatewayEvicted],
    ['Gateway Expired (TTL)', cluster.gatewayExpired],
    ['Rejected Requests (Encode)', cluster.encodeRejected],
  ] as const;
  const counters = [
    inversions,
    blocking,
    cluster.admissionRejected,
    cluster.routingRejected,
    headline.dropped,
    headline.timedOut,
    headline.lengthCapped,
    ...shed.map(([, count]) => count),
    ...gateway.map(([, count]) => count),
  ];
  if (counters.every((count) => count === 0)) return [];
  return [
    '=== Anomaly Counters ===',
    `Priority Inversions: ${inversions}`,
    `HOL Blocking Events: ${blocking}`,
    `Rejected Requests (Admission): ${cluster.admissionRejected}`,
    ...shed.map(([sloClass, count]) => `  Shed (${sloClass}): ${count}`),
    `Rejected Requests (Routing): ${cluster.routingRejected}`,
    `Dropped Unservable: ${headline.dropped}`,
    `Timed Out Requests: ${headline.timedOut}`,
    `Length-Capped Requests: ${headline.lengthCapped}`,
    ...gateway.filter(([, count]) => count > 0).map(([label, count]) => `${label}: ${count}`),
  ];
}

function cacheSection(headline: HeadlineMetrics): readonly string[] {
  const preemptionRate = headline.completed > 0 ? headline.preemptions / headline.completed : 0;
  const rates = [preemptionRate, headline.cacheHitRate, headline.thrashingRate];
  if (rates.every((rate) => rate === 0)) return [];
  return [
    '=== KV Cache Metrics ===',
    `Preemption Rate: ${fixed(preemptionRate, 4)}`,
    `Cache Hit Rate: ${fixed(headline.cacheHitRate, 4)}`,
    `KV Thrashing Rate: ${fixed(headline.thrashingRate, 4)}`,
  ];
}

function sloSection({ result, hasTargets }: SectionInput): readonly string[] {
  const { sloClass } = result.table;
  const measured = (row: number) => (Number.isFinite(result.ttftUs[row]!) ? sloClass[row]! : -1);
  const classes = rowsBy(result, measured, (number) => className(result, number));
  if (classes.length === 0 || (classes.length === 1 && !hasTargets)) return [];
  const lines = classes.flatMap(([name, rows]) => {
    const completed = rows.filter((row) => result.completed[row] === 1);
    return [
      `  ${name}:`,
      `    TTFT: ${meanAndTail(distribution(picked(result.ttftUs, rows)))}`,
      `    ITL:  ${meanAndTail(distribution(completed.map((row) => tokenGapUs(result, row))))}`,
      `    E2E:  ${meanAndTail(distribution(picked(result.e2eUs, rows)))}`,
    ];
  });
  return ['=== Per-SLO Metrics ===', ...lines];
}

function modelSection({ result, headline }: SectionInput): readonly string[] {
  const { names, model, outputTokens } = result.table;
  const tagged = rowsBy(
    result,
    (row) => (result.registered[row] === 1 && names.models[model[row]!] ? model[row]! : -1),
    (number) => names.models[number]!,
  );
  if (tagged.length === 0) return [];
  const lines = tagged.flatMap(([name, rows]) => {
    const ended = rows.filter((row) => Number.isFinite(result.e2eUs[row]!));
    const tokens = ended.reduce((sum, row) => sum + outputTokens[row]!, 0);
    const perSecond = (count: number) => fixed(headline.durationS > 0 ? count / headline.durationS : 0, 2);
    return [
      `  ${name}:`,
      `    TTFT: ${medianAndTail(distribution(picked(result.ttftUs, rows)))}`,
      `    E2E:  ${medianAndTail(distribution(picked(result.e2eUs, rows)))}`,
      `    Throughput: ${perSecond(ended.length)} req/s, ${perSecond(tokens)} tok/s`,
    ];
  });
  return ['=== Per-Model Metrics ===', ...lines];
}

function tenantSection(result: EngineResult): readonly string[] {
  const { names, tenant, outputTokens } = result.table;
  const tenants = rowsBy(
    result,
    (row) => (Number.isFinite(result.e2eUs[row]!) && names.tenants[tenant[row]!] ? tenant[row]! : -1),
    (number) => names.tenants[number]!,
  );
  if (tenants.length === 0) return [];
  const tokens = tenants.map(([, rows]) => rows.reduce((sum, row) => sum + outputTokens[row]!, 0));
  return [
    '=== Per-Tenant Metrics ===',
    ...tenants.map(([name, rows], i) => `  ${name}: requests=${rows.length}, tokens=${tokens[i]}`),
    `  Jain Fairness Index: ${fixed(jainIndex(tokens), 4)}`,
  ];
}

function sessionSection(result: EngineResult): readonly string[] {
  const { names, session, round, arrivalUs } = result.table;
  const sessions = rowsBy(
    result,
    (row) => (result.registered[row] === 1 ? session[row]! : -1),
    (number) => names.sessions[number]!,
  );
  if (sessions.length === 0) return [];
  const rows = sessions.flatMap(([, members]) => members);
  const ttft = (keep: (row: number) => boolean) =>
    distribution(rows.filter(keep).map((row) => result.ttftUs[row]! / 1000));
  const durations = sessions.map(([, members]) => {
    const first = members.find((row) => round[row] === 0);
    const ends = members
      .filter((row) => Number.isFinite(result.e2eUs[row]!))
      .map((row) => arrivalUs[row]! + result.e2eUs[row]!);
    if (first === undefined || ends.length === 0) return Number.NaN;
    // The end from µs to ms, the start by way of seconds: the rounding shows in the last printed digit.
    const duration = Math.max(...ends) / 1000 - (arrivalUs[first]! / 1e6) * 1000;
    return duration > 0 ? duration : Number.NaN;
  });
  return [
    '=== Session Metrics ===',
    `  Sessions: ${sessions.length}`,
    ...spread(
      'TTFT cold (round 0):',
      ttft((row) => round[row] === 0),
    ),
    ...spread(
      'TTFT warm (round≥1):',
      ttft((row) => round[row]! > 0),
    ),
    ...spread('Session duration:   ', distribution(durations)),
  ];
}

function traceSection({ result, summarizeTrace }: SectionInput): readonly string[] {
  const { decisions } = result;
  if (decisions === null || !summarizeTrace) return [];
  const targets = decisions.targets
    .map((count, instance) => [`instance_${instance}`, count] as const)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    '=== Trace Summary ===',
    `Total Decisions: ${decisions.admitted + decisions.rejected}`,
    `  Admitted: ${decisions.admitted}`,
    `  Rejected: ${decisions.rejected}`,
    `Unique Targets: ${targets.length}`,
    ...(targets.length > 0 ? ['Target Distribution:'] : []),
    ...targets.map(([name, count]) => `  ${name}: ${count}`),
    `Mean Regret: ${fixed(decisions.meanRegret, 6)}`,
    `Max Regret: ${fixed(decisions.maxRegret, 6)}`,
  ];
}

function meanAndTail(d: Distribution): string {
  return `mean=${fixed(d.mean, 2)} p99=${fixed(d.p99, 2)} (n=${d.count})`;
}

function medianAndTail(d: Distribution): string {
  return `p50=${fixed(d.p50, 2)} p99=${fixed(d.p99, 2)} (n=${d.count})`;
}

/** A line, or none of nothing. */
export function spread(label: string, d: Distribution): readonly string[] {
  if (d.count === 0) return [];
  const figures = `mean=${fixed(d.mean, 2)} p50=${fixed(d.p50, 2)} p95=${fixed(d.p95, 2)} p99=${fixed(d.p99, 2)} ms (n=${d.count})`;
  return [`  ${label} ${figures}`];
}
