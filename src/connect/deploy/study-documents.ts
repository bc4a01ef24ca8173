import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { type SuggestedParameter, suggestedParameters, type TunedPart } from './ranges.ts';

/** Files of a study that starts from today's deployment. */
export interface StudyDocuments {
  readonly strategy: JsonObject;
  readonly space: JsonObject;
  readonly study: JsonObject;
  /** null where the user names a workload. */
  readonly workload: JsonObject | null;
}

export interface StudyRequest {
  readonly name: string;
  readonly settings: JsonObject;
  /** Where today's settings come from. */
  readonly origin: string;
  readonly tuned: readonly TunedPart[];
  /** File of the user's workload, relative to the study; null = a made-up one. */
  readonly workload: string | null;
  readonly trials: number;
  /** What the study is after. */
  readonly preset: Preset;
  /** Requests per second of the made-up workload; null = a moderate rate for each instance. */
  readonly rate?: number | null;
  /** Whether prefill and decode have profiles of their own. */
  readonly disaggregated: boolean;
}

const COMPLETION = { metric: 'completion_fraction', at_least: 0.99 } as const;
const TTFT = { metric: 'ttft_p99_ms', direction: 'minimize' } as const;
const TPOT = { metric: 'tpot_p99_ms', direction: 'minimize' } as const;
const E2E = { metric: 'e2e_p99_ms', direction: 'minimize' } as const;
const THROUGHPUT = { metric: 'tokens_per_sec', direction: 'maximize' } as const;

/** Objectives of a study by what it is after. Completion bounds them all: what is turned away is fast. */
export const PRESETS = {
  'low-latency': [TTFT, TPOT],
  throughput: [THROUGHPUT, E2E],
  balanced: [TTFT, THROUGHPUT, E2E],
} as const;

export type Preset = keyof typeof PRESETS;

/** Weight vectors: name of the parameter, and the settings that it fills. */
const PROFILES = {
  routing_weights: ['routing_scorers'],
  prefill_weights: ['prefill_routing_scorers'],
  decode_weights: ['decode_routing_scorers', 'routing_scorers'],
} as const;

/** Strategy, search space, study and workload; today's settings are the baseline. */
export function studyDocuments(request: StudyRequest): StudyDocuments {
  const { name, settings, disaggregated } = request;
  const parameters = suggestedParameters(settings, request.tuned);
  const weights = request.tuned.includes('routing') ? weightVectors(settings, disaggregated) : [];
  const config: Record<string, Json> = { ...settings };
  for (const { name: key } of parameters) config[key] = `\${${key}}`;
  for (const { name: vector, scorers } of weights) {
    for (const key of PROFILES[vector]) {
      if (key in settings) config[key] = scorers.map((one) => ({ name: one, weight: `\${${vector}.${one}}` }));
    }
  }
  const all = [...weights.map(asParameter), ...parameters];
  return {
    strategy: {
      name,
      description: 'Today’s deployment, with what may be tuned',
      source: request.origin,
      simulator: 'cluster',
      config,
      baseline: Object.fromEntries(all.map((one) => [one.name, one.today])),
    },
    space: {
      name,
      description: 'Suggested ranges; every one holds today’s value',
      parameters: all.map(({ entry }) => entry),
    },
    study: study(request),
    workload: request.workload === null ? madeUpWorkload(settings, request.rate ?? null) : null,
  };
}

interface WeightVector {
  readonly name: keyof typeof PROFILES;
  readonly scorers: readonly string[];
  readonly today: Readonly<Record<string, number>>;
}

/** Profiles with at least two scorers. */
function weightVectors(settings: JsonObject, disaggregated: boolean): readonly WeightVector[] {
  const names = disaggregated ? (['prefill_weights', 'decode_weights'] as const) : (['routing_weights'] as const);
  return names.flatMap((name) => {
    const list = settings[PROFILES[name][0]];
    const entries = (Array.isArray(list) ? list : []).flatMap((one: Json) =>
      isJsonObject(one) ? [[String(one['name']), Number(one['weight'])] as const] : [],
    );
    if (entries.length < 2) return [];
    return [{ name, scorers: entries.map(([scorer]) => scorer), today: Object.fromEntries(entries) }];
  });
}

function asParameter({ name, scorers, today }: WeightVector): SuggestedParameter {
  return { name, today, entry: { name, type: 'simplex', components: [...scorers] } };
}

function study({ name, workload, trials, preset }: StudyRequest): JsonObject {
  return {
    name,
    description: 'Where can today’s deployment be made better?',
    strategy: 'strategy.yaml',
    space: 'space.yaml',
    workload: workload ?? 'workload.yaml',
    deploy_to: ['epp', 'vllm'],
    objectives: PRESETS[preset].map((objective) => ({ ...objective })),
    constraints: [{ ...COMPLETION }],
    seeds: [42, 123, 456],
    validation: { seeds: [1001, 1002, 1003, 1004, 1005], points: 2 },
    budget: { trials },
    batch: 2,
    sampler: 'gp',
    seed: 1,
  };
}

/** Requests per second of one instance. */
const RATE = 8;

/** Two kinds of chats over a shared system prompt: to be replaced by the user's own. */
function madeUpWorkload(settings: JsonObject, rate: number | null): JsonObject {
  const client = (id: string, share: number, mean: number): JsonObject => ({
    id,
    slo_class: id === 'chat' ? 'standard' : 'sheddable',
    rate_fraction: share,
    streaming: true,
    arrival: { process: 'poisson' },
    prefix_group: id,
    prefix_length: 512,
    input_distribution: { type: 'gaussian', params: { mean, std_dev: mean / 2, min: 16, max: 4 * mean } },
    output_distribution: { type: 'exponential', params: { mean: 128 } },
  });
  return {
    version: '2',
    aggregate_rate: rate ?? RATE * Number(settings['num_instances'] ?? 1),
    num_requests: 600,
    clients: [client('chat', 0.7, 256), client('documents', 0.3, 1024)],
  };
}
