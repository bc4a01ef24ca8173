import { describe, expect, test } from 'vitest';
import { describeInputError, InputError } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { readEndpointPickerConfig } from '../../../src/simulators/pd-slo/endpoint-picker-config.ts';
import { readPdSloConfig } from '../../../src/simulators/pd-slo/read-config.ts';
import { readYamlFile } from '../../../src/study/io/yaml-file.ts';

const document = (): Record<string, Json> =>
  structuredClone(readYamlFile('studies/pd-slo/endpoint-picker.yaml').value as JsonObject) as Record<string, Json>;

function plugin(type: string, parameters: JsonObject): Json {
  return { type, name: type, parameters };
}

/** The example document with other parameters of the pair optimizer. */
function withOptimizer(parameters: JsonObject): JsonObject {
  const plugins = (document()['plugins'] as JsonObject[]).map((entry) =>
    entry['type'] === 'pd-slo-pair-optimizer' ? plugin('pd-slo-pair-optimizer', parameters) : entry,
  );
  return { ...document(), plugins };
}

function problemOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof InputError) return describeInputError(error);
    throw error;
  }
  throw new Error('no error was thrown');
}

describe("the scheduler's configuration document", () => {
  test('gives the parameters of the optimizer, the handler and the scorers', () => {
    const { config, notices } = readEndpointPickerConfig(document());
    expect(config['pair_optimizer']).toMatchObject({ ttftWeight: 0.8, sloBufferFactor: 0.9 });
    expect(config['profile_handler']).toMatchObject({ hashBlockSize: 16, prefillProfile: 'prefill' });
    expect(config['scorer_weights']).toEqual({ prefix: 2, load: 3 });
    expect(notices.length).toBe(4);
  });

  test('is a configuration on its own, equal to the defaults', () => {
    expect(readPdSloConfig(document()).config).toEqual(readPdSloConfig({}).config);
  });

  test('changes what its parameters change', () => {
    const { config } = readPdSloConfig(
      withOptimizer({ ttftWeight: 1, tpotWeight: 0, selectionStrategy: 'best_headroom' }),
    );
    expect(config.pair_optimizer).toMatchObject({ ttftWeight: 1, tpotWeight: 0, selectionStrategy: 'best_headroom' });
    expect(config.pair_optimizer.transferOverheadMs).toBe(5);
  });

  test('lists every bad parameter at once', () => {
    const message = problemOf(() =>
      readEndpointPickerConfig(
        withOptimizer({ ttftWeight: -1, sloBufferFactor: 1.5, negativeHeadroomProb: 2, transferOverheadMs: -5 }),
      ),
    );
    for (const part of [
      'ttftWeight: must be ≥ 0, got -1',
      'sloBufferFactor: must be ≤ 1, got 1.5',
      'negativeHeadroomProb: must be ≤ 1, got 2',
      'transferOverheadMs: must be ≥ 0, got -5',
    ]) {
      expect(message).toContain(part);
    }
  });

  test.each([
    ['both weights 0', { ttftWeight: 0, tpotWeight: 0 }, 'ttftWeight and tpotWeight must not both be 0'],
    ['a buffer of 0', { sloBufferFactor: 0 }, 'must be > 0, got 0'],
    ['an unknown strategy', { selectionStrategy: 'best_headrom' }, 'did you mean "best_headroom"?'],
    ['an unknown key', { ttftWeigth: 1 }, 'unknown key "ttftWeigth"; did you mean "ttftWeight"?'],
  ])('refuses %s', (_, parameters, expected) => {
    expect(problemOf(() => readEndpointPickerConfig(withOptimizer(parameters)))).toContain(expected);
  });

  test('refuses unknown plug-in types, references and profiles', () => {
    const plugins = [...(document()['plugins'] as Json[]), { type: 'max-scor-picker' }];
    expect(problemOf(() => readEndpointPickerConfig({ ...document(), plugins }))).toMatch(
      /plugins\[6\]\.type: must be .* got "max-scor-picker".*did you mean "max-score-picker"/,
    );
    const profiles = [{ name: 'prefill', plugins: [{ pluginRef: 'nobody' }] }];
    const message = problemOf(() => readEndpointPickerConfig({ ...document(), schedulingProfiles: profiles }));
    expect(message).toContain('unknown scheduling profile "decode"');
    expect(message).toContain('unknown plugin "nobody"');
    expect(problemOf(() => readEndpointPickerConfig({ ...document(), kind: 'EndpointPicker' }))).toContain('kind');
  });

  test('refuses a hash block size of 0', () => {
    const profileHandler = plugin('pd-slo-profile-handler', { hashBlockSize: 0 });
    expect(problemOf(() => readEndpointPickerConfig({ ...document(), profileHandler }))).toContain(
      'profileHandler.parameters.hashBlockSize: must be ≥ 1, got 0',
    );
  });

  test('says when handler and optimizer believe in different transfer times', () => {
    const profileHandler = plugin('pd-slo-profile-handler', { transferOverheadMs: 9 });
    expect(readEndpointPickerConfig({ ...document(), profileHandler }).notices.at(-1)).toContain('(9) differs');
  });
});

describe('configuration of a run', () => {
  test.each([
    [
      'an unknown scenario',
      { scenario: 'balancd' },
      'config.scenario: unknown scenario "balancd"; did you mean "balanced"?',
    ],
    ['an unknown mode', { mode: 'jiont' }, 'config.mode: must be "joint"'],
    ['a rate of 0', { workload: { rate: 0 } }, 'config.workload.rate: must be > 0, got 0'],
    ['no prefill pod', { pool: { prefill: [], decode: [1] } }, 'config.pool: needs at least one prefill pod, got none'],
    [
      'no decode pod',
      { pods: [{ name: 'a', role: 'prefill' }] },
      'config.pods: needs at least one decode pod, got none',
    ],
    [
      'pod names used twice',
      { pods: ['prefill', 'decode'].map((role) => ({ name: 'a', role })) },
      'config.pods[1].name: pod name "a" is used twice',
    ],
    ['unknown keys', { mod: 'joint' }, 'config.mod: unknown key "mod"; did you mean "mode"?'],
    [
      'an unknown transfer',
      { transfer: { kind: 'rdma' } },
      'config.transfer.kind: must be "fixed" or "bandwidth", got "rdma"',
    ],
    [
      'a misspelt scenario key',
      { scenaro: 'strict' },
      'config.scenaro: unknown key "scenaro"; did you mean "scenario"?',
    ],
  ])('refuses %s', (_, document, expected) => {
    expect(problemOf(() => readPdSloConfig(document))).toContain(expected);
  });

  test('names the problems of scenario, scheduler document, configuration and workload together', () => {
    const message = problemOf(() =>
      readPdSloConfig(
        {
          scenario: 'calm',
          endpoint_picker: withOptimizer({ ttftWeight: -1 }),
          decode: { max_running: 0 },
          workload: { cv: 0, classes: [{ name: 'a', share: 0 }] },
        },
        { rate: -1 },
      ),
    );
    expect(message.split('\n').map((line) => line.slice(0, line.indexOf(': ')))).toEqual([
      'config.scenario',
      'config.endpoint_picker.plugins[4].parameters.ttftWeight',
      'config.decode.max_running',
      'workload.rate',
      'config.workload.cv',
    ]);
  });

  test('takes the workload document over its own workload and blames the right one', () => {
    expect(readPdSloConfig({ workload: { rate: 5, cv: 2 } }, { rate: 7 }).config.workload).toMatchObject({
      rate: 7,
      cv: 2,
    });
    expect(problemOf(() => readPdSloConfig({}, { rate: -1 }))).toContain('workload.rate: must be > 0, got -1');
  });

  test('counts pods of the role "both" as decode pods and leaves other roles out', () => {
    const pods = [
      { name: 'p', role: 'prefill' },
      { name: 'b', role: 'both' },
      { name: 'x', role: 'router' },
    ];
    const setup = readPdSloConfig({ pods });
    expect(setup.prefillPods.map(({ name }) => name)).toEqual(['p']);
    expect(setup.decodePods.map(({ name }) => name)).toEqual(['b']);
    expect(setup.notices).toEqual(['pod "x" has the role "router" and takes no part']);
  });
});
