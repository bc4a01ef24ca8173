import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/base/json.ts';
import { convertInferencePerf } from '../../../src/connect/convert/inference-perf.ts';
import { generateWorkload } from '../../../src/simulators/workload/generate-workload.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';

const prompts = {
  num_unique_system_prompts: 2,
  num_users_per_system_prompt: 2,
  system_prompt_len: 16,
  question_len: 120,
  output_len: 10,
};
const section = (stages: Json, more: object = {}): Json => ({
  version: '2',
  seed: 11,
  inference_perf: { stages, shared_prefix: { ...prompts, ...more } },
});
const own = { compat: false };
const converted = (source: Json, options = own) => convertInferencePerf(source, options).document;

/** Arrival, prefix group and prompt of all requests before the sessions go on. */
function requests(document: Json, horizonUs?: number) {
  const { initial: table } = generateWorkload(parseWorkload(document), horizonUs === undefined ? {} : { horizonUs });
  return Array.from({ length: table.length }, (_, row) => ({
    arrivalS: table.arrivalUs[row]! / 1e6,
    group: table.group[row]!,
    inputTokens: table.inputTokens[row]!,
    deadlineUs: table.deadlineUs[row]!,
  }));
}
const countUntil = (s: number, all: ReturnType<typeof requests>) => all.filter(({ arrivalS }) => arrivalS < s).length;

describe('the converted workload makes the requests of its source', () => {
  const horizonUs = 120e6;

  test('one stage ends when it ends', () => {
    const source = section([{ rate: 20, duration: 20 }]);
    const [expected, made] = [requests(source, horizonUs), requests(converted(source), horizonUs)];
    expect(expected).toHaveLength(400);
    // Poisson: 4 standard deviations.
    expect(Math.abs(made.length - 400)).toBeLessThan(80);
    expect(Math.max(...made.map(({ arrivalS }) => arrivalS))).toBeLessThan(20);
  });

  test('each of several stages has its own rate', () => {
    const made = requests(
      converted(
        section([
          { rate: 2, duration: 30 },
          { rate: 8.1, duration: 30 },
        ]),
      ),
      horizonUs,
    );
    expect([countUntil(30, made), made.length]).toEqual([60, 60 + 243]);
  });

  test('with the prefix of each prompt, and without deadlines where the source has none', () => {
    for (const stages of [
      [{ rate: 4, duration: 30 }],
      [
        { rate: 2, duration: 30 },
        { rate: 8, duration: 30 },
      ],
    ]) {
      const made = requests(converted(section(stages)), horizonUs);
      expect(new Set(made.map(({ group }) => group))).toEqual(new Set([0, 1]));
      expect(new Set(made.map(({ inputTokens, deadlineUs }) => [inputTokens, deadlineUs].join()))).toEqual(
        new Set(['136,0']),
      );
    }
  });

  test('a stage with fewer requests than users has just these', () => {
    const made = requests(
      converted(
        section([
          { rate: 0.1, duration: 30 },
          { rate: 1, duration: 4 },
        ]),
      ),
      horizonUs,
    );
    expect([countUntil(30, made), made.length]).toEqual([3, 7]);
  });

  test('chats have one session per user and stage, whatever the rate', () => {
    const chat = { enable_multi_turn_chat: true };
    const stages = [
      { rate: 2, duration: 2 },
      { rate: 8, duration: 30 },
    ];
    const made = requests(converted(section(stages, chat)), horizonUs);
    expect([countUntil(2, made), made.length]).toEqual([4, 8]);
    expect(requests(converted(section([stages[0]!], chat)), horizonUs)).toEqual(
      requests(section([stages[0]!], chat), horizonUs),
    );
  });

  test('and ends by itself once every request must have ended; an end that the source has is kept', () => {
    const source = section([{ rate: 2, duration: 30 }]) as Record<string, Json>;
    expect(converted(source)['horizon']).toBe(330e6);
    const bounded = converted({ ...source, num_requests: 7 });
    expect([bounded['num_requests'], bounded['horizon']]).toEqual([7, undefined]);
    expect(converted(source, { compat: true })['horizon']).toBeUndefined();
  });
});

describe('a configuration of inference-perf', () => {
  const configuration = (shared: object, load: object = {}): Json => ({
    api: { type: 'completion', streaming: true },
    server: { type: 'vllm', model_name: 'm', base_url: 'http://x' },
    load: {
      type: 'poisson',
      interval: 5,
      stages: [
        { rate: 2, duration: 30 },
        { rate: 8, duration: 30 },
      ],
      ...load,
    },
    data: { type: 'shared_prefix', shared_prefix: shared as Json },
  });
  const groups = { num_groups: 2, num_prompts_per_group: 2, system_prompt_len: 16, question_len: 120, output_len: 10 };

  test('is read as it is, with the pause between its stages', () => {
    const made = requests(converted(configuration({ ...groups })));
    expect([countUntil(30, made), countUntil(35, made), made.length]).toEqual([60, 60, 300]);
    expect(made[0]).toMatchObject({ inputTokens: 136 });
    expect(parseWorkload(converted(configuration(groups))).clients[0]!.streaming).toBe(true);
  });

  test('may name prompts and users as the section does', () => {
    expect(converted(configuration(prompts))).toEqual(converted(configuration(groups)));
  });

  test('may have normal distributions in either place', () => {
    const spread = { mean: 100, std_dev: 5, min: 80, max: 120 };
    const old = converted(configuration({ ...groups, question_distribution: spread, output_distribution: spread }));
    expect(converted(configuration({ ...groups, question_len: spread, output_len: spread }))).toEqual(old);
    expect(parseWorkload(old).clients[0]!.input).toEqual({ kind: 'gaussian', mean: 100, stdDev: 5, min: 80, max: 120 });
  });

  test('of constant load is converted with a note', () => {
    expect(convertInferencePerf(configuration(groups, { type: 'constant' }), own).notes.join()).toContain('Poisson');
  });

  test.each([
    ['load in closed loop', configuration(groups, { type: 'concurrent' }), 'constant or poisson', ['load', 'type']],
    ['a sweep', configuration(groups, { stages: [] }), 'must be a list of {rate, duration}', ['load', 'stages']],
    ['other data', { load: {}, data: { type: 'shareGPT' } }, 'must be shared_prefix', ['data', 'type']],
    [
      'a stage without a rate',
      configuration(groups, { stages: [{ duration: 3 }] }),
      'must be a positive number, got nothing',
      ['load', 'stages', 0, 'rate'],
    ],
    [
      'other distributions',
      configuration({ ...groups, question_distribution: { type: 'uniform' } }),
      'must be normal',
      ['data', 'shared_prefix', 'question_distribution', 'type'],
    ],
  ] as const)('with %s is refused', (_, source, rule, path) => {
    expect(() => converted(source as Json)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(rule), path }),
    );
  });
});

test.each([
  ['no source', { version: '2', seed: 1 }, 'needs at least one client'],
  ['a list', [], 'must be a map'],
  [
    'fewer rounds than users',
    section([{ rate: 1, duration: 2 }], { enable_multi_turn_chat: true }),
    'at least one round',
  ],
])('%s is refused', (_, source, rule) => {
  expect(() => converted(source as Json)).toThrow(rule);
});
