import { describe, expect, it } from 'vitest';
import { formatPath, InputError } from '../../../src/base/errors.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';

type Document = Record<string, unknown>;

const LENGTH = { type: 'constant', params: { value: 10 } };

function client(extra: Document = {}): Document {
  return {
    id: 'c',
    rate_fraction: 1,
    arrival: { process: 'poisson' },
    input_distribution: LENGTH,
    output_distribution: LENGTH,
    ...extra,
  };
}

function cohort(extra: Document = {}): Document {
  return { ...client({ id: 'k' }), population: 2, ...extra };
}

function workload(extra: Document = {}, only: Document = client()): Document {
  return { version: '2', aggregate_rate: 10, num_requests: 5, clients: [only], ...extra };
}

function problemOf(document: unknown): { readonly path: string; readonly text: string } {
  try {
    parseWorkload(document);
  } catch (error) {
    if (error instanceof InputError) {
      return { path: formatPath(error.path), text: `${error.message}; ${error.suggestion ?? ''}` };
    }
    throw error;
  }
  return { path: '', text: 'accepted' };
}

const BAD: readonly (readonly [name: string, document: unknown, path: string, text: RegExp])[] = [
  ['a list', [], '', /must be a map of keys, got \[\]/],
  ['an unknown key', workload({ agregate_rate: 3 }), 'agregate_rate', /unknown key.*did you mean "aggregate_rate"/],
  ['no traffic', { aggregate_rate: 1 }, '', /at least one client/],
  ['an unknown category', workload({ category: 'langage' }), 'category', /did you mean "language"/],
  ['a quoted number', workload({ aggregate_rate: '10' }), 'aggregate_rate', /must be a number, got "10"/],
  ['a negative cap', workload({ num_requests: -1 }), 'num_requests', /≥ 0, got -1/],
  ['a negative horizon', workload({ horizon: -5 }), 'horizon', /≥ 0, got -5/],
  ['a seed beyond 64 bits', workload({ seed: 2n ** 63n }), 'seed', /64 bits/],
  ['no total rate', workload({ aggregate_rate: 0 }), 'aggregate_rate', /must be > 0, got 0/],
  ['an infinite rate', workload({ aggregate_rate: Number.POSITIVE_INFINITY }), 'aggregate_rate', /finite/],
  ['clients that are no list', workload({ clients: {} }), 'clients', /must be a list, got \{\}/],
  ['a zero fraction', workload({}, client({ rate_fraction: 0 })), 'clients[0].rate_fraction', /> 0, got 0/],
  ['an old class in version 2', workload({}, client({ slo_class: 'realtime' })), 'clients[0].slo_class', /unknown SLO/],
  ['a misspelled class', workload({}, client({ slo_class: 'critcal' })), 'clients[0].slo_class', /"critical"/],
  [
    'an unknown process',
    workload({}, client({ arrival: { process: 'poison' } })),
    'clients[0].arrival.process',
    /"poisson"/,
  ],
  ['no arrival', workload({}, client({ arrival: null })), 'clients[0].arrival', /is required but missing/],
  ['cv zero', workload({}, client({ arrival: { process: 'gamma', cv: 0 } })), 'clients[0].arrival.cv', /> 0, got 0/],
  [
    'a weibull cv out of reach',
    workload({}, client({ arrival: { process: 'weibull', cv: 11 } })),
    'clients[0].arrival.cv',
    /0\.01 … 10\.4/,
  ],
  [
    'an unknown length type',
    workload({}, client({ input_distribution: { type: 'normal', params: {} } })),
    'clients[0].input_distribution.type',
    /unknown length distribution "normal"/,
  ],
  [
    'a missing parameter',
    workload({}, client({ output_distribution: { type: 'gaussian', params: { mean: 1, min: 1, max: 2 } } })),
    'clients[0].output_distribution.params.std_dev',
    /is required but missing; add it: must be finite/,
  ],
  [
    'a misspelled parameter',
    workload({}, client({ output_distribution: { type: 'exponential', params: { mean: 1, maxi: 2 } } })),
    'clients[0].output_distribution.params.maxi',
    /did you mean "max"/,
  ],
  [
    'min above max',
    workload({}, client({ output_distribution: { type: 'exponential', params: { mean: 1, min: 9, max: 2 } } })),
    'clients[0].output_distribution.params.min',
    /min 9 and max 2/,
  ],
  [
    'an infinite parameter',
    workload({}, client({ output_distribution: { type: 'exponential', params: { mean: Number.NaN } } })),
    'clients[0].output_distribution.params.mean',
    /finite, got NaN/,
  ],
  [
    'an empirical distribution from a file only',
    workload({}, client({ input_distribution: { type: 'empirical', file: 'x.json' } })),
    'clients[0].input_distribution.params',
    /is required but missing/,
  ],
  [
    'an empirical length that is no number',
    workload({}, client({ input_distribution: { type: 'empirical', params: { ten: 1 } } })),
    'clients[0].input_distribution.params.ten',
    /length: weight/,
  ],
  ['a negative prefix', workload({}, client({ prefix_length: -1 })), 'clients[0].prefix_length', /≥ 0/],
  ['a negative timeout', workload({}, client({ timeout: -1 })), 'clients[0].timeout', /≥ 0/],
  ['a flag as text', workload({}, client({ streaming: 'sometimes' })), 'clients[0].streaming', /true or false/],
  ['no windows', workload({}, client({ lifecycle: { windows: [] } })), 'clients[0].lifecycle.windows', /at least 1/],
  [
    'an empty window',
    workload({}, client({ lifecycle: { windows: [{ start_us: 5, end_us: 5 }] } })),
    'clients[0].lifecycle.windows[0].end_us',
    /> start_us 5, got 5/,
  ],
  [
    'no rounds',
    workload({}, client({ reasoning: { multi_turn: { think_time_us: 1 } } })),
    'clients[0].reasoning.multi_turn.max_rounds',
    /is required but missing; add it: must be an integer ≥ 1/,
  ],
  [
    'users with a rate',
    workload({}, client({ concurrency: 3 })),
    'clients[0].rate_fraction',
    /cannot be combined with concurrency/,
  ],
  [
    'users beside sessions',
    workload({
      clients: [client({ reasoning: { multi_turn: { max_rounds: 2 } } }), client({ concurrency: 1, rate_fraction: 0 })],
    }),
    'clients[1].concurrency',
    /cannot be in one workload/,
  ],
  [
    'classes on some clients only',
    workload({ clients: [client({ slo_class: 'batch' }), client()] }),
    'clients[1]',
    /for all clients and cohorts or for none/,
  ],
  ['an empty cohort', workload({ cohorts: [cohort({ population: 0 })] }), 'cohorts[0].population', /1 … 100000/],
  [
    'a private prefix without a group',
    workload({ cohorts: [cohort({ prefix_sharing: 'per_member' })] }),
    'cohorts[0].prefix_sharing',
    /needs a prefix_group/,
  ],
  [
    'an hour of 24',
    workload({ cohorts: [cohort({ diurnal: { peak_hour: 24, peak_to_trough_ratio: 2 } })] }),
    'cohorts[0].diurnal.peak_hour',
    /0 … 23/,
  ],
  [
    'a spike of no length',
    workload({ cohorts: [cohort({ spike: { start_time_us: 1 } })] }),
    'cohorts[0].spike.duration_us',
    /≥ 1/,
  ],
  ['a servegen section without a folder', { servegen_data: {} }, 'servegen_data.path', /required/],
  [
    'stages beside clients',
    workload({ inference_perf: { stages: [{ rate: 1, duration: 1 }], shared_prefix: perf() } }),
    'inference_perf',
    /cannot be combined with clients/,
  ],
  [
    'a stage without duration',
    { inference_perf: { stages: [{ rate: 1 }], shared_prefix: perf() } },
    'inference_perf.stages[0].duration',
    /≥ 1/,
  ],
  [
    'a goodput figure',
    workload({ goodput_slo_targets: { critical: { ttft: 3 } } }),
    'goodput_slo_targets.critical.ttft',
    /ttft_ms/,
  ],
];

function perf(): Document {
  return {
    num_unique_system_prompts: 1,
    num_users_per_system_prompt: 1,
    system_prompt_len: 1,
    question_len: 1,
    output_len: 1,
  };
}

describe('a workload document', () => {
  it.each(BAD)('is refused with its place and rule: %s', (_, document, path, text) => {
    const problem = problemOf(document);
    expect(problem.text).toMatch(text);
    expect(problem.path).toBe(path);
  });

  it('is accepted with nothing but what it needs', () => {
    expect(problemOf(workload()).text).toBe('accepted');
  });

  it('puts the path of the whole document in front', () => {
    const document = workload({}, client({ timeout: -1 }));
    expect(() => parseWorkload(document, ['workload'])).toThrow(
      expect.objectContaining({ path: ['workload', 'clients', 0, 'timeout'] }),
    );
  });

  it('keeps 64-bit seeds exact and defaults to 0', () => {
    expect(parseWorkload(workload({ seed: -9_223_372_036_854_775_808n })).seed).toBe(-(2n ** 63n));
    expect(parseWorkload(workload({ seed: 42 })).seed).toBe(42n);
    expect(parseWorkload(workload()).seed).toBe(0n);
  });

  it('takes the largest horizon for none', () => {
    expect(parseWorkload(workload({ horizon: 2n ** 63n - 1n })).horizonUs).toBe(0);
  });

  it('renames old classes with a warning, in documents without version only', () => {
    const old = parseWorkload({ ...workload({}, client({ slo_class: 'realtime' })), version: undefined });
    expect(old.clients[0]!.sloClass).toBe('critical');
    expect(old.warnings).toHaveLength(1);
  });

  it('accepts rates on every window in place of a total rate', () => {
    const windows = [{ start_us: 0, end_us: 10, trace_rate: 5 }];
    expect(problemOf(workload({ aggregate_rate: 0 }, client({ lifecycle: { windows } }))).text).toBe('accepted');
  });

  it('takes goodput targets for requests without a class, and warns about classes that no request can have', () => {
    const targets = { default: { ttft_ms: 5 }, fast: { itl_ms: 3 } };
    const spec = parseWorkload(workload({ goodput_slo_targets: targets }));
    expect(spec.goodputTargets).toEqual({ default: { ttftMs: 5 }, fast: { itlMs: 3 } });
    expect(spec.warnings).toEqual([expect.stringMatching(/^goodput_slo_targets\.fast: no request can have/)]);
  });

  it('reads whole numbers with underscores and the YAML 1.1 words for flags', () => {
    const one = client({ streaming: 'yes', prefix_length: '1_0', closed_loop: 'Off' });
    const spec = parseWorkload(workload({ num_requests: '2_000', seed: '-9_000' }, one));
    expect([spec.numRequests, spec.seed, spec.clients[0]!.prefixLength]).toEqual([2000, -9000n, 10]);
    expect([spec.clients[0]!.streaming, spec.clients[0]!.closedLoop]).toEqual([true, false]);
    for (const text of ['_1', '1_x', '1', '1.5_0']) {
      expect(problemOf(workload({ num_requests: text })).text).toMatch(/must be a number, got "/);
    }
  });

  it('cuts fractions off whole numbers and accepts a version without quotes', () => {
    const spec = parseWorkload(workload({ num_requests: 7.9, version: 2 }, client({ prefix_length: 3.5 })));
    expect(spec.numRequests).toBe(7);
    expect(spec.clients[0]!.prefixLength).toBe(3);
  });
});
