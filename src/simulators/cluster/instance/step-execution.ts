import type { RequestsOf } from '../column-owners.ts';
import type { Slot } from '../indices.ts';
import type { LatencyModel } from '../latency/latency-model.ts';
import type { InstanceState } from './instance-state.ts';

const NOBODY: readonly Slot[] = [];

/** Computes a step: its duration, and how far it takes every request of the batch. */
export class StepExecution {
  readonly #state: InstanceState;
  readonly #requests: RequestsOf<'instance/step-execution.ts'>;
  readonly #latency: LatencyModel;

  constructor(state: InstanceState, requests: RequestsOf<'instance/step-execution.ts'>, latency: LatencyModel) {
    this.#state = state;
    this.#requests = requests;
    this.#latency = latency;
  }

  /**
   * Moves every request on.
   * @param supply - whether all running requests have tokens
   * @returns the duration of the step, µs
   */
  execute(at: number, supply: 'for all' | 'for some'): number {
    const { batch, gaps, tier } = this.#state;
    const latency = this.#latency;
    latency.begin();
    const prefills = batch.prefills > 0 ? this.#addPrefills() : 0;
    const idle = supply === 'for some' ? this.#idleDecodes() : NOBODY;
    const decodes = batch.decodes - idle.length;
    const contexts = idle.reduce((sum, slot) => sum - batch.progress(slot), batch.contexts());
    let duration = latency.stepUs(decodes, contexts, prefills + decodes);
    if (Number.isNaN(duration)) duration = latency.exactUs(this.#contexts(idle), prefills + decodes);
    if (tier !== null) duration += tier.takeTransferUs?.() ?? 0;
    if (decodes > 0) gaps.append(duration + latency.outputTokenUs);
    for (const slot of idle) this.#holdBack(slot, decodes > 0 ? 'decode' : 'wait');
    batch.advance(decodes > 0 ? 'decode' : 'only prefill');
    if (batch.prefills > 0) this.#finishPrefills(at + duration + latency.outputTokenUs);
    return duration;
  }

  /** @returns the number of requests that prefill in this step */
  #addPrefills(): number {
    const { batch } = this.#state;
    const q = this.#requests;
    let scheduled = 0;
    for (let i = batch.prefillFrom; i < batch.size; i++) {
      const slot = i as Slot;
      if (!batch.isPrefill(slot)) continue;
      const request = batch.request[slot]!;
      const tokens = q.stepTokens[request]!;
      if (tokens === 0) continue;
      this.#latency.addPrefill(batch.progress(slot), q.inputTokens[request]!, tokens);
      scheduled++;
    }
    return scheduled;
  }

  /** Slots of requests in decode that got no token for this step. */
  #idleDecodes(): readonly Slot[] {
    const { batch } = this.#state;
    const { stepTokens } = this.#requests;
    const slots: Slot[] = [];
    for (let i = 0; i < batch.size; i++) {
      const slot = i as Slot;
      if (!batch.isPrefill(slot) && stepTokens[batch.request[slot]!] === 0) slots.push(slot);
    }
    return slots;
  }

  /** Contexts of the requests that decode in this step, in batch order. */
  #contexts(idle: readonly Slot[]): readonly number[] {
    const { batch } = this.#state;
    const contexts: number[] = [];
    for (let i = 0; i < batch.size; i++) {
      const slot = i as Slot;
      if (!batch.isPrefill(slot) && !idle.includes(slot)) contexts.push(batch.progress(slot));
    }
    return contexts;
  }

  /** A decode without a token has a longer gap, if others got one; it gets its token back for the next step. */
  #holdBack(slot: Slot, others: 'decode' | 'wait'): void {
    const { batch, gaps } = this.#state;
    const request = batch.request[slot]!;
    batch.give(request, 1);
    if (others === 'wait') return;
    gaps.skip(request);
    batch.holdBack(slot);
  }

  /** Moves prefills on; those that reach the end of their prompt have their first token. */
  #finishPrefills(firstTokenAt: number): void {
    const { batch } = this.#state;
    const q = this.#requests;
    for (let i = batch.prefillFrom; i < batch.size; i++) {
      const slot = i as Slot;
      if (!batch.isPrefill(slot)) continue;
      const request = batch.request[slot]!;
      const target = q.stepTarget[request]!;
      if (target < q.inputTokens[request]!) batch.setPrefillProgress(slot, target);
      else {
        q.ttftUs[request] = firstTokenAt - q.arrivalUs[request]!;
        this.#state.beginDecode(slot, target, target);
      }
    }
  }
}
