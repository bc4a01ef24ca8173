import { MODULE_BYTES } from './module-bytes.ts';

/** What the sources beside this file export; addresses count bytes, and the compiled code checks none of them. */
export interface Kernels {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  likelihoodSize(rows: number, width: number, shape: number): number;
  layoutLikelihood(base: number, rows: number, width: number, shape: number): number;
  fitTerm(base: number, signal: number, first: number, second: number, variance: number, noise: number): number;
  addGradient(base: number): void;
  processSize(rows: number, width: number, shape: number, members: number): number;
  layoutProcess(base: number, rows: number, width: number, shape: number, members: number): number;
  setKernel(base: number, signal: number, first: number, second: number, priorVariance: number): void;
  fillPrior(base: number): void;
  condition(base: number, extra: number): number;
  predictMeans(base: number): void;
  predict(base: number): number;
  addMomentGradient(base: number, toVariance: number): void;
}

/** The part of the WebAssembly interface used here; Node's type definitions leave it out. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const WASM = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;
const MODULE = new WASM.Module(Buffer.from(MODULE_BYTES, 'base64'));
const PAGE = 65_536;
/** Nothing lies at address 0. */
const START = 1024;

/** Compiled kernels and a memory of their own, in which places are taken one behind the other until all are given back. */
export class Machine {
  readonly kernels: Kernels;
  /** Counts how often all places were given back: a place of an earlier round is gone. */
  round = 0;
  /** The memory as numbers and as addresses; other arrays after it has grown. */
  numbers: Float64Array;
  addresses: Int32Array;
  readonly #most: number;
  #top = START;

  /** @param most - bytes from which on all places are given back before another one is taken */
  constructor(most: number) {
    this.#most = most;
    this.kernels = new WASM.Instance(MODULE).exports as Kernels;
    this.numbers = new Float64Array(this.kernels.memory.buffer);
    this.addresses = new Int32Array(this.kernels.memory.buffer);
  }

  /** Address of a new place. */
  take(bytes: number): number {
    const size = Math.ceil(bytes / 16) * 16;
    if (this.#top + size > this.#most && this.#top > START) this.clear();
    const base = this.#top;
    this.#top += size;
    const { memory } = this.kernels;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(Math.max(missing, memory.buffer.byteLength / 2) / PAGE));
      this.numbers = new Float64Array(memory.buffer);
      this.addresses = new Int32Array(memory.buffer);
    }
    return base;
  }

  /** Gives the last place taken back. */
  release(base: number): void {
    this.#top = base;
  }

  clear(): void {
    this.#top = START;
    this.round++;
  }

  /** Index in `numbers` of an array whose address stands at a field of a record. */
  at(base: number, field: number): number {
    return this.addresses[(base >>> 2) + field]! >>> 3;
  }
}
