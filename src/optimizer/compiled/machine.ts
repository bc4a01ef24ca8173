import { ERFCX_COEFFICIENTS } from '../../numeric/normal.ts';
import { MODULE_BYTES } from './module-bytes.ts';

/** What the sources beside this file export; addresses count bytes, and the compiled code checks none of them. */
export interface Kernels {
  /** The first address that is free. */
  heapBase(): number;
  /** Where coefficients of erfcx belong, each twice. */
  coefficients(): number;
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  likelihoodSize(rows: number, width: number, shape: number): number;
  layoutLikelihood(base: number, rows: number, width: number, shape: number): number;
  processSize(rows: number, width: number, shape: number, members: number): number;
  layoutProcess(base: number, rows: number, width: number, shape: number, members: number): number;
  mixtureSize(parts: number, places: number, width: number, members: number): number;
  layoutMixture(base: number, parts: number, places: number, width: number, members: number): number;
  jointSize(rows: number, points: number): number;
  layoutJoint(base: number, rows: number, points: number, process: number, places: number): number;
  factorJoint(base: number, extra: number): number;
  cutsSize(count: number): number;
  layoutCuts(base: number, count: number): number;
  searchSize(n: number): number;
  layoutSearch(base: number, n: number): number;
  minimize(base: number): number;
  fillPrior(base: number): void;
  condition(base: number, extra: number): number;
  // What is called often has one signature: a call of each signature is compiled by itself.
  negativeLogPosterior(base: number): number;
  posteriorGradient(base: number): number;
  predictMeans(base: number): number;
  predict(base: number): number;
  addMomentGradient(base: number): number;
  fillJoint(base: number): number;
  normalize(base: number): number;
  drawJoint(base: number): number;
  cutTails(base: number): number;
  mixedGain(base: number): number;
  mixedGainWithGradients(base: number): number;
}

/** The part of the WebAssembly interface used here; Node's type definitions leave it out. */
interface WebAssemblyInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

const WASM = (globalThis as unknown as { readonly WebAssembly: WebAssemblyInterface }).WebAssembly;
let compiled: object | null = null;
const PAGE = 65_536;
const ALIGNMENT = 16;
/** Memory that is not touched costs nothing; growing does. */
const LEAST_GROWTH = 1_000_000;

/** What a search minimises, by addresses. */
export interface Objective {
  value(x: number): number;
  gradient(out: number): void;
}

const NO_OBJECTIVE: Objective = { value: () => Number.NaN, gradient: () => undefined };

/** Compiled kernels and a memory of their own, in which places are taken one behind the other until all are given back. */
export class Machine {
  /** Counts how often all places were given back: a place of an earlier round is gone. */
  round = 0;
  /** The memory as numbers and as addresses, from the first use of the kernels on; other arrays after it has grown. */
  numbers = new Float64Array(0);
  addresses = new Int32Array(0);
  readonly #most: number;
  readonly #objective: Objective;
  #opened: Kernels | null = null;
  #start = 0;
  #top = 0;

  /** @param most - bytes beyond which room is made by giving places back */
  constructor(most: number, objective: Objective = NO_OBJECTIVE) {
    this.#most = most;
    this.#objective = objective;
  }

  /** Compiled when they are used first: many commands import an optimizer that they do not ask. */
  get kernels(): Kernels {
    return this.#opened ?? this.#open();
  }

  #open(): Kernels {
    compiled ??= new WASM.Module(Buffer.from(MODULE_BYTES, 'base64'));
    const kernels = new WASM.Instance(compiled, { objective: this.#objective }).exports as Kernels;
    this.#opened = kernels;
    this.#start = aligned(kernels.heapBase());
    this.#top = this.#start;
    this.#view(kernels);
    const at = kernels.coefficients() >>> 3;
    for (const [k, value] of ERFCX_COEFFICIENTS.entries()) this.numbers.fill(value, at + 2 * k, at + 2 * k + 2);
    return kernels;
  }

  #view({ memory }: Kernels): void {
    this.numbers = new Float64Array(memory.buffer);
    this.addresses = new Int32Array(memory.buffer);
  }

  /** Makes room: where so many bytes more would be too many, all places are given back. */
  reserve(bytes: number): void {
    if (this.#top + bytes > this.#most) this.clear();
  }

  /** Address of a new place. */
  take(bytes: number): number {
    const { kernels } = this;
    const base = this.#top;
    this.#top += aligned(bytes);
    const { memory } = kernels;
    const missing = this.#top - memory.buffer.byteLength;
    if (missing > 0) {
      memory.grow(Math.ceil(Math.max(missing, memory.buffer.byteLength / 2, LEAST_GROWTH) / PAGE));
      this.#view(kernels);
    }
    return base;
  }

  /** Gives the last place taken back. */
  release(base: number): void {
    this.#top = base;
  }

  /** Gives all places back. */
  clear(): void {
    this.#top = this.#start;
    this.round++;
  }

  /** Index in `numbers` of an array whose address stands at a field of a record. */
  at(base: number, field: number): number {
    return this.addresses[(base >>> 2) + field]! >>> 3;
  }
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
