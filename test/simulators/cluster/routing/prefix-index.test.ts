import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src/base/random.ts';
import type { RequestIndex, Row } from '../../../../src/simulators/cluster/indices.ts';
import { BlockKeys } from '../../../../src/simulators/cluster/kv/block-keys.ts';
import { PrefixMemory } from '../../../../src/simulators/cluster/routing/prefix-memory.ts';
import { RequestTable } from '../../../../src/simulators/workload/request-table.ts';

const SIZE = 4;

function randomTable(seed: number, withParents: boolean): RequestTable {
  const rng = stream(seed, 'prefixes');
  const table = new RequestTable(16, {
    sloClasses: [''],
    tenants: [''],
    clients: [''],
    models: [''],
    prefixGroups: ['a', 'b', 'c'],
    sessions: [],
    groupLengths: [16, 9, 40],
  });
  for (let i = 0; i < 300; i++) {
    const row = table.append();
    let shared = 0;
    if (withParents && row > 0 && rng.below(2) === 0) {
      table.parent[row] = rng.below(row);
      shared = rng.below(table.inputTokens[table.parent[row]!]! + 1);
      table.inheritedTokens[row] = shared;
    } else if (rng.below(4) > 0) {
      table.group[row] = rng.below(3);
      shared = [16, 9, 40][table.group[row]!]!;
      table.groupTokens[row] = shared;
    }
    table.inputTokens[row] = shared + rng.below(30);
    table.outputTokens[row] = rng.below(10);
  }
  return table;
}

/** One LRU set per instance, touched key by key. */
class LiteralIndex {
  readonly #sets: Set<number>[];
  readonly #capacity: number;

  constructor(instances: number, capacity: number) {
    this.#sets = Array.from({ length: instances }, () => new Set<number>());
    this.#capacity = capacity;
  }

  match(keys: readonly number[]): number[] {
    return this.#sets.map((set) => {
      const missing = keys.findIndex((key) => !set.has(key));
      return missing < 0 ? keys.length : missing;
    });
  }

  touch(keys: readonly number[], instance: number): void {
    const set = this.#sets[instance]!;
    for (const key of keys) {
      if (!set.delete(key) && set.size === this.#capacity) set.delete(set.values().next().value!);
      set.add(key);
    }
  }
}

describe('the prefix memory of the router', () => {
  it.each([
    [3, false, 25],
    [3, true, 25],
    [40, false, 60],
    [40, true, 200],
  ])('equals one LRU set per instance (%i instances, parents %s, capacity %i)', (instances, withParents, capacity) => {
    for (let seed = 0; seed < 20; seed++) {
      const table = randomTable(seed, withParents);
      const keys = new BlockKeys(table, SIZE);
      const remembers = withParents ? 'all prompts' : 'shared prefixes';
      const memory = new PrefixMemory({ table, keys, instances, remembers, capacity });
      const literal = new LiteralIndex(instances, capacity);
      const rng = stream(seed, 'choices');
      for (let row = 0 as Row; row < table.length; row++) {
        const request = { request: row as number as RequestIndex, row, blocks: 0 };
        const blocks = memory.blocks(request);
        const prompt = Array.from({ length: blocks }, (_, k) => keys.key(row, k));
        const matched = new Float64Array(instances).fill(-1);
        memory.match(request, matched);
        expect([...matched], `seed ${seed} row ${row}`).toEqual(literal.match(prompt));
        const chosen = rng.below(instances);
        memory.touch(request, chosen);
        literal.touch(prompt, chosen);
      }
    }
  });
});
