import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/base/json.ts';
import type { RequestView } from '../../src/simulators/cluster/policy/policy.ts';
import { readYamlFile } from '../../src/study/io/yaml-file.ts';
import { parseStrategyFile } from '../../src/study/plan/strategy-file.ts';
import crossLayer from '../../strategies/policies/cross-layer.ts';
import crossLayerBacklog from '../../strategies/policies/cross-layer-backlog.ts';

const { template } = parseStrategyFile(readYamlFile('strategies/cross-layer-backlog.yaml').value);
const policy = Object.keys((template.config as JsonObject)['policy'] as JsonObject);
const settings = Object.fromEntries(policy.map((name) => [name, template.baseline[name] as number]));

function request(id: string, inputTokens: number): RequestView {
  return { id, inputTokens, sloClass: 'standard', priority: 3 } as RequestView;
}

describe('cross-layer-backlog', () => {
  const limit = settings['pause_below_tokens']!;

  it('pauses short contexts only, the shortest first', () => {
    const { rank } = crossLayerBacklog(settings).pause!;
    expect(rank(request('a', limit - 1), 1, 0)).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    expect(rank(request('a', limit - 1), 2, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(rank(request('a', limit - 50), 1, 0)).toBeGreaterThan(rank(request('b', limit - 1), 1, 0));
  });

  it('pauses nobody again who was paused for as long as anybody may be', () => {
    const { rank, isOverdue } = crossLayerBacklog(settings).pause!;
    const short = request('a', limit - 50);
    expect(isOverdue(short, 1000 * settings['longest_pause_ms']! - 1)).toBe(false);
    expect(rank(short, 1, 0)).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    expect(isOverdue(short, 1000 * settings['longest_pause_ms']!)).toBe(true);
    expect(rank(short, 1, 0)).toBe(Number.NEGATIVE_INFINITY);
    expect(rank(request('b', limit - 50), 1, 0)).toBeGreaterThan(Number.NEGATIVE_INFINITY);
  });

  it('is cross-layer in everything but pauses', () => {
    const { pause_below_tokens: _, ...others } = settings;
    const { pause: own, ...mine } = crossLayerBacklog(settings);
    const { pause, ...theirs } = crossLayer(others);
    expect(Object.keys(mine)).toEqual(Object.keys(theirs));
    const load = { clockUs: 1e9, next: { arrivalUs: 0 } } as never;
    expect(own!.limit(load)).toBe(pause!.limit(load));
    expect(mine.stepTokens!(load)).toBe(theirs.stepTokens!(load));
  });
});
