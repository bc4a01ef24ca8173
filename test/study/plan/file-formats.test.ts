import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import { parseYaml } from '../../../src/document/yaml.ts';
import { parseSearchSpace } from '../../../src/study/plan/search-space-file.ts';
import { parseStrategyFile } from '../../../src/study/plan/strategy-file.ts';
import { planOf, SPACE, STRATEGY, STUDY } from '../../support/plan-builder.ts';

async function messageOf(body: () => unknown): Promise<string> {
  try {
    await body();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return describeInputError(error as InputError);
  }
  throw new Error('no error was raised');
}

describe('search spaces', () => {
  test('the short form of the seed documents loads as it is', () => {
    const { parameters } = parseSearchSpace(
      parseYaml(
        'parameters:\n  routing_weights: [w_prefix, w_queue, w_kv, w_custom]\n  offload_threshold: [0.5, 1.0]\n  priority_age_weight: [1e-7, 1e-4]\n  prefill_threshold: [64, 512]\n',
        's.yaml',
      ).value,
    );
    expect(parameters).toEqual([
      { name: 'routing_weights', kind: 'simplex', components: ['w_prefix', 'w_queue', 'w_kv', 'w_custom'] },
      { name: 'offload_threshold', kind: 'real', low: 0.5, high: 1, log: false },
      { name: 'priority_age_weight', kind: 'real', low: 1e-7, high: 1e-4, log: true },
      { name: 'prefill_threshold', kind: 'integer', low: 64, high: 512, log: false },
    ]);
  });

  test('every kind of parameter and both kinds of condition load', () => {
    const { parameters } = parseSearchSpace(
      parseYaml(
        `parameters:
  - {name: policy, type: categorical, choices: [fcfs, sjf]}
  - {name: blocks, type: ordinal, levels: [16, 32, 64]}
  - {name: rate, type: real, low: 0.1, high: 10, log: true}
  - {name: depth, type: integer, low: 1, high: 9, when: {parameter: policy, in: [sjf]}}
  - {name: extra, type: integer, low: 1, high: 9, when: {parameter: rate, low: 1, high: 2}}
`,
        's.yaml',
      ).value,
    );
    expect(parameters.map(({ kind }) => kind)).toEqual(['categorical', 'ordinal', 'real', 'integer', 'integer']);
    expect(parameters[3]!.activeWhen).toEqual({ parameter: 'policy', in: ['sjf'] });
  });
});

describe('strategies', () => {
  test("BLIS's phase 4 format loads as it is", () => {
    const { template, space, objectives, constraints } = parseStrategyFile(
      parseYaml(
        `name: "slo-gated-priority-cascade"
parameters:
  - name: "base_critical"
    flag: "--slo-base-critical"
    type: "real"
    low: 5.0
    high: 20.0
  - name: "age_weight"
    flag: "--slo-age-weight"
    type: "real"
    low: 0.000001
    high: 0.0001
    prior: "log-uniform"
objective:
  metric: "ttft_p99_ms"
  direction: "min"
constraints:
  - metric: "throughput_tps"
    direction: "max"
    threshold: 15000
    weight: 10
`,
        'blis.yaml',
      ).value,
    );
    expect(template.config).toEqual({ slo_base_critical: '${base_critical}', slo_age_weight: '${age_weight}' });
    expect(space!.parameters[1]).toEqual({ name: 'age_weight', kind: 'real', low: 1e-6, high: 1e-4, log: true });
    expect(objectives).toEqual([{ metric: 'ttft_p99_ms', direction: 'minimize' }]);
    expect(constraints).toEqual([{ metric: 'tokens_per_sec', atLeast: 15000 }]);
  });

  test('fixed arguments of the phase 4 format become configuration', () => {
    const { template } = parseStrategyFile(
      parseYaml(
        'name: a\nfixed_args: ["--num-instances", 8, "--routing-policy=weighted", "--flow-control"]\nparameters:\n  - {name: t, flag: --max-num-seqs, type: integer, low: 1, high: 9}\n',
        'b.yaml',
      ).value,
    );
    expect(template.config).toEqual({
      num_instances: 8,
      routing_policy: 'weighted',
      flow_control: true,
      max_num_seqs: '${t}',
    });
  });
});

/** What is written, and what the one line must say: place, key, rule, value, suggestion. */
const BAD: readonly [string, Parameters<typeof planOf>[0], RegExp][] = [
  [
    'unknown key',
    { study: `${STUDY}budgett: 1\n` },
    /^study\.yaml:13:1 budgett: unknown key "budgett"; did you mean "budget"\?/,
  ],
  [
    'unknown nested key',
    { study: STUDY.replace('{trials: 9}', '{trails: 9}') },
    /^study\.yaml:9:\d+ budget\.trails: unknown key "trails"; did you mean "trials"\?|is required/,
  ],
  [
    'wrong type',
    { study: STUDY.replace('trials: 9', 'trials: many') },
    /^study\.yaml:9:10 budget\.trials: must be an? \w+, got "many"/,
  ],
  [
    'out of range',
    { study: STUDY.replace('trials: 9', 'trials: 0') },
    /^study\.yaml:9:10 budget\.trials: must be ≥ 1, got 0/,
  ],
  [
    'missing key',
    { study: STUDY.replace('seeds: [1, 2, 3]\n', '') },
    /^study\.yaml:\d+:\d+ seeds: is required but missing/,
  ],
  ['duplicate key', { study: `${STUDY}seed: 6\n` }, /^study\.yaml:13:1 seed: key "seed" is given twice; remove one/],
  [
    'duplicate seed',
    { study: STUDY.replace('[1, 2, 3]', '[1, 2, 1]') },
    /^study\.yaml:8:15 seeds\[2\]: seed 1 is listed twice/,
  ],
  [
    'duplicate objective',
    { study: STUDY.replace('metric: gain, direction: maximize', 'metric: cost') },
    /^study\.yaml:\d+:\d+ objectives\[1\]: objective "cost" is listed twice/,
  ],
  [
    'unknown metric',
    { study: STUDY.replace('metric: gain', 'metric: gian') },
    /^study\.yaml:7:6 objectives\[1\]\.metric: unknown metric "gian"; .*gain/,
  ],
  [
    'validation on a tuning seed',
    { study: `${STUDY}validation: {seeds: [9, 2]}\n` },
    /^study\.yaml:13:\d+ validation\.seeds\[1\]: validation seeds must be fresh, but 2 is used for tuning/,
  ],
  [
    'empty range',
    { space: SPACE.replace('{name: x, type: real, low: 0, high: 1}', '{name: x, type: real, low: 2, high: 1}') },
    /^space\.yaml:3:\d+ parameters\[0\]\.low: low ≤ high must hold, got low 2 and high 1/,
  ],
  [
    'log scale from zero',
    { space: SPACE.replace('low: 0, high: 1}', 'low: 0, high: 1, log: true}') },
    /^space\.yaml:3:\d+ parameters\[0\]\.low: a log scale needs low > 0, got 0/,
  ],
  ['unknown type', { space: SPACE.replace('type: real', 'type: reel') }, /^space\.yaml:3:\d+ parameters\[0\].*reel/],
  [
    'duplicate parameter',
    { space: SPACE.replace('name: y', 'name: x') },
    /^space\.yaml:4:\d+ parameters\[1\]\.name: parameter "x" is named twice/,
  ],
  [
    'condition on a later parameter',
    { space: SPACE.replace('high: 1}\n  - {name: y', 'high: 1, when: {parameter: y, low: 0, high: 1}}\n  - {name: y') },
    /^space\.yaml:3:\d+ parameters\[0\]\.when\.parameter: a condition must refer to an earlier parameter, got "y"/,
  ],
  [
    'parameter without a hole',
    { space: `${SPACE}  - {name: z, type: real, low: 0, high: 1}\n` },
    /^space\.yaml:5:\d+ parameters\[2\]: parameter "z" fills no hole of strategy "toy"; its holes: x, y/,
  ],
  [
    'hole without a source',
    { strategy: STRATEGY.replace('"${y}"', '"${why}"'), space: SPACE.replace(/ {2}- \{name: y.*\n/, '') },
    /^toy\.yaml:4:1 config: hole \$\{why\} has neither a parameter nor a baseline value/,
  ],
  [
    'unknown component',
    { strategy: STRATEGY.replace('"${y}"', '"${y} ${x.depth}"') },
    /^toy\.yaml:4:\d+ config\.y: \$\{x\} has no component "depth"/,
  ],
  [
    'unknown key of a strategy',
    { strategy: `${STRATEGY}simulater: x\n` },
    /^toy\.yaml:6:1 simulater: unknown key "simulater"; did you mean "simulator"\?/,
  ],
  [
    'a prior on no number',
    { study: `${STUDY}priors: {z: {center: 1, spread: 1}}\n` },
    /^study\.yaml:13:10 priors\.z: a prior needs a real or integer parameter, got "z"; these can have one: x, y/,
  ],
  [
    'point outside the space',
    { study: `${STUDY}first: [{x: 3, y: 0}]\n` },
    /^study\.yaml:13:\d+ first\[0\]: lies outside the search space/,
  ],
];

describe('bad input', () => {
  test.each(BAD)('%s is one line with place, rule and value', async (_, texts, expected) => {
    const message = await messageOf(() => planOf(texts));
    expect(message).toMatch(expected);
    expect(message).not.toContain('\n');
  });

  test('YAML that does not parse names line and column', async () => {
    expect(await messageOf(() => parseYaml('a: 1\nb: [1, 2\n', 'x.yaml'))).toMatch(/^x\.yaml:\d+:\d+: /);
  });

  test('an empty file is an error', async () => {
    expect(await messageOf(() => parseYaml('# nothing\n', 'x.yaml'))).toBe('x.yaml:1:1: the file is empty');
  });
});
