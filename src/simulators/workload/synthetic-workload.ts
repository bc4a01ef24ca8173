import { InputError, unknownName } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { MICROS_PER_MILLI } from '../../base/units.ts';
import type { ClientSpec, LengthSpec, WorkloadSpec } from './workload-spec.ts';

/** A normal distribution of token counts, clamped to [min, max]. */
export interface TokenCounts {
  readonly mean: number;
  readonly stdDev: number;
  readonly min: number;
  readonly max: number;
}

/** Lengths of a simple workload: one client, one shared prefix at most. */
export interface SyntheticLengths {
  readonly prompt: TokenCounts;
  readonly output: TokenCounts;
  readonly prefixTokens: number;
}

/** How requests come: at a constant rate (requests/s), or from users who wait between answer and next request. */
export type SyntheticLoad =
  | { readonly kind: 'rate'; readonly ratePerSecond: number }
  | { readonly kind: 'users'; readonly users: number; readonly thinkTimeMs: number };

const DEFAULT_TOKENS: TokenCounts = { mean: 512, stdDev: 256, min: 2, max: 7000 };

/** What an unnamed workload looks like. */
export const DEFAULT_LENGTHS: SyntheticLengths = { prompt: DEFAULT_TOKENS, output: DEFAULT_TOKENS, prefixTokens: 0 };

/** Named workloads. */
const WORKLOAD_PRESETS: Readonly<Record<string, SyntheticLengths>> = {
  chatbot: preset([256, 100, 2, 800], [256, 100, 1, 1024]),
  contentgen: preset([1024, 150, 10, 2048], [1024, 200, 10, 2048]),
  summarization: preset([4096, 500, 100, 8192], [512, 150, 10, 2048]),
  multidoc: preset([10240, 1200, 500, 20480], [1536, 300, 50, 4096]),
};

type Counts = readonly [mean: number, stdDev: number, min: number, max: number];

function preset(prompt: Counts, output: Counts): SyntheticLengths {
  const counts = ([mean, stdDev, min, max]: Counts): TokenCounts => ({ mean, stdDev, min, max });
  return { prompt: counts(prompt), output: counts(output), prefixTokens: 0 };
}

/** @throws InputError for an unknown name */
export function presetLengths(name: string, presets = WORKLOAD_PRESETS): SyntheticLengths {
  const lengths = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (lengths === undefined) throw unknownName('workload', name, ['distribution', ...Object.keys(presets)]);
  return lengths;
}

/**
 * The workload that stands behind a named or distribution workload: one client, constant arrivals or virtual users.
 * @param numRequests - 0 = bounded by the horizon
 */
export function syntheticWorkload(
  lengths: SyntheticLengths,
  load: SyntheticLoad,
  seed: bigint | number,
  numRequests: number,
): WorkloadSpec {
  const client: ClientSpec = {
    id: 'distribution',
    tenant: '',
    sloClass: '',
    model: '',
    adapter: '',
    rateFraction: load.kind === 'rate' ? 1 : 0,
    arrival: { process: 'constant', cv: null, shape: null, scale: null },
    input: gaussian(lengths.prompt),
    output: gaussian(lengths.output),
    prefixGroup: lengths.prefixTokens > 0 ? 'shared' : '',
    prefixLength: lengths.prefixTokens,
    streaming: false,
    multimodal: null,
    reasonRatio: null,
    multiTurn: null,
    closedLoop: null,
    timeoutUs: null,
    sloTargetUs: 0,
    concurrency: load.kind === 'users' ? load.users : 0,
    thinkTimeUs: load.kind === 'users' ? load.thinkTimeMs * MICROS_PER_MILLI : 0,
    windows: null,
  };
  return {
    seed: BigInt(seed),
    aggregateRate: load.kind === 'rate' ? load.ratePerSecond : 0,
    numRequests,
    horizonUs: 0,
    clients: [client],
    cohorts: [],
    inferencePerf: null,
    goodputTargets: null,
    warnings: [],
  };
}

/**
 * A named workload as a document: other requests than the synthetic workload of the same name, since client and seed
 * differ.
 * @throws InputError for an unknown name
 */
export function presetDocument(name: string, ratePerSecond: number, numRequests: number): JsonObject {
  if (!Object.hasOwn(WORKLOAD_PRESETS, name)) throw unknownName('workload', name, Object.keys(WORKLOAD_PRESETS));
  const { prompt, output, prefixTokens } = WORKLOAD_PRESETS[name]!;
  const distribution = ({ mean, stdDev, min, max }: TokenCounts): JsonObject => ({
    type: 'gaussian',
    params: { mean, std_dev: stdDev, min, max },
  });
  return {
    version: '2',
    category: 'language',
    aggregate_rate: ratePerSecond,
    num_requests: numRequests,
    clients: [
      {
        id: `preset-${name}`,
        rate_fraction: 1,
        arrival: { process: 'constant' },
        input_distribution: distribution(prompt),
        output_distribution: distribution(output),
        ...(prefixTokens > 0 ? { prefix_group: 'shared', prefix_length: prefixTokens } : {}),
      },
    ],
  };
}

function gaussian({ mean, stdDev, min, max }: TokenCounts): LengthSpec {
  return { kind: 'gaussian', mean, stdDev, min, max };
}

/**
 * Checks token counts given by hand (presets are taken as they are).
 * @param name - `prompt` or `output`, as the flags call it
 */
export function checkTokenCounts(name: string, { mean, stdDev, min, max }: TokenCounts): void {
  const rules: readonly (readonly [key: string, ok: boolean, rule: string])[] = [
    [`${name}-tokens-min`, min >= 1, `must be ≥ 1, got ${min}`],
    [`${name}-tokens-max`, max >= 1, `must be ≥ 1, got ${max}`],
    [`${name}-tokens-min`, min <= max, `must not exceed ${name}-tokens-max ${max}, got ${min}`],
    [`${name}-tokens-stdev`, stdDev >= 0, `must be ≥ 0, got ${stdDev}`],
    [`${name}-tokens`, mean >= min && mean <= max, `must be within ${min} … ${max}, got ${mean}`],
    [`${name}-tokens-stdev`, stdDev <= max, `must not exceed ${name}-tokens-max ${max}, got ${stdDev}`],
    [
      `${name}-tokens-stdev`,
      stdDev === 0 || stdDev >= min,
      `must be 0 or at least ${name}-tokens-min ${min}, got ${stdDev}`,
    ],
  ];
  for (const [key, ok, rule] of rules) {
    if (!ok) throw new InputError(rule, { path: [key] });
  }
}
