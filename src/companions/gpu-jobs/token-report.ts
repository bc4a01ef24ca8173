import { InputError } from '../../base/errors.ts';
import { isJsonObject, type JsonObject } from '../../base/json.ts';
import { placed, type YamlSource } from '../../document/yaml.ts';
import { type ClusterSpec, gpuCount } from '../../simulators/gpu-jobs/cluster-spec.ts';
import { parseTokenConfig } from '../../simulators/gpu-jobs/config.ts';
import { bookNeeds, tokenNeeds } from '../../simulators/gpu-jobs/run-needs.ts';
import { tokenFigures } from '../../simulators/gpu-jobs/simulator.ts';
import type { TokenConfig } from '../../simulators/gpu-jobs/token-config.ts';
import { simulateTokens } from '../../simulators/gpu-jobs/token-engine.ts';
import type { TokenResult } from '../../simulators/gpu-jobs/token-log.ts';
import {
  type LatencySummaries,
  type TokenMetrics,
  timeline,
  tokenMetrics,
} from '../../simulators/gpu-jobs/token-metrics.ts';
import type { SchedulerFactory } from '../../simulators/gpu-jobs/token-scheduler.ts';
import type { Summary } from '../../simulators/kernel/quantile.ts';
import { requireAffordable } from '../../simulators/run-bounds.ts';
import { comparisonTable } from './comparison-table.ts';
import { csvTable } from './csv-table.ts';
import { replayErrors } from './replay-errors.ts';
import { type DrawnWorkload, fileFor, type NamedOrdering, type RunReport } from './run-report.ts';

export interface TokenOptions {
  readonly cluster: ClusterSpec;
  /** Where the settings were written; null = defaults. */
  readonly source: YamlSource | null;
  readonly maxTime: number | undefined;
  /** Of the timeline, s. */
  readonly window: number;
  readonly timelineFile: string | undefined;
  readonly tasksFile: string | undefined;
  readonly eventsFile: string | undefined;
  /** Decides instead of the orderings. */
  readonly scheduler?: SchedulerFactory;
}

/** Every ordering on every workload, token by token. @throws InputError, placed in the settings where they are at fault */
export function tokenReport(
  workloads: readonly DrawnWorkload[],
  algorithms: readonly NamedOrdering[],
  options: TokenOptions,
): RunReport {
  const base = tokenSettings(options);
  const document: Record<string, JsonObject> = {};
  const files: { file: string; text: string }[] = [];
  const lines = [
    `Cluster: ${options.cluster.name} (${gpuCount(options.cluster)} GPUs), token engine, step times: ${base.perf.kind}`,
  ];
  for (const { name, tasks } of workloads) {
    const needs = [...tokenNeeds({ kind: 'tasks', tasks }, base), ...bookNeeds(base)];
    runPlaced(options, () => requireAffordable(needs));
    const rows = algorithms.map((algorithm) => {
      const config = { ...base, ordering: algorithm.ordering };
      const result = runPlaced(options, () =>
        simulateTokens(config, tasks, {
          logEvents: options.eventsFile !== undefined,
          logIterations: options.timelineFile !== undefined,
          ...(options.scheduler === undefined ? {} : { scheduler: options.scheduler }),
        }),
      );
      const metrics = tokenMetrics(result);
      const run = `${name}_${algorithm.name}`;
      document[run] = tokenRecord(metrics, result);
      files.push(...exports(result, run, options));
      return [algorithm.name, metrics] as const;
    });
    lines.push('', `Workload: ${name} (${tasks.length} tasks)`, ...comparisonTable(rows), '', ...latencyTable(rows));
    const replay = document[`${name}_${algorithms[0]!.name}`]?.['replay_mape'];
    if (replay !== undefined)
      lines.push('', `Error against recorded latencies (${algorithms[0]!.name}): ${JSON.stringify(replay)}`);
  }
  return { text: `${lines.join('\n')}\n`, document, files };
}

/** Keys of a configuration that stand beside the settings. */
const RESERVED = ['engine', 'ordering', 'max_time', 'cluster'];

function tokenSettings({ source, cluster, maxTime }: TokenOptions): TokenConfig {
  const read = (): TokenConfig => {
    const settings = source?.value ?? {};
    if (!isJsonObject(settings)) throw new InputError('must be a map of settings');
    const reserved = RESERVED.find((key) => key in settings);
    if (reserved !== undefined) {
      throw new InputError('is given by a flag, not in the settings', { path: [reserved], suggestion: 'remove it' });
    }
    const groups = cluster.groups.map(({ gpu, count }) => ({ gpu: gpu.name, count }));
    const document = { ...settings, cluster: { name: cluster.name, groups } };
    return parseTokenConfig(maxTime === undefined ? document : { ...document, max_time: maxTime }, []);
  };
  return source === null ? read() : placed(source, 0, read);
}

function runPlaced<T>({ source }: TokenOptions, body: () => T): T {
  return source === null ? body() : placed(source, 0, body);
}

function tokenRecord(metrics: TokenMetrics, result: TokenResult): JsonObject {
  const replay = replayErrors(result.tasks);
  return {
    ...tokenFigures(metrics),
    completed_count: metrics.completedCount,
    total_count: metrics.totalCount,
    rejected_count: metrics.rejectedCount,
    rejected: Object.fromEntries(
      result.tasks.flatMap(({ task, rejection }) => (rejection === null ? [] : [[task.id, rejection]])),
    ),
    iterations: metrics.iterations,
    evictions: metrics.evictions,
    batch_efficiency: metrics.batchEfficiency,
    prefill_tokens_per_sec: metrics.prefillTokensPerSecond,
    output_tokens_per_sec_per_gpu: metrics.outputTokensPerGpuSecond,
    ...phaseRecord('prefill', metrics.prefill),
    ...phaseRecord('decode', metrics.decode),
    by_weight: Object.fromEntries(Object.entries(metrics.byWeight).map(([key, group]) => [key, groupRecord(group)])),
    by_model: Object.fromEntries(Object.entries(metrics.byModel).map(([key, group]) => [key, groupRecord(group)])),
    ...(replay === null ? {} : { replay_mape: replay as unknown as JsonObject }),
  };
}

function phaseRecord(name: string, { mean, p50, p95, p99 }: Summary): JsonObject {
  return Object.fromEntries(
    Object.entries({ mean, p50, p95, p99 }).map(([key, value]) => [`${name}_${key}_ms`, milliseconds(value)]),
  );
}

function groupRecord(group: LatencySummaries): JsonObject {
  return Object.fromEntries(
    Object.entries(group).map(([name, { count, mean, p50, p95, p99 }]) => [
      name,
      {
        count,
        mean_ms: milliseconds(mean),
        p50_ms: milliseconds(p50),
        p95_ms: milliseconds(p95),
        p99_ms: milliseconds(p99),
      },
    ]),
  );
}

/** null where nothing was measured. */
function milliseconds(seconds: number): number | null {
  return Number.isFinite(seconds) ? seconds * 1000 : null;
}

function exports(result: TokenResult, run: string, options: TokenOptions): { file: string; text: string }[] {
  const files: { file: string; text: string }[] = [];
  if (options.timelineFile !== undefined) {
    const windows = timeline(result, options.window);
    const rows = windows.map((row) => ({ ...row }));
    files.push({
      file: fileFor(options.timelineFile, run),
      text: csvTable(rows, Object.keys(rows[0] ?? { start: 0 })),
    });
  }
  if (options.eventsFile !== undefined) {
    const text = result.events.map((event) => `${JSON.stringify(event)}\n`).join('');
    files.push({ file: fileFor(options.eventsFile, run), text });
  }
  if (options.tasksFile !== undefined) files.push({ file: fileFor(options.tasksFile, run), text: taskTimes(result) });
  return files;
}

function taskTimes({ tasks }: TokenResult): string {
  const rows = tasks.map(({ task, stage, instance, start, firstToken, completion, generated, preemptions }) => ({
    task: task.id,
    model: task.model,
    weight: task.weight,
    arrival: task.arrival,
    prefill_tokens: task.prefillTokens,
    decode_tokens: task.decodeTokens,
    instance,
    state: stage,
    start,
    first_token: firstToken,
    completion,
    ttft: firstToken - task.arrival,
    e2e: completion - task.arrival,
    generated,
    preemptions,
  }));
  return csvTable(rows, Object.keys(rows[0] ?? { task: '' }));
}

function latencyTable(rows: readonly (readonly [string, TokenMetrics])[]): string[] {
  const columns = ['TTFT mean', 'TTFT p99', 'TPOT mean', 'E2E mean', 'E2E p99'];
  const head = `${'Algorithm'.padEnd(20)} ${columns.map((name) => name.padStart(10)).join(' ')}   tokens/s  preempted`;
  const figure = (seconds: number): string => (Number.isFinite(seconds) ? seconds.toFixed(4) : '-').padStart(10);
  return [
    head,
    ...rows.map(([name, { ttft, tpot, e2e, outputTokensPerSecond, preemptions }]) => {
      const cells = [ttft.mean, ttft.p99, tpot.mean, e2e.mean, e2e.p99].map(figure).join(' ');
      return `${name.padEnd(20)} ${cells} ${outputTokensPerSecond.toFixed(1).padStart(10)} ${String(preemptions).padStart(10)}`;
    }),
  ];
}
