import { type ClusterSpec, gpuCount } from './cluster-spec.ts';

/** Free GPUs by type; tasks take the types with the least sufficient memory first. */
export class GpuBank {
  readonly #memory: readonly number[];
  readonly #free: Int32Array;
  free: number;

  constructor(cluster: ClusterSpec) {
    const groups = [...cluster.groups].sort((a, b) => a.gpu.memoryGB - b.gpu.memoryGB);
    this.#memory = groups.map(({ gpu }) => gpu.memoryGB);
    this.#free = Int32Array.from(groups, ({ count }) => count);
    this.free = gpuCount(cluster);
  }

  freeWith(memoryGB: number): number {
    let sum = 0;
    for (let g = 0; g < this.#free.length; g++) if (this.#memory[g]! >= memoryGB) sum += this.#free[g]!;
    return sum;
  }

  /** @returns how many were taken of each type */
  take(count: number, memoryGB: number): Int32Array {
    const taken = new Int32Array(this.#free.length);
    let left = count;
    for (let g = 0; g < this.#free.length && left > 0; g++) {
      if (this.#memory[g]! < memoryGB) continue;
      taken[g] = Math.min(left, this.#free[g]!);
      this.#free[g]! -= taken[g]!;
      left -= taken[g]!;
    }
    this.free -= count;
    return taken;
  }

  give(taken: Int32Array): void {
    for (let g = 0; g < taken.length; g++) {
      this.#free[g]! += taken[g]!;
      this.free += taken[g]!;
    }
  }
}
