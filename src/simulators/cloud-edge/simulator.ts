import { InputError } from '../../base/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { shortText } from '../../base/short-text.ts';
import { requireAffordable } from '../run-bounds.ts';
import type { MetricSpec, PreparedSimulation, SimulationInput, SimulationResult, Simulator } from '../simulator.ts';
import { arrivalsFor, type PromptSet, promptSet, rowsFor } from './arrivals.ts';
import { parseConfig } from './config.ts';
import type { CloudEdgeConfig } from './config-schema.ts';
import { runNeeds } from './run-needs.ts';
import { createScheduler } from './scheduler-table.ts';
import { simulate } from './simulate.ts';
import { summarizeRun } from './summary.ts';

const METRICS: readonly MetricSpec[] = [
  { name: 'avg_jct_s', unit: 's', better: 'lower', description: 'mean job completion time of finished requests' },
  { name: 'p95_jct_s', unit: 's', better: 'lower', description: '95th percentile of job completion time' },
  { name: 'p99_jct_s', unit: 's', better: 'lower', description: '99th percentile of job completion time' },
  {
    name: 'avg_jct_with_backlog_s',
    unit: 's',
    better: 'lower',
    description: 'mean completion time, unfinished requests counted by their age at the end',
  },
  { name: 'total_throughput_rps', unit: 'requests/s', better: 'higher', description: 'finished requests per second' },
  { name: 'edge_throughput_rps', unit: 'requests/s', better: 'higher', description: 'of them on the edge' },
  {
    name: 'cloud_offload_rate',
    unit: '1',
    better: 'lower',
    description: 'share of finished requests served by the cloud',
  },
  { name: 'avg_queueing_delay_s', unit: 's', better: 'lower', description: 'mean wait before the start' },
  { name: 'backlog_at_end', unit: 'requests', better: 'lower', description: 'requests not finished at the end' },
];

const SLO_METRIC: MetricSpec = {
  name: 'slo_attainment',
  unit: '1',
  better: 'higher',
  description: 'share of finished requests within slo_s',
};

/**
 * Requests of unknown length on one batching edge node and one cloud node, ordered by a learner. Configuration and
 * workload are one flat map of keys, split as the user likes.
 * @see Li et al. 2025, "Cloud-edge system for scheduling unpredictable LLM requests with combinatorial bandit"
 */
export function createCloudEdge(): Simulator {
  const prompts = new Map<string, PromptSet>();
  const rowSets = new WeakMap<object, PromptSet>();

  function promptsFor(config: CloudEdgeConfig, seed: number, source: object | null): PromptSet {
    if (config.dataset.kind === 'synthetic') {
      const drawn = config.dataset.seed ?? seed;
      const { embedding_dim, max_dataset_samples, dataset } = config;
      const key = [drawn, dataset.rows, max_dataset_samples, embedding_dim, config.embedding_model_type].join(' ');
      const known = prompts.get(key);
      if (known !== undefined) return known;
      const fresh = promptSet(rowsFor(config, seed), config);
      prompts.set(key, fresh);
      return fresh;
    }
    const plain =
      config.bert_embedding_dim === null && config.embedding_dim === 64 && config.max_dataset_samples === 50_000;
    const known = plain && source !== null ? rowSets.get(source) : undefined;
    if (known !== undefined) return known;
    const fresh = promptSet(rowsFor(config, seed), config);
    if (plain && source !== null) rowSets.set(source, fresh);
    return fresh;
  }

  return {
    name: 'cloud-edge',
    description: 'learning schedulers for requests of unknown length on an edge and a cloud node',
    vocabulary: [...METRICS, SLO_METRIC],
    prepare(input: SimulationInput): PreparedSimulation {
      const { config, source } = parseInput(input);
      if (config.arrival_trace === null && config.dataset.kind === 'rows') promptsFor(config, 0, source);
      const metrics = config.slo_s === null ? METRICS : [...METRICS, SLO_METRIC];
      return {
        metrics,
        run({ seed, fidelity }) {
          const set = config.arrival_trace === null ? promptsFor(config, seed, source) : null;
          return runOnce(config, metrics, seed, config.simulation_duration * fidelity, set);
        },
      };
    },
  };
}

function runOnce(
  config: CloudEdgeConfig,
  metrics: readonly MetricSpec[],
  seed: number,
  duration: number,
  prompts: PromptSet | null,
): SimulationResult {
  const arrivals = arrivalsFor(config, seed, duration, prompts);
  const scheduler = createScheduler(config, arrivals.dimension, seed);
  const record = simulate(config, arrivals, scheduler, { duration, recordDecisions: false });
  if (record.completed.length === 0) return { kind: 'infeasible', reason: 'no request completed' };
  const summary = summarizeRun(record, config) as unknown as Readonly<Record<string, number | null>>;
  return {
    kind: 'measured',
    metrics: Object.fromEntries(metrics.map(({ name }) => [name, summary[name]!])),
    diagnostics: { ...summary, arrived: record.arrived },
  };
}

/** Merges both documents; a complaint names the one its key came from. */
function parseInput({ config, workload, limits }: SimulationInput): { config: CloudEdgeConfig; source: object | null } {
  const first = asMap(config, 'config');
  const second = workload === null ? {} : asMap(workload, 'workload');
  const twice = Object.keys(second).find((key) => Object.hasOwn(first, key));
  if (twice !== undefined) {
    throw new InputError(`${shortText(twice)} is given by both the configuration and the workload`, {
      path: ['workload', twice],
      suggestion: 'keep one',
    });
  }
  try {
    const merged = { ...first, ...second };
    const source = merged['dataset'];
    const parsed = parseConfig(merged);
    requireAffordable(runNeeds(parsed), limits);
    return { config: parsed, source: isJsonObject(source) ? source : null };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw error.map((problem) => {
      const key = problem.path[0];
      return problem.at({ prefix: [typeof key === 'string' && Object.hasOwn(second, key) ? 'workload' : 'config'] });
    });
  }
}

function asMap(value: Json, root: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new InputError('must be a map of keys', { path: [root] });
}
