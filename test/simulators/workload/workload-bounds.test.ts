import { describe, expect, it } from 'vitest';
import { describeProblem, InputError } from '../../../src/base/errors.ts';
import type { JsonObject } from '../../../src/base/json.ts';
import { parseWorkload } from '../../../src/simulators/workload/parse-workload.ts';
import { requireBounded } from '../../../src/simulators/workload/workload-bounds.ts';

function workload(own: JsonObject, client: JsonObject = {}): JsonObject {
  const length = { type: 'constant', params: { value: 100 } };
  const rate = 'concurrency' in client ? {} : { rate_fraction: 1 };
  const each = { id: 'a', ...rate, input_distribution: length, output_distribution: length };
  return {
    version: '2',
    aggregate_rate: 10,
    ...own,
    clients: [{ ...each, arrival: { process: 'poisson' }, ...client }],
  };
}

function refusal(document: JsonObject, options: Parameters<typeof requireBounded>[1] = {}): string {
  try {
    requireBounded(parseWorkload(document), options);
  } catch (error) {
    if (error instanceof InputError) return describeProblem(error);
    throw error;
  }
  return 'nothing refused';
}

describe('a workload that does not fit into memory is refused by the key that asks for most', () => {
  const tokens = { type: 'constant', params: { value: 2_000_000_000 } };
  it.each<[string, JsonObject, JsonObject]>([
    ['num_requests', { num_requests: 2_147_483_648 }, {}],
    ['aggregate_rate', { aggregate_rate: 1e12, horizon: 1e9 }, {}],
    ['aggregate_rate', { horizon: 1e15 }, {}],
    ['clients[0].prefix_length', { num_requests: 10 }, { prefix_group: 'g', prefix_length: 1_000_000_000 }],
    ['clients[0].input_distribution', { num_requests: 10 }, { input_distribution: tokens }],
    ['clients[0].output_distribution', { num_requests: 10 }, { output_distribution: tokens }],
    ['clients[0].concurrency', { aggregate_rate: 0, num_requests: 10 }, { concurrency: 1_000_000_000 }],
  ])('%s', (key, own, client) => {
    const words = refusal(workload(own, client));
    expect(words.startsWith(`${key}: `)).toBe(true);
    expect(words).toMatch(
      / need about [\d.]+ GiB of memory; the limit is 4 GiB; ask for less, or raise `limits\.memory_mib`/,
    );
  });

  it('up to the limit, which can be raised', () => {
    const million = workload({ num_requests: 1_000_000 });
    expect(refusal(million)).toBe('nothing refused');
    expect(refusal(million, { memoryMib: 512 })).toMatch(/^num_requests: .* the limit is 0\.5 GiB/);
    expect(refusal(workload({ num_requests: 20_000_000 }), { memoryMib: 16_384 })).toBe('nothing refused');
  });

  it('by whichever bound ends it first', () => {
    expect(refusal(workload({ num_requests: 2_147_483_648, horizon: 1e9 }))).toBe('nothing refused');
    expect(refusal(workload({ num_requests: 100, horizon: 1e18 }))).toBe('nothing refused');
  });
});
