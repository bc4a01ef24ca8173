import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { RequestsOf, RequestsView } from '../column-owners.ts';
import type { RequestIndex, Slot } from '../indices.ts';
import { PHASE } from '../request-states.ts';
import type { InstanceState } from './instance-state.ts';

export interface EndParts {
  readonly requests: RequestsView;
  /** Added to the E2E time of a request with output, µs. */
  readonly postDecodeUs: number;
  /** Called after the state of the instance has changed. */
  readonly ended: (request: RequestIndex, end: RequestEnd, producedTokens: number, atUs: number) => void;
}

/** How requests leave an instance, and what is measured of them then. */
export class RequestEnds {
  completed = 0;
  dropped = 0;
  timedOut = 0;
  lengthCapped = 0;
  allocationFailures = 0;
  outputTokens = 0;
  /** Completed, dropped and timed out so far. */
  count = 0;
  /** An array, since a field that outgrows small integers takes all compiled code of its class with it. */
  readonly #ttftSumUs = new Float64Array(1);
  readonly #state: InstanceState;
  readonly #requests: RequestsOf<'instance/request-ends.ts'>;
  readonly #postDecodeUs: number;
  readonly #ended: EndParts['ended'];

  constructor(state: InstanceState, { requests, postDecodeUs, ended }: EndParts) {
    this.#state = state;
    this.#requests = requests;
    this.#postDecodeUs = postDecodeUs;
    this.#ended = ended;
  }

  get ttftSumUs(): number {
    return this.#ttftSumUs[0]!;
  }

  /** Could never be served. */
  drop(request: RequestIndex, atUs: number): void {
    this.dropped++;
    this.#end(request, PHASE.dropped, 'dropped', 0, atUs);
  }

  /** The client has given up. @param produced - output tokens so far */
  timeOut(request: RequestIndex, produced: number, atUs: number): void {
    this.timedOut++;
    this.#end(request, PHASE.timedOut, 'timed-out', produced, atUs);
  }

  /**
   * Removes a request from batch or queue without counting it.
   * @returns its output tokens so far
   */
  takeOut(request: RequestIndex): number {
    const { batch, gaps, gpu, paused, queue, tier } = this.#state;
    const q = this.#requests;
    tier?.leaves(request, 'for good');
    gpu.release(request, 'for good');
    const slot = q.phase[request] === PHASE.running ? batch.indexOf(request) : null;
    if (slot !== null) this.#recordGaps(slot);
    gaps.discard(request);
    if (slot !== null) {
      const progress = batch.progress(slot);
      batch.remove(slot);
      return Math.max(0, progress - q.inputTokens[request]!);
    }
    const pause = paused.size > 0 ? paused.take(request) : null;
    if (pause !== null) return pause.progress - q.inputTokens[request]!;
    queue.remove(request);
    return 0;
  }

  /** Gaps of a request that has not completed: a trace says how far it got. */
  #recordGaps(slot: Slot): void {
    const { batch } = this.#state;
    const request = batch.request[slot]!;
    const produced = batch.progress(slot) - this.#requests.inputTokens[request]!;
    if (produced > 0) this.#noteGaps(request, produced);
  }

  /** The run is over: the same for all that still run. */
  recordRunning(): void {
    const { batch } = this.#state;
    for (let slot = 0; slot < batch.size; slot++) this.#recordGaps(slot as Slot);
  }

  /** Takes finished requests out of the batch. @param endAt - end of the step @returns how many there were */
  complete(endAt: number): number {
    const { batch } = this.#state;
    const { due, dueCount } = batch;
    let count = 0;
    for (let d = 0; d < dueCount; d++) {
      const slot = due[d]! as Slot;
      if (!batch.isFinished(slot)) continue;
      count++;
      this.#finish(slot, endAt);
    }
    if (count > 0) batch.removeFinished();
    return count;
  }

  #finish(slot: Slot, endAt: number): void {
    const { batch, gaps, gpu, streams, tier } = this.#state;
    const q = this.#requests;
    const request = batch.request[slot]!;
    const progress = batch.progress(slot);
    const output = q.outputTokens[request]!;
    const capped = this.#isCapped(slot, progress);
    tier?.leaves(request, 'for good');
    gpu.release(request, 'for good');
    const produced = progress - q.inputTokens[request]!;
    const itl = this.#noteGaps(request, produced);
    const from = q.firstDecodeStep[request]!;
    if (streams !== null) streams.completed(request, from, gaps);
    if (streams === null || streams.counts(request)) gaps.complete(request, from);
    else gaps.discard(request);
    // Without a prefill of its own a request counts from the start of its decode.
    const firstToken = Number.isNaN(q.ttftUs[request]!) ? 0 : q.ttftUs[request]!;
    q.e2eUs[request] = firstToken + itl + (output > 0 ? this.#postDecodeUs : 0);
    this.#ttftSumUs[0]! += firstToken;
    this.outputTokens += produced < output ? produced + 1 : produced;
    this.completed++;
    this.#end(request, PHASE.completed, capped ? 'length-capped' : 'completed', produced, endAt);
  }

  /** Whether the context limit ends the request; else its last token is allocated, which may fail without effect. */
  #isCapped(slot: Slot, progress: number): boolean {
    const state = this.#state;
    const q = this.#requests;
    const request = state.batch.request[slot]!;
    const input = q.inputTokens[request]!;
    const output = q.outputTokens[request]!;
    if (progress < input + Math.max(output, 1) - 1) {
      this.lengthCapped++;
      q.lengthCapped[request] = 1;
      return true;
    }
    if (output > 0 && progress < input + output) {
      state.settleRoom(slot);
      if (!state.allocateToken(request, progress)) this.allocationFailures++;
    }
    return false;
  }

  /** @returns the sum of the gaps, µs */
  #noteGaps(request: RequestIndex, produced: number): number {
    const { gaps } = this.#state;
    const q = this.#requests;
    const itl = gaps.sum - q.gapsBefore[request]! - gaps.skippedUs(request) + gaps.pausedUs(request);
    if (produced > 0) q.firstGapUs[request] = gaps.gapAt(gaps.firstStep(request, q.firstDecodeStep[request]!));
    q.itlSumUs[request] = itl;
    q.itlCount[request] = produced;
    return itl;
  }

  #end(request: RequestIndex, phase: number, end: RequestEnd, produced: number, atUs: number): void {
    this.#state.ends(request, phase);
    this.count++;
    this.#ended(request, end, produced, atUs);
  }
}
