import { power } from '../../../numeric/power.ts';
import type { LatencyConfig } from '../engine-config.ts';
import { layerSplit, peakTflops } from './architecture.ts';
import type { LatencyModel } from './latency-model.ts';
import { growTable, truncateMicros } from './micros.ts';

/**
 * Roofline step time: the longer of arithmetic and memory traffic, without communication or overhead terms.
 *
 * FLOPs and traffic of a decode are linear in its context, so that a step needs only the number of decodes and the sum of
 * their contexts. Sums of rounded terms differ from that by some units in the last place: where the bound of that
 * difference leaves the whole µs open, `exactUs` adds up the terms.
 * @see Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model"
 * @see Shewchuk 1997, "Adaptive precision floating-point arithmetic" (decide by a bound, compute exactly where it fails)
 */
export class RooflineLatency implements LatencyModel {
  readonly outputTokenUs: number;
  readonly postDecodeUs = 0;
  /** Compute time in s and traffic in bytes of the prefills of the step. */
  #prefillSeconds = 0;
  #prefillBytes = 0;
  #prefillTokens = 0;
  /** Of one decode: at context 0, and per token of context. */
  readonly #decodeFlops: readonly [number, number];
  readonly #decodeBytes: readonly [number, number];
  readonly #alpha0: number;
  readonly #alpha1: number;
  readonly #tp: number;
  readonly #prefillRate: number;
  readonly #decodeRate: number;
  readonly #byteRate: number;
  readonly #cost: TransformerCost;
  /** Weight traffic of all GPUs by number of new tokens; NaN = not computed yet. */
  #weights = new Float64Array(256).fill(Number.NaN);

  constructor(config: Extract<LatencyConfig, { kind: 'roofline' | 'trained-physics' }>) {
    const { model, hardware, alpha, tp } = config;
    const peak = peakTflops(model, hardware) * 1e12;
    this.#cost = new TransformerCost(model);
    this.#tp = tp;
    this.#prefillRate = peak * hardware.mfuPrefill;
    this.#decodeRate = peak * hardware.mfuDecode;
    this.#byteRate = hardware.bandwidthTBs * 1e12;
    [this.#alpha0, this.#alpha1] = [alpha[0] ?? 0, alpha[1] ?? 0];
    this.outputTokenUs = truncateMicros(alpha[2] ?? 0);
    const flops = (s: number) => this.#cost.flops(s, 1);
    this.#decodeFlops = [flops(0), flops(1) - flops(0)];
    this.#decodeBytes = [this.#cost.decodeTraffic(0), this.#cost.decodeTraffic(1) - this.#cost.decodeTraffic(0)];
  }

  queueingUs(inputTokens: number): number {
    return truncateMicros(this.#alpha0 + this.#alpha1 * inputTokens);
  }

  begin(): void {
    this.#prefillSeconds = 0;
    this.#prefillBytes = 0;
    this.#prefillTokens = 0;
  }

  addPrefill(context: number, _inputTokens: number, tokens: number): void {
    this.#prefillSeconds += this.#cost.flops(context, tokens) / this.#tp / this.#prefillRate;
    this.#prefillBytes += this.#cost.traffic(context, tokens) / this.#tp;
    this.#prefillTokens += tokens;
  }

  stepUs(decodes: number, contexts: number, _scheduled: number): number {
    const tokens = this.#prefillTokens + decodes;
    if (tokens === 0) return 1;
    const [bytes, bytesPerToken] = this.#decodeBytes;
    const traffic = this.#prefillBytes + (decodes * bytes + contexts * bytesPerToken) / this.#tp;
    const us =
      Math.max(this.computeSeconds(decodes, contexts), (this.#weightsOf(tokens) + traffic) / this.#byteRate) * 1e6;
    if (decodes === 0) return Math.max(1, truncateMicros(us));
    // Each of the additions, and a handful of operations in every term, are off by 2⁻⁵³ of the total at most.
    const slack = us * (4 * decodes + SAFETY) * Number.EPSILON;
    const [low, high] = [truncateMicros(us - slack), truncateMicros(us + slack)];
    return low === high ? Math.max(1, low) : Number.NaN;
  }

  exactUs(contexts: readonly number[], _scheduled: number): number {
    const tokens = this.#prefillTokens + contexts.length;
    if (tokens === 0) return 1;
    let seconds = this.#prefillSeconds;
    let bytes = this.#prefillBytes;
    for (const context of contexts) {
      seconds += this.#cost.flops(context, 1) / this.#tp / this.#decodeRate;
      bytes += this.#cost.traffic(context, 1) / this.#tp;
    }
    const memory = (this.#weightsOf(tokens) + bytes) / this.#byteRate;
    return Math.max(1, truncateMicros(Math.max(seconds, memory) * 1e6));
  }

  /** Time that the step begun last would take if memory were no limit, up to rounding. */
  computeSeconds(decodes: number, contexts: number): number {
    const [flops, flopsPerToken] = this.#decodeFlops;
    return this.#prefillSeconds + (decodes * flops + contexts * flopsPerToken) / this.#tp / this.#decodeRate;
  }

  #weightsOf(tokens: number): number {
    if (tokens >= this.#weights.length) {
      const old = this.#weights;
      this.#weights = growTable(old, tokens + 1).fill(Number.NaN, old.length);
    }
    const known = this.#weights[tokens]!;
    if (!Number.isNaN(known)) return known;
    const weights = this.#cost.weightTraffic(tokens) / this.#tp;
    this.#weights[tokens] = weights;
    return weights;
  }
}

/** Rounding errors, in units of 2⁻⁵³ of the total, that do not grow with the number of decodes; far too many. */
const SAFETY = 64;

/** FLOPs and bytes of one forward pass, over all GPUs. The order of operations is part of the contract. */
class TransformerCost {
  readonly #layers: number;
  readonly #hidden: number;
  readonly #heads: number;
  readonly #headDim: number;
  readonly #kvDim: number;
  readonly #moeLayers: number;
  readonly #denseLayers: number;
  readonly #expertFfn: number;
  readonly #denseFfn: number;
  readonly #experts: number;
  readonly #topK: number;
  readonly #weightBytes: number;
  readonly #activationBytes: number;
  readonly #kvBytesPerToken: number;

  constructor(model: Extract<LatencyConfig, { kind: 'roofline' | 'trained-physics' }>['model']) {
    const { moeLayers, denseLayers } = layerSplit(model);
    const ffn = model.ffn === 0 ? 4 * model.hidden : model.ffn;
    this.#layers = model.layers;
    this.#hidden = model.hidden;
    this.#heads = model.heads;
    this.#headDim = model.hidden / model.heads;
    this.#kvDim = model.kvHeads * this.#headDim;
    this.#moeLayers = moeLayers;
    this.#denseLayers = denseLayers;
    this.#expertFfn = model.expertFfn === 0 ? ffn : model.expertFfn;
    this.#denseFfn = model.denseFfn === 0 ? ffn : model.denseFfn;
    this.#experts = model.experts;
    this.#topK = model.topK;
    this.#weightBytes = model.weightBytes;
    this.#activationBytes = model.activationBytes;
    this.#kvBytesPerToken = 2 * model.layers * model.kvHeads * this.#headDim * model.activationBytes;
  }

  /** @param s - context before the pass; @param n - new tokens */
  flops(s: number, n: number): number {
    const layers = this.#layers;
    const d = this.#hidden;
    const heads = this.#heads;
    const context = n > 1 ? s + (n - 1) / 2 : s;
    let gemm = (2 * n * (d * d + 2 * d * this.#kvDim) + 2 * n * d * d) * layers;
    gemm += 4 * heads * n * context * this.#headDim * layers;
    const vector = (5 * heads * n * context + 2 * n * d) * layers;
    if (this.#moeLayers > 0) gemm += 2 * n * (2 * d * this.#expertFfn) * this.#topK * this.#moeLayers;
    if (this.#denseLayers > 0) gemm += 2 * n * (2 * d * this.#denseFfn) * this.#denseLayers;
    return gemm + vector;
  }

  weightTraffic(n: number): number {
    const d = this.#hidden;
    let moe = 0;
    if (this.#moeLayers > 0) {
      const experts = this.#experts;
      const touched = experts * (1 - power((experts - this.#topK) / experts, n));
      moe = 2 * d * this.#expertFfn * touched * this.#moeLayers;
    }
    const dense = 2 * d * this.#denseFfn * this.#denseLayers;
    const attention = (d * (d + 2 * this.#kvDim) + d * d) * this.#layers;
    return (attention + (moe + dense)) * this.#weightBytes;
  }

  /** Bytes beyond the weights of one new token, without the rounding of `traffic`. @param s - context before the pass */
  decodeTraffic(s: number): number {
    return this.#kvBytesPerToken * (1 + s) + this.#layers * this.#hidden * this.#activationBytes;
  }

  /** Bytes beyond the weights, taken as the difference of two rounded totals as the reference does. */
  traffic(s: number, n: number): number {
    const weights = this.weightTraffic(n);
    const total =
      weights +
      this.#kvBytesPerToken * n +
      this.#kvBytesPerToken * s +
      this.#layers * this.#hidden * this.#activationBytes * n;
    return total - weights;
  }
}
