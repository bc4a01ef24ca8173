import type { SnapshotColumns } from '../gateway/admission.ts';
import type { Instance } from '../instance/instance.ts';

/**
 * What the router knows of the instances. Signals are refreshed on demand once they are `refreshUs` old, each
 * instance on its own; until the first refresh every instance looks empty. In-flight counts are always exact.
 */
export class Snapshots implements SnapshotColumns {
  count = 0;
  members: Int32Array;
  readonly queueDepth: Float64Array;
  readonly batchSize: Float64Array;
  readonly kvUtilization: Float64Array;
  readonly freeBlocks: Float64Array;
  readonly inFlight: Int32Array;
  readonly #refreshedAtUs: Float64Array;
  readonly #instances: readonly Instance[];
  readonly #refreshUs: number;

  constructor(instances: readonly Instance[], refreshUs: number) {
    const count = instances.length;
    this.members = Int32Array.from({ length: count }, (_, i) => i);
    this.queueDepth = new Float64Array(count);
    this.batchSize = new Float64Array(count);
    this.kvUtilization = new Float64Array(count);
    this.freeBlocks = new Float64Array(count);
    this.inFlight = new Int32Array(count);
    this.#refreshedAtUs = new Float64Array(count);
    this.#instances = instances;
    this.#refreshUs = refreshUs;
  }

  /** Makes this the view of `members` (ascending) at a moment. */
  view(members: Int32Array, clockUs: number): void {
    this.members = members;
    this.count = members.length;
    for (let k = 0; k < members.length; k++) {
      const i = members[k]!;
      if (this.#refreshUs > 0) {
        if (clockUs - this.#refreshedAtUs[i]! < this.#refreshUs) continue;
        this.#refreshedAtUs[i] = clockUs;
      }
      const instance = this.#instances[i]!;
      const { gpu } = instance;
      this.queueDepth[i] = instance.queue.length;
      this.batchSize[i] = instance.batch.size;
      this.freeBlocks[i] = gpu.free;
      this.kvUtilization[i] = (gpu.total - gpu.free) / gpu.total;
    }
  }
}
