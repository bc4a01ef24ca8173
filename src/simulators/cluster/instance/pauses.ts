import type { RequestsView } from '../column-owners.ts';
import type { RequestIndex, Slot } from '../indices.ts';
import type { PausePolicy, RequestView } from '../policy/policy.ts';
import type { InstanceState } from './instance-state.ts';
import type { PausedSlot } from './paused-requests.ts';

export interface Pausing {
  readonly policy: PausePolicy;
  readonly viewOf: (request: RequestIndex) => RequestView;
}

/** Lets running requests pause for waiting ones, between two steps and at the word of a policy. */
export class Pauses {
  readonly #state: InstanceState;
  readonly #requests: RequestsView;
  readonly #policy: PausePolicy;
  readonly #viewOf: (request: RequestIndex) => RequestView;

  constructor(state: InstanceState, requests: RequestsView, { policy, viewOf }: Pausing) {
    this.#state = state;
    this.#requests = requests;
    this.#policy = policy;
    this.#viewOf = viewOf;
  }

  /** Before a step: paused requests go on where they may, others pause. */
  rearrange(at: number): void {
    const { batch, queue, paused, config } = this.#state;
    const policy = this.#policy;
    const slots = config.maxSeqs;
    for (let i = 0; i < paused.size && batch.size < slots; ) {
      const { request, pausedAtUs } = paused.at(i);
      if (policy.isOverdue(this.#viewOf(request), at - pausedAtUs)) this.#resume(paused.takeAt(i), at);
      else i++;
    }
    const holds = policy.untilNobodyWaits === true && queue.length > 0 && this.#allowed(at) > 0;
    while (paused.size > 0 && ((!holds && slots - batch.size > queue.length) || batch.size === 0)) {
      this.#resume(paused.takeAt(0), at);
    }
    const missing = holds ? queue.length : queue.length - (slots - batch.size);
    const pauses = missing <= 0 ? 0 : Math.min(this.#allowed(at), missing);
    if (pauses === 0) return;
    for (const request of this.#ranked(at).slice(0, pauses)) this.#pause(batch.indexOf(request), at);
  }

  /** How many requests may pause for the next in line: none where memory is short. */
  #allowed(at: number): number {
    const { batch, queue, gpu, config } = this.#state;
    const limit = this.#policy.limit(this.#state.load(this.#viewOf, at));
    // Its prompt beside a block for every running request.
    const needed = Math.ceil(this.#requests.inputTokens[queue.at(0)]! / config.blockSize) + batch.size;
    return gpu.free < needed ? 0 : Math.max(0, limit);
  }

  /** Requests that may pause, in the order of the policy. */
  #ranked(at: number): readonly RequestIndex[] {
    const { batch } = this.#state;
    const ranked: { readonly request: RequestIndex; readonly rank: number }[] = [];
    for (let i = 0; i < batch.size; i++) {
      const slot = i as Slot;
      const request = batch.request[slot]!;
      const produced = batch.progress(slot) - this.#requests.inputTokens[request]!;
      if (produced < 0) continue;
      const rank = this.#policy.rank(this.#viewOf(request), produced, at);
      if (rank > Number.NEGATIVE_INFINITY) ranked.push({ request, rank });
    }
    ranked.sort((a, b) => b.rank - a.rank || b.request - a.request);
    return ranked.map(({ request }) => request);
  }

  #pause(slot: Slot, at: number): void {
    const state = this.#state;
    const request = state.batch.request[slot]!;
    state.pauses++;
    state.settleRoom(slot);
    state.tier?.leaves(request, 'for a while');
    state.paused.add(state.batch, slot, at, state.gaps);
    state.batch.remove(slot);
    state.waits(request);
  }

  #resume(slot: PausedSlot, at: number): void {
    const { batch, gaps, tier } = this.#state;
    const { request } = slot;
    const place = batch.push(request, slot.progress);
    batch.startDecode(place, slot.progress);
    // The first decode asks the cache, which so learns that the request is back.
    batch.setAsk(place, -1);
    batch.due[batch.dueCount++] = place;
    this.#state.runs(request);
    gaps.resume(request, slot.pausedStep, slot.sumAtPause, at - slot.pausedAtUs);
    tier?.admitted?.(request);
  }
}
