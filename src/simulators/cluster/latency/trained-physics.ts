import { InputError } from '../../../base/errors.ts';
import { shortText } from '../../../base/short-text.ts';
import type { LatencyConfig } from '../engine-config.ts';
import { layerSplit, peakTflops } from './architecture.ts';
import type { LatencyModel } from './latency-model.ts';
import { truncateMicros } from './micros.ts';

/** MoE exchange by all-to-all; every other back end gathers. */
const ALL_TO_ALL = ['pplx', 'deepep_high_throughput', 'deepep_low_latency', 'mori', 'flashinfer_all2allv'];
const GATHER = ['naive', 'allgather_reducescatter', ''];

/**
 * Physical terms with trained weights: compute and KV traffic of prefills and decodes, weight traffic, communication,
 * per-layer, per-request and constant overheads. Of the decodes only the sum of contexts counts, an integer.
 *
 * The order of operations is part of the contract: results are truncated to µs.
 */
export class TrainedPhysicsLatency implements LatencyModel {
  readonly outputTokenUs: number;
  readonly postDecodeUs: number;
  #prefillTokens = 0;
  #attention = 0;
  readonly #queueingUs: number;
  readonly #beta: Float64Array;
  readonly #splitPrefill: boolean;
  readonly #splitDecode: boolean;
  readonly #layers: number;
  readonly #hidden: number;
  readonly #headDim: number;
  readonly #kvDim: number;
  readonly #headsPerGpu: number;
  readonly #moeLayers: number;
  readonly #denseLayers: number;
  readonly #isMoe: boolean;
  readonly #topK: number;
  readonly #expertFfn: number;
  readonly #sharedFfn: number;
  readonly #denseFfn: number;
  readonly #activationBytes: number;
  readonly #tp: number;
  readonly #dp: number;
  readonly #gpus: number;
  readonly #expertGroup: number;
  readonly #flopsPerUs: number;
  readonly #bytesPerUs: number;
  readonly #weightsUs: number;
  readonly #interleaved: number;
  readonly #allToAll: boolean;

  constructor(config: Extract<LatencyConfig, { kind: 'roofline' | 'trained-physics' }>) {
    const { alpha, beta, model, hardware, tp, dp } = config;
    if (alpha.length < 3 || beta.length < 7) {
      throw new InputError(`needs 3 alpha and at least 7 beta coefficients, got ${alpha.length} and ${beta.length}`);
    }
    if (model.heads % tp !== 0) throw new InputError(`tp must divide the ${model.heads} attention heads, got ${tp}`);
    if (model.kvHeads % tp !== 0) throw new InputError(`tp must divide the ${model.kvHeads} KV heads, got ${tp}`);
    const { moeLayers, denseLayers } = layerSplit(model);
    this.#queueingUs = truncateMicros(alpha[0]!);
    this.postDecodeUs = truncateMicros(alpha[1]!);
    this.outputTokenUs = truncateMicros(alpha[2]!);
    this.#beta = Float64Array.from({ length: 12 }, (_, i) => (i === 0 ? 0 : (beta[i - 1] ?? 0)));
    if (beta.length < 11) this.#beta[11] = beta[3]!;
    this.#splitPrefill = beta.length >= 9;
    this.#splitDecode = beta.length >= 10;
    this.#layers = model.layers;
    this.#hidden = model.hidden;
    this.#headDim = Math.floor(model.hidden / model.heads);
    this.#kvDim = model.kvHeads * this.#headDim;
    this.#headsPerGpu = model.heads / tp;
    this.#moeLayers = moeLayers;
    this.#denseLayers = denseLayers;
    this.#isMoe = model.experts >= 2;
    this.#topK = Math.max(1, model.topK);
    this.#expertFfn = model.expertFfn === 0 ? model.ffn : model.expertFfn;
    this.#sharedFfn = model.sharedFfn;
    this.#denseFfn = model.denseFfn === 0 ? model.ffn : model.denseFfn;
    this.#activationBytes = model.activationBytes;
    this.#tp = tp;
    this.#dp = dp;
    this.#gpus = tp * dp;
    this.#expertGroup = this.#isMoe ? this.#gpus : tp;
    this.#flopsPerUs = peakTflops(model, hardware) * 1e6;
    this.#bytesPerUs = hardware.bandwidthTBs * 1e6;
    this.#interleaved = this.#isMoe && model.interleaveStep > 0 ? 1 : 0;
    if (!ALL_TO_ALL.includes(config.moeCommBackend) && !GATHER.includes(config.moeCommBackend)) {
      throw new InputError(`unknown MoE communication back end ${shortText(config.moeCommBackend)}`);
    }
    this.#allToAll = ALL_TO_ALL.includes(config.moeCommBackend);
    this.#weightsUs = this.#weightTraffic(model.experts, model.weightBytes) / this.#bytesPerUs;
  }

  queueingUs(_inputTokens: number): number {
    return this.#queueingUs;
  }

  begin(): void {
    this.#prefillTokens = 0;
    this.#attention = 0;
  }

  addPrefill(_context: number, inputTokens: number, tokens: number): void {
    this.#prefillTokens += tokens;
    this.#attention += 4 * this.#headsPerGpu * tokens * (inputTokens + tokens / 2) * this.#headDim;
  }

  exactUs(contexts: readonly number[], scheduled: number): number {
    return this.stepUs(
      contexts.length,
      contexts.reduce((sum, context) => sum + context, 0),
      scheduled,
    );
  }

  stepUs(decodes: number, contexts: number, scheduled: number): number {
    if (scheduled === 0) return 1;
    const beta = this.#beta;
    const layers = this.#layers;
    const d = this.#hidden;
    const kvPerGpu = this.#kvDim / this.#gpus;
    let prefill = 0;
    let decode = 0;
    if (this.#prefillTokens > 0) {
      const p = this.#prefillTokens;
      const compute =
        ((layers * 2 * p * d * (2 * d + 2 * this.#kvDim)) / this.#gpus +
          (layers * this.#attention) / this.#dp +
          this.#ffnFlops(p)) /
        this.#flopsPerUs;
      const kv = (layers * 2 * kvPerGpu * p * 2) / this.#bytesPerUs;
      prefill = this.#splitPrefill ? beta[1]! * compute + beta[9]! * kv : beta[1]! * Math.max(compute, kv);
    } else if (this.#splitPrefill) {
      prefill = beta[1]! * 0 + beta[9]! * 0;
    }
    if (decodes > 0) {
      const compute =
        ((layers * 2 * decodes * d * (2 * d + 2 * this.#kvDim)) / this.#gpus +
          (layers * 4 * this.#headsPerGpu * contexts * this.#headDim) / this.#dp +
          this.#ffnFlops(decodes)) /
        this.#flopsPerUs;
      const kv = (layers * 2 * kvPerGpu * 2 * (contexts + decodes)) / this.#bytesPerUs;
      decode = this.#splitDecode ? beta[2]! * compute + beta[10]! * kv : beta[2]! * Math.max(compute, kv);
    }
    const tokens = this.#prefillTokens + decodes;
    const attentionReduce = this.#allReduce(layers, tokens) / this.#dp;
    const denseReduce = this.#allReduce(this.#denseLayers, tokens) / this.#dp;
    const moeReduce =
      this.#isMoe && this.#moeLayers > 0 && this.#dp === 1 ? this.#allReduce(this.#moeLayers, tokens) : 0;
    const us =
      prefill +
      decode +
      beta[3]! * this.#weightsUs +
      beta[4]! * (attentionReduce + denseReduce + moeReduce) +
      beta[11]! * this.#dispatch(tokens) +
      beta[5]! * layers +
      beta[6]! * scheduled +
      beta[7]! +
      beta[8]! * this.#interleaved * this.#moeLayers;
    return Math.max(1, truncateMicros(us));
  }

  #ffnFlops(tokens: number): number {
    const d = this.#hidden;
    let flops = 0;
    if (this.#moeLayers > 0) {
      flops += this.#moeLayers * ((tokens * this.#topK) / this.#expertGroup) * 6 * d * this.#expertFfn;
      if (this.#sharedFfn !== 0) flops += (this.#moeLayers * tokens * 6 * d * this.#sharedFfn) / this.#gpus;
    }
    if (this.#denseLayers > 0) flops += (this.#denseLayers * tokens * 1 * 6 * d * this.#denseFfn) / this.#gpus;
    return flops;
  }

  #weightTraffic(experts: number, weightBytes: number): number {
    const d = this.#hidden;
    const attention = (this.#layers * d * (2 * d + 2 * this.#kvDim) * weightBytes) / this.#tp;
    let ffn = 0;
    if (this.#moeLayers > 0) {
      ffn += this.#moeLayers * (experts / this.#expertGroup) * 3 * d * this.#expertFfn * weightBytes;
      if (this.#sharedFfn > 0) ffn += (this.#moeLayers * 3 * d * this.#sharedFfn * weightBytes) / this.#tp;
    }
    if (this.#denseLayers > 0) ffn += (this.#denseLayers * 1 * 3 * d * this.#denseFfn * weightBytes) / this.#tp;
    return attention + ffn;
  }

  #allReduce(units: number, tokens: number): number {
    const tp = this.#tp;
    if (tp === 1) return 0;
    return (units * tokens * this.#hidden * this.#activationBytes * 2 * ((tp - 1) / tp)) / this.#bytesPerUs;
  }

  #dispatch(tokens: number): number {
    if (!this.#isMoe || this.#dp <= 1) return 0;
    const group = this.#expertGroup;
    const layer = this.#allToAll
      ? ((((tokens / this.#dp) * this.#topK * (group - 1)) / group) * 2 * this.#hidden * this.#activationBytes) /
        this.#bytesPerUs
      : ((((tokens / this.#dp) * (group - 1)) / group) * 2 * this.#hidden * this.#activationBytes) / this.#bytesPerUs;
    return layer * this.#moeLayers;
  }
}
