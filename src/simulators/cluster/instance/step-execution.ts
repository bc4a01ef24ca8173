import type { LatencyModel } from '../latency/latency-model.ts';
import type { InstanceState } from './instance-state.ts';

const NOBODY: readonly number[] = [];

/** Computes a step: its duration, and how far it takes every request of the batch. */
export class StepExecution {
  readonly #state: InstanceState;
  readonly #latency: LatencyModel;

  constructor(state: InstanceState, latency: LatencyModel) {
    this.#state = state;
    this.#latency = latency;
  }

  /**
   * Moves every request on.
   * @param starved - running requests may be without tokens
   * @returns the duration of the step, µs
   */
  execute(at: number, starved: boolean): number {
    const { batch, gaps, tier } = this.#state;
    const latency = this.#latency;
    latency.begin();
    const prefills = batch.prefills > 0 ? this.#addPrefills() : 0;
    const idle = starved ? this.#idleDecodes() : NOBODY;
    const decodes = batch.decodes - idle.length;
    const contexts = idle.reduce((sum, slot) => sum - batch.progress(slot), batch.contexts());
    let duration = latency.stepUs(decodes, contexts, prefills + decodes);
    if (Number.isNaN(duration)) duration = latency.exactUs(this.#contexts(idle), prefills + decodes);
    if (tier !== null) duration += tier.takeTransferUs();
    if (decodes > 0) gaps.append(duration + latency.outputTokenUs);
    for (const slot of idle) this.#holdBack(slot, decodes > 0);
    batch.advance(decodes > 0);
    if (batch.prefills > 0) this.#finishPrefills(at + duration + latency.outputTokenUs);
    return duration;
  }

  /** @returns the number of requests that prefill in this step */
  #addPrefills(): number {
    const { batch, requests: q } = this.#state;
    let scheduled = 0;
    for (let i = batch.prefillFrom; i < batch.size; i++) {
      if (!batch.isPrefill(i)) continue;
      const request = batch.request[i]!;
      const tokens = q.stepTokens[request]!;
      if (tokens === 0) continue;
      this.#latency.addPrefill(batch.progress(i), q.inputTokens[request]!, tokens);
      scheduled++;
    }
    return scheduled;
  }

  /** Slots of requests in decode that got no token for this step. */
  #idleDecodes(): readonly number[] {
    const { batch, requests } = this.#state;
    const slots: number[] = [];
    for (let i = 0; i < batch.size; i++) {
      if (!batch.isPrefill(i) && requests.stepTokens[batch.request[i]!] === 0) slots.push(i);
    }
    return slots;
  }

  /** Contexts of the requests that decode in this step, in batch order. */
  #contexts(idle: readonly number[]): readonly number[] {
    const { batch } = this.#state;
    const contexts: number[] = [];
    for (let i = 0; i < batch.size; i++) {
      if (!batch.isPrefill(i) && !idle.includes(i)) contexts.push(batch.progress(i));
    }
    return contexts;
  }

  /** A decode without a token has a longer gap, if others got one; it gets its token back for the next step. */
  #holdBack(slot: number, gap: boolean): void {
    const { batch, gaps, requests } = this.#state;
    const request = batch.request[slot]!;
    requests.stepTokens[request] = 1;
    if (!gap) return;
    gaps.skip(request);
    batch.holdBack(slot);
  }

  /** Moves prefills on; those that reach the end of their prompt have their first token. */
  #finishPrefills(firstTokenAt: number): void {
    const { batch, requests: q } = this.#state;
    for (let i = batch.prefillFrom; i < batch.size; i++) {
      if (!batch.isPrefill(i)) continue;
      const request = batch.request[i]!;
      const target = q.stepTarget[request]!;
      if (target < q.inputTokens[request]!) batch.setPrefillProgress(i, target);
      else {
        q.ttftUs[request] = firstTokenAt - q.arrivalUs[request]!;
        this.#state.beginDecode(i, target, target);
      }
    }
  }
}
