import { describe, expect, it } from 'vitest';
import { describeInputError, formatPath } from '../../../src/base/errors.ts';
import type { Json, JsonObject } from '../../../src/base/json.ts';
import { parseWith } from '../../../src/document/schema.ts';
import { BASE_SCENARIO } from '../../../src/simulators/kvsched/base-scenario.ts';
import { mergeScenario } from '../../../src/simulators/kvsched/merge-scenario.ts';
import { readScenario } from '../../../src/simulators/kvsched/read-scenario.ts';
import type { Scenario } from '../../../src/simulators/kvsched/scenario.ts';
import { schedulerName } from '../../../src/simulators/kvsched/scheduler-names.ts';
import { heuristicWeights, policySettings } from '../../../src/simulators/kvsched/settings-schema.ts';
import { simulate } from '../../../src/simulators/kvsched/simulate.ts';
import {
  complaint,
  edited,
  loadScenario,
  type Place,
  scenarioDocument,
  settingsFor,
  shippedScenarios,
} from './scenario-files.ts';

/** S4 with one value replaced; `undefined` removes it. */
const altered = (path: Place, value: Json | undefined): JsonObject =>
  edited(scenarioDocument('S4_network_scan') as JsonObject, [[path, value]]);

const read = (document: JsonObject): Scenario => readScenario(mergeScenario(BASE_SCENARIO, document, 'wired'));

describe('a bad scenario', () => {
  const nodeX = ['nodes', 'decodeX'] as const;
  const link = ['network', 'links', 1] as const;
  const cases: readonly [string, readonly (string | number)[], Json | undefined, string, string?][] = [
    ['no GPU name', [...nodeX, 'gpu', 'name'], undefined, 'required but missing'],
    ['no memory size', [...nodeX, 'gpu', 'vram_total_gb'], undefined, 'required but missing'],
    ['no free memory', [...nodeX, 'gpu', 'vram_free_gb'], undefined, 'required but missing'],
    ['more free than total memory', [...nodeX, 'gpu', 'vram_free_gb'], 49, '≤ vram_total_gb (48), got 49'],
    ['negative memory', [...nodeX, 'gpu', 'vram_total_gb'], -1, '≥ 0, got -1'],
    ['a negative load', [...nodeX, 'running_decode'], -1, '≥ 0, got -1'],
    ['half a request', [...nodeX, 'queued_decode'], 1.5, 'an integer, got 1.5'],
    [
      'an unknown role',
      [...nodeX, 'tags', 'role'],
      'decod',
      'must be "prefill" or "decode", got "decod"',
      'did you mean "decode"',
    ],
    ['no bandwidth', [...link, 'bandwidth_Gbps'], 0, '> 0, got 0'],
    ['endless bandwidth', [...link, 'bandwidth_Gbps'], Number.POSITIVE_INFINITY, 'a number, got Infinity'],
    ['a negative round trip', [...link, 'rtt_ms'], -2, '≥ 0, got -2'],
    ['a loss above 1', [...link, 'loss_rate'], 2, '≤ 1, got 2'],
    ['a full network', ['network', 'default_util'], 1, '≤ 0.99, got 1'],
    ['text for a number', ['network', 'default_util'], 'high', 'a number, got "high"'],
    ['a misspelt key', ['network', 'default_utl'], 0.1, 'did you mean "default_util"', 'unknown key'],
    ['no requests', ['workload', 'num_requests'], 0, '≥ 1, got 0'],
    ['weights without weight', ['workload', 'prompt_tokens_dist'], { 256: 0, 512: 0 }, 'sum to more than 0'],
    ['a word for tokens', ['workload', 'prompt_tokens_dist'], { many: 1 }, 'integers ≥ 0, got "many"'],
    ['an odd utilisation pair', ['network', 'util_by_pair'], { decodeX: 0.1 }, 'must read a->b'],
    ['no nodes', ['nodes'], {}, 'at least one node'],
    ['unknown dynamics', ['dynamics'], 'wlk', 'must be "walk" or "queue", got "wlk"', 'did you mean "walk"'],
  ];

  it.each(cases)('with %s is told at the key', (_, path, value, ...texts) => {
    const error = complaint(() => read(altered(path, value)));
    for (const text of texts) if (text !== undefined) expect(describeInputError(error)).toContain(text);
    expect(formatPath(error.path).startsWith(formatPath(path))).toBe(true);
  });

  it('with a link to nowhere is refused before it runs', () => {
    const scenario = read(altered(['network', 'links', 2, 'dst'], 'decodeZ'));
    const error = complaint(() => simulate(scenario, settingsFor(scenario, 'kv_only', { fidelity: 'wired' })));
    expect(formatPath(error.path)).toBe('network.links[2].dst');
    expect(error.message).toBe('unknown node "decodeZ"');
  });

  it('with a missing top key is told its name', () => {
    const { nodes: _, ...rest } = altered(['description'], 'x');
    expect(describeInputError(complaint(() => readScenario(rest)))).toContain('nodes: is required but missing');
  });
});

describe('settings', () => {
  it('name an unknown scheduler, and take aliases', () => {
    expect(complaint(() => schedulerName('kv_heuristics')).message).toBe('Unknown scheduler: kv_heuristics');
    expect(
      ['rand', 'round_robin', 'load', 'kv', 'kv_affinity', 'kv_aware', 'kaware'].map((name) => schedulerName(name)),
    ).toEqual(['random', 'rr', 'load_only', 'kv_only', 'kv_only', 'kv_heuristic', 'kv_heuristic']);
  });

  it('refuse unknown keys', () => {
    expect(complaint(() => parseWith(heuristicWeights, { w_que: 1 })).suggestion).toContain('w_queue');
    expect(complaint(() => parseWith(policySettings, { hysteresis: 1 })).suggestion).toContain('hysteresis_ms');
  });
});

describe('a scenario over its base', () => {
  it('gains the nodes of the base in the legacy fidelity only, before its own', () => {
    expect(
      loadScenario('S1_cloud', 'legacy')
        .nodes.map(({ id }) => id)
        .slice(0, 3),
    ).toEqual(['nodeA', 'nodeB', 'cloud_p0']);
    expect(loadScenario('S1_cloud', 'wired').nodes.map(({ id }) => id)).toEqual([
      'cloud_p0',
      'cloud_p1',
      'cloud_d0',
      'cloud_d1',
    ]);
  });

  it('inherits what it does not say', () => {
    expect(loadScenario('S4_network_scan', 'wired').network!.defaultUtil).toBe(0.1);
    expect(loadScenario('S4_network_scan', 'wired').network!.utilByPair.size).toBe(0);
    expect(loadScenario('S4_network_scan', 'legacy').network!.utilByPair.get('nodeA->nodeB')).toBe(0.4);
  });

  it('that defines nodes only keeps the links and utilisations of the base between them', () => {
    const link = (src: string, dst: string): JsonObject => ({ src, dst, bandwidth_Gbps: 200, rtt_ms: 0.25 });
    const base = {
      network: {
        links: [link('prefillX', 'decodeX'), link('prefillX', 'far'), link('far', 'decodeX')],
        util_by_pair: { 'prefillX->decodeX': 0.6, 'prefillX -> far': 0.2 },
      },
    };
    const scenario = readScenario(mergeScenario(base, altered(['network'], {}), 'wired'));
    expect(scenario.network!.links.map(({ src, dst }) => [src, dst])).toEqual([['prefillX', 'decodeX']]);
    expect([...scenario.network!.utilByPair]).toEqual([['prefillX->decodeX', 0.6]]);
  });

  it('leaves neither argument changed', () => {
    const before = JSON.stringify(BASE_SCENARIO);
    for (const name of shippedScenarios()) loadScenario(name, 'legacy');
    expect(JSON.stringify(BASE_SCENARIO)).toBe(before);
  });

  it('keeps a distribution in the order of its pairs', () => {
    const pairs = read(
      altered(
        ['workload', 'prompt_tokens_dist'],
        [
          [512, 0.6],
          [256, 0.4],
        ],
      ),
    ).workload.promptTokens;
    expect(pairs).toEqual([
      [512, 0.6],
      [256, 0.4],
    ]);
  });
});
