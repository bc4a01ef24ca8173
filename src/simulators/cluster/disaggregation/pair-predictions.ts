import type { InstanceConfig } from '../engine-config.ts';
import { createLatencyModel } from '../latency/create-latency-model.ts';
import type { LatencyModel } from '../latency/latency-model.ts';

/** Work that a router has placed on an instance and not seen the end of; the router's own books, so never stale. */
export interface PlacedWork {
  /** Prompt tokens still to be computed, as far as the router knows. */
  readonly promptTokens: number;
  /** Requests that decode there, or will. */
  readonly decodes: number;
  /** Prompt tokens of those. */
  readonly contextTokens: number;
}

/**
 * Predicted times at one kind of instance, from its latency coefficients and what a router may know: its own books,
 * snapshots, lengths of prompts. Lengths of answers enter only as the mean of answers already seen. All in µs.
 */
export class PairPredictor {
  readonly #config: InstanceConfig;
  /** A model of its own: the instances' models hold the sums of a step under way. */
  readonly #latency: LatencyModel;

  constructor(config: InstanceConfig) {
    this.#config = config;
    this.#latency = createLatencyModel(config.latency);
  }

  /**
   * Time from routing to the start of the step that ends the prefill, which is when the KV transfer starts.
   * @param uncached - prompt tokens that the instance has to compute, ≥ 1
   */
  prefillUs(inputTokens: number, uncached: number, work: PlacedWork): number {
    const { maxBatchedTokens, maxSeqs, longPrefillThreshold } = this.#config;
    const decodes = Math.min(work.decodes, maxSeqs);
    const budget = Math.max(1, maxBatchedTokens - decodes);
    const total = work.promptTokens + uncached;
    const ownSteps = longPrefillThreshold > 0 ? Math.ceil(uncached / longPrefillThreshold) : 1;
    const before = Math.max(Math.ceil(total / budget), ownSteps) - 1;
    const context = meanContext(work);
    const busy = work.promptTokens > 0 || decodes > 0;
    const underWay = busy
      ? this.#stepUs(Math.min(budget, work.promptTokens), inputTokens, decodes, context) * HALF_A_STEP
      : 0;
    const full = before > 0 ? this.#stepUs(Math.min(budget, total), inputTokens, decodes, context) : 0;
    return this.#latency.queueingUs(inputTokens) + underWay + before * full;
  }

  /** Time of a decode step once the request is there, overhead per token included. */
  tokenUs(inputTokens: number, work: PlacedWork): number {
    const decodes = Math.min(work.decodes + 1, this.#config.maxSeqs);
    const context = (work.contextTokens + inputTokens) / (work.decodes + 1);
    return this.#stepUs(0, 0, decodes, context) + this.#latency.outputTokenUs;
  }

  /**
   * Time from the end of the transfer to the first token: a slot, room for the prompt, the step under way, its own.
   * @param kvUtilization - share of blocks in use as last seen
   * @param meanOutput - mean length of the answers seen so far, tokens
   */
  decodeUs(inputTokens: number, work: PlacedWork, kvUtilization: number, meanOutput: number): number {
    const { maxSeqs, totalBlocks, blockSize } = this.#config;
    const token = this.tokenUs(inputTokens, work);
    const lifetime = token * meanOutput;
    const slots = Math.max(0, work.decodes + 1 - maxSeqs);
    const used = Math.max(kvUtilization * totalBlocks, work.contextTokens / blockSize);
    const missing = Math.max(0, Math.ceil(inputTokens / blockSize) + 1 - (totalBlocks - used));
    const running = Math.max(1, Math.min(work.decodes, maxSeqs));
    const departures = Math.max(slots, (missing * running) / Math.max(1, used));
    return (departures * lifetime) / running + (work.decodes > 0 ? token * HALF_A_STEP : 0) + token;
  }

  #stepUs(promptTokens: number, inputTokens: number, decodes: number, context: number): number {
    const model = this.#latency;
    const length = Math.max(0, Math.round(context));
    model.begin();
    if (promptTokens > 0) model.addPrefill(0, inputTokens, promptTokens);
    const scheduled = decodes + (promptTokens > 0 ? 1 : 0);
    const us = model.stepUs(decodes, decodes * length, scheduled);
    return Number.isNaN(us) ? model.exactUs(Array<number>(decodes).fill(length), scheduled) : us;
  }
}

/** Expected rest of a step that a request finds under way. */
const HALF_A_STEP = 0.5;

function meanContext({ contextTokens, decodes }: PlacedWork): number {
  return decodes === 0 ? 0 : contextTokens / decodes;
}
