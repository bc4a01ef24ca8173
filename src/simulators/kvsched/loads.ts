import type { PythonRandom } from './python-random.ts';
import type { NodeSpec } from './scenario.ts';

/** Running and queued requests of one stage on every node. */
export class StageLoads {
  readonly #running: Float64Array;
  readonly #queued: Float64Array;
  readonly #limits: readonly (number | null)[];
  readonly #completions: number[][];
  /** Earliest completion per node, so that most ticks release nothing cheaply. */
  readonly #nextDue: Float64Array;

  constructor(nodes: readonly NodeSpec[], stage: 'prefill' | 'decode') {
    const prefill = stage === 'prefill';
    this.#running = Float64Array.from(nodes, (node) => (prefill ? node.runningPrefill : node.runningDecode));
    this.#queued = Float64Array.from(nodes, (node) => (prefill ? node.queuedPrefill : node.queuedDecode));
    this.#limits = nodes.map((node) => (prefill ? node.maxBatchPrefill : node.maxBatchDecode));
    this.#completions = nodes.map(() => []);
    this.#nextDue = new Float64Array(nodes.length).fill(Number.POSITIVE_INFINITY);
  }

  load(node: number): number {
    return this.#queued[node]! + this.#running[node]!;
  }

  running(node: number): number {
    return this.#running[node]!;
  }

  /** One step of a random walk that stops at 0, running first, then queued. */
  walk(node: number, rng: PythonRandom): void {
    this.#running[node] = Math.max(0, this.#running[node]! + rng.step());
    this.#queued[node] = Math.max(0, this.#queued[node]! + rng.step());
  }

  /** Adds a request that leaves at `completesAt` (ms): running while the batch has room, queued otherwise. */
  admit(node: number, completesAt: number): void {
    const limit = this.#limits[node]!;
    if (limit === null || this.#running[node]! < limit) this.#running[node] = this.#running[node]! + 1;
    else this.#queued[node] = this.#queued[node]! + 1;
    this.#completions[node]!.push(completesAt);
    this.#nextDue[node] = Math.min(this.#nextDue[node]!, completesAt);
  }

  /** Removes what has completed by `now` (ms); queued requests move up. */
  release(now: number): void {
    for (let node = 0; node < this.#completions.length; node++) {
      if (this.#nextDue[node]! > now) continue;
      const waiting = this.#completions[node]!;
      const left = waiting.filter((completesAt) => completesAt > now);
      const done = waiting.length - left.length;
      this.#completions[node] = left;
      this.#nextDue[node] = left.reduce((least, completesAt) => Math.min(least, completesAt), Number.POSITIVE_INFINITY);
      const total = this.load(node) - done;
      const limit = this.#limits[node] ?? Number.POSITIVE_INFINITY;
      this.#running[node] = Math.min(total, Math.max(limit, this.#running[node]! - done));
      this.#queued[node] = total - this.#running[node]!;
    }
  }
}
