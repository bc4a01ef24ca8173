import type { JsonObject } from '../../base/json.ts';
import { BUILTIN_WORKLOADS } from '../../simulators/gpu-jobs/builtin-workloads.ts';
import { clusterByName, gpuCount } from '../../simulators/gpu-jobs/cluster-spec.ts';
import { NAMED_ORDERINGS } from '../../simulators/gpu-jobs/ordering.ts';
import { simulateSimplified } from '../../simulators/gpu-jobs/simplified-engine.ts';
import { type SimplifiedMetrics, simplifiedMetrics } from '../../simulators/gpu-jobs/simplified-metrics.ts';
import { comparisonTable } from './comparison-table.ts';
import { simplifiedReport } from './simplified-report.ts';

const CLUSTER = 'h100_16gpu';
const ALGORITHMS = ['FIFO', 'WeightedFIFO', 'SRPT', 'WSRPT'] as const;
const RULE = '='.repeat(80);

const SETTINGS = { slotRule: 'legacy', clock: 'accumulate', dt: 0.01, maxTime: 5 } as const;
const WORKLOAD = 'discriminating';

/** The figures behind the report, under the names that `gpu-jobs run` gives them. */
export function publishedFigures(): JsonObject {
  const tasks = BUILTIN_WORKLOADS[WORKLOAD]!;
  const algorithms = ALGORITHMS.map((name) => ({ name, ordering: NAMED_ORDERINGS[name]! }));
  const settings = { ...SETTINGS, cluster: clusterByName(CLUSTER) };
  return simplifiedReport([{ name: WORKLOAD, tasks }], algorithms, settings, undefined).document;
}

/** The comparison that seed document 002 prints, computed anew. */
export function publishedReport(): string {
  const cluster = clusterByName(CLUSTER);
  const tasks = BUILTIN_WORKLOADS[WORKLOAD]!;
  const measure = (name: string): SimplifiedMetrics => {
    const config = { ...SETTINGS, cluster, ordering: NAMED_ORDERINGS[name]! };
    return simplifiedMetrics(simulateSimplified(config, tasks), tasks, cluster);
  };
  const rows = ALGORITHMS.map((name) => [name, measure(name)] as const);
  const [[, fifo], [, weighted], [, srpt]] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
  return [
    RULE,
    'Simplified LLM GPU Scheduling Simulator Test',
    RULE,
    '',
    `Cluster: ${CLUSTER} (${gpuCount(cluster)} GPUs)`,
    `Tasks: ${tasks.length}`,
    '  - T_low_1 to T_low_8: weight=1, tokens=2000 (long)',
    '  - T_high_1 to T_high_12: weight=10, tokens=500 (short)',
    '',
    RULE,
    'Algorithm Comparison Results',
    RULE,
    ...comparisonTable(rows),
    '',
    ...improvement('WeightedFIFO', 'weighted waiting time', fifo.weightedWaitingTime, weighted.weightedWaitingTime),
    '',
    ...improvement('SRPT', 'average waiting time', fifo.averageWaitingTime, srpt.averageWaitingTime),
    '',
  ].join('\n');
}

function improvement(name: string, what: string, fifo: number, other: number): string[] {
  return [
    `${name} vs FIFO (${what}):`,
    `  FIFO: ${fifo.toFixed(3)}`,
    `  ${name}: ${other.toFixed(3)}`,
    `  Improvement: ${(((fifo - other) / fifo) * 100).toFixed(1)}%`,
  ];
}
