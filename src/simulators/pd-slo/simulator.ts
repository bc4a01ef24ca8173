import type { Json, JsonObject } from '../../base/json.ts';
import { valueAt } from '../../document/schema.ts';
import { requireAffordable } from '../run-bounds.ts';
import type { MetricSpec, PreparedSimulation, Simulator } from '../simulator.ts';
import type { PdSloConfig } from './config-schema.ts';
import { prometheusText } from './metrics-text.ts';
import { readPdSloConfig } from './read-config.ts';
import { runNeeds } from './run-needs.ts';
import { type PdSloRun, runPdSlo } from './run-simulation.ts';
import { type PdSloSummary, summarizeRun } from './summary.ts';

type Metric = MetricSpec & { readonly read: (summary: PdSloSummary) => number };

function metric(
  name: string,
  unit: string,
  better: MetricSpec['better'],
  description: string,
  read: Metric['read'],
): Metric {
  return { name, unit, better, description, read };
}

const LATENCIES = [
  ['ttft', 'ttftMs', 'time to first token'],
  ['tpot', 'tpotMs', 'time per output token'],
  ['e2e', 'e2eMs', 'time from arrival to last token'],
] as const;

const LATENCY_METRICS: readonly Metric[] = LATENCIES.flatMap(([name, key, what]) =>
  (['mean', 'p50', 'p95', 'p99'] as const).map((statistic) =>
    metric(`${name}_${statistic}_ms`, 'ms', 'lower', `${statistic} of the ${what}`, (summary) =>
      summary[key].count === 0 ? 0 : summary[key][statistic],
    ),
  ),
);

const METRICS: readonly Metric[] = [
  metric(
    'slo_attainment',
    '1',
    'higher',
    'share of requests that met both targets',
    ({ attainment }) => attainment.slo ?? 0,
  ),
  metric(
    'ttft_attainment',
    '1',
    'higher',
    'share of requests that met the TTFT target',
    ({ attainment }) => attainment.ttft ?? 0,
  ),
  metric(
    'tpot_attainment',
    '1',
    'higher',
    'share of requests that met the TPOT target',
    ({ attainment }) => attainment.tpot ?? 0,
  ),
  ...LATENCY_METRICS,
  metric('goodput_rps', 'requests/s', 'higher', 'requests per second that met their targets', ({ goodput }) => goodput),
  metric('tokens_per_sec', 'tokens/s', 'higher', 'output tokens per second', (s) => s.outputTokensPerSecond),
  metric('fairness_jain', '1', 'higher', "Jain's index over the classes' attainment", ({ fairness }) => fairness),
  metric('positive_share', '1', 'higher', 'share of chosen pairs with both headrooms > 0', (s) => s.positiveShare),
  metric('pairs_per_request', '1', 'lower', 'pairs scored per request', (s) => s.pairsPerRequest),
  metric('completed_requests', '1', 'higher', 'requests that finished', ({ completed }) => completed),
  metric('rejected_requests', '1', 'lower', 'prompts that fit no decode pod', ({ rejected }) => rejected),
  metric('refused_requests', '1', 'lower', 'requests that admission refused', ({ refused }) => refused),
];

function specOf({ name, unit, better, description }: Metric): MetricSpec {
  return { name, unit, better, description };
}

/** Joint choice of prefill and decode pods under latency targets, on simulated pods. */
export function createPdSloSimulator(): Simulator {
  return {
    name: 'pd-slo',
    description: 'Joint choice of prefill and decode pods under latency targets (llm-d PD-SLO scheduler)',
    vocabulary: METRICS.map(specOf),
    prepare({ config, workload, limits }): PreparedSimulation {
      const setup = readPdSloConfig(config, workload);
      const placed = runNeeds(setup).map((need) => ({ ...need, path: pathIn(workload, need.path) }));
      requireAffordable(placed, limits);
      const metrics = [...METRICS, ...classMetrics(setup.config)];
      return {
        metrics: metrics.map(specOf),
        run({ seed, fidelity }) {
          const run = runPdSlo(setup, { seed, fidelity });
          const summary = summarizeRun(run);
          if (summary.completed === 0) return { kind: 'infeasible', reason: 'no request completed' };
          return {
            kind: 'measured',
            metrics: Object.fromEntries(metrics.map(({ name, read }) => [name, read(summary)])),
            diagnostics: diagnosticsOf(run, summary),
          };
        },
      };
    },
  };
}

/** Where a key of the workload stands: in the workload document, or in the configuration. */
function pathIn(workload: Json, [part, ...keys]: readonly (string | number)[]): readonly (string | number)[] {
  const isThere = part === 'workload' && valueAt(workload, keys) !== undefined;
  return isThere ? ['workload', ...keys] : ['config', part!, ...keys];
}

/** Of the classes that have requests with targets. */
function classMetrics({ workload }: PdSloConfig): Metric[] {
  const asking = workload.classes.filter(
    ({ share, ttft_ms, tpot_ms, headers }) =>
      share > 0 && workload.without_headers < 1 && (ttft_ms ?? tpot_ms ?? headers) !== undefined,
  );
  return asking.map(({ name }) =>
    metric(
      `slo_attainment[${name}]`,
      '1',
      'higher',
      `share of class ${name} that met both targets`,
      ({ byClass }) => byClass[name]!.slo ?? 0,
    ),
  );
}

function diagnosticsOf({ counters, setup }: PdSloRun, summary: PdSloSummary): JsonObject {
  return {
    utilisation: summary.utilisation,
    predictor_mape: summary.predictorMape,
    preemptions: summary.preemptions,
    notices: setup.notices,
    prometheus: prometheusText(counters),
  };
}
