import type { LatencyConfig } from '../engine-config.ts';
import { layerSplit, peakTflops } from './architecture.ts';
import type { LatencyModel } from './latency-model.ts';
import { growTable, truncateMicros } from './micros.ts';

/**
 * Roofline step time: the longer of arithmetic and memory traffic, without communication or overhead terms.
 * `sumA` is compute time in seconds, `sumB` the traffic in bytes that depends on the requests.
 * @see Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model"
 */
export class RooflineLatency implements LatencyModel {
  readonly outputTokenUs: number;
  readonly postDecodeUs = 0;
  decode = new Float64Array(0);
  sumA = 0;
  sumB = 0;
  #covered = 0;
  #prefillTokens = 0;
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
    this.cover(1023);
  }

  queueingUs(inputTokens: number): number {
    return truncateMicros(this.#alpha0 + this.#alpha1 * inputTokens);
  }

  cover(context: number): void {
    if (context < this.#covered) return;
    if (2 * context >= this.decode.length) this.decode = growTable(this.decode, 2 * (context + 1));
    for (let s = this.#covered; s <= context; s++) {
      this.decode[2 * s] = this.#cost.flops(s, 1) / this.#tp / this.#decodeRate;
      this.decode[2 * s + 1] = this.#cost.traffic(s, 1) / this.#tp;
    }
    this.#covered = context + 1;
  }

  begin(): void {
    this.sumA = 0;
    this.sumB = 0;
    this.#prefillTokens = 0;
  }

  addPrefill(context: number, _inputTokens: number, tokens: number): void {
    this.sumA += this.#cost.flops(context, tokens) / this.#tp / this.#prefillRate;
    this.sumB += this.#cost.traffic(context, tokens) / this.#tp;
    this.#prefillTokens += tokens;
  }

  stepUs(sumA: number, sumB: number, decodes: number, _scheduled: number): number {
    const tokens = this.#prefillTokens + decodes;
    if (tokens === 0) return 1;
    const memory = (this.#weightsOf(tokens) + sumB) / this.#byteRate;
    return Math.max(1, truncateMicros(Math.max(sumA, memory) * 1e6));
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
      const touched = experts * (1 - ((experts - this.#topK) / experts) ** n);
      moe = 2 * d * this.#expertFfn * touched * this.#moeLayers;
    }
    const dense = 2 * d * this.#denseFfn * this.#denseLayers;
    const attention = (d * (d + 2 * this.#kvDim) + d * d) * this.#layers;
    return (attention + (moe + dense)) * this.#weightBytes;
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
