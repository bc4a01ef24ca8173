import type { RequestTable } from '../../workload/request-table.ts';
import type { Row } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import type { BlockKeys } from '../kv/block-keys.ts';
import { FrozenIndex } from '../kv/frozen-index.ts';
import { GrowingColumn, KeyMap } from '../kv/key-map.ts';
import type { PrefixLookup } from '../kv/prefix-lookup.ts';

/**
 * What the router knows of the instances' prefix caches: the live GPU index, or copies that are replaced on demand
 * once they are `delayUs` old. The first copies are taken at the start, of empty caches.
 */
export class CacheSignal {
  /** Whether any policy asks; set while policies are made. */
  isUsed = false;
  readonly #delayUs: number;
  readonly #blockSize: number;
  readonly #table: RequestTable;
  #instances: readonly Instance[] = [];
  #refreshedAtUs = 0;

  constructor(delayUs: number, blockSize: number, table: RequestTable) {
    this.#delayUs = delayUs;
    this.#blockSize = blockSize;
    this.#table = table;
  }

  start(instances: readonly Instance[], keys: BlockKeys): void {
    this.#instances = instances;
    if (this.#delayUs === 0) return;
    for (const { gpu } of instances) {
      const map = () => new KeyMap(keys.sharedEnd, new GrowingColumn(0));
      gpu.lookup.freeze(new FrozenIndex(map(), map()));
    }
  }

  refresh(clockUs: number): void {
    if (this.#delayUs === 0 || clockUs - this.#refreshedAtUs < this.#delayUs) return;
    this.#refreshedAtUs = clockUs;
    for (const { gpu } of this.#instances) gpu.lookup.refresh();
  }

  lookup(instance: number): PrefixLookup {
    return this.#instances[instance]!.gpu.lookup;
  }

  /** Leading complete prompt blocks of a row that are cached at an instance. */
  cachedBlocks(instance: number, row: Row): number {
    const blocks = Math.floor(this.#table.inputTokens[row]! / this.#blockSize);
    return this.#instances[instance]!.gpu.lookup.known(row, blocks);
  }
}
