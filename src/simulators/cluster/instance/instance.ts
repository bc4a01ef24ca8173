import { InputError } from '../../../base/errors.ts';
import { EventQueue } from '../../kernel/event-queue.ts';
import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { InstanceConfig } from '../engine-config.ts';
import type { GpuBlocks } from '../kv/gpu-blocks.ts';
import type { KvTier } from '../kv/kv-tier.ts';
import type { LatencyModel } from '../latency/latency-model.ts';
import { PHASE, PREFILLED, type RequestStates } from '../request-states.ts';
import { TimeFifo } from '../time-fifo.ts';
import type { Batch } from './batch.ts';
import { BatchFormation, type FormationParts } from './batch-formation.ts';
import { InstanceState, type StateParts } from './instance-state.ts';
import type { PausedRequests } from './paused-requests.ts';
import { Pauses, type Pausing } from './pauses.ts';
import { StepExecution } from './step-execution.ts';
import type { TokenGaps } from './token-gaps.ts';
import type { WaitQueue } from './wait-queue.ts';

/** What happens to requests at an instance, as the cluster needs to know it. */
export interface InstanceListener {
  /** Called inside the instance's event, after its state has changed. */
  requestEnded(instance: Instance, request: number, end: RequestEnd, producedTokens: number, atUs: number): void;
  /** After a step; duration 0 = there was nothing to do and it does not count. */
  stepped?(instance: Instance, atUs: number, durationUs: number): void;
}

export interface InstanceParts extends StateParts, FormationParts {
  readonly horizonUs: number;
  readonly latency: LatencyModel;
  /** null = a request stays in the batch until it ends or loses its blocks. */
  readonly pausing: Pausing | null;
  readonly listener: InstanceListener;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Steps without any request ending or arriving before an instance asks itself why. */
const PATIENCE = 100_000;

/** The run would go on for ever. */
export function cannotProgress(reason: string, atUs: number): InputError {
  return new InputError(`cannot progress: ${reason} (since ${atUs} µs)`, {
    suggestion: 'give more KV blocks, a context limit, a horizon or deadlines',
  });
}

/**
 * One serving engine with continuous batching. It has three sources of events, taken in order of (time, kind):
 * requests that leave the queueing delay, the next step, client deadlines. A step is executed in one go at its start;
 * everything it does is visible from then on.
 */
export class Instance {
  readonly index: number;
  readonly config: InstanceConfig;
  readonly gpu: GpuBlocks;
  readonly tier: KvTier | null;
  readonly batch: Batch;
  readonly queue: WaitQueue;
  readonly gaps: TokenGaps;
  readonly paused: PausedRequests;
  completed = 0;
  dropped = 0;
  timedOut = 0;
  lengthCapped = 0;
  allocationFailures = 0;
  inputTokens = 0;
  outputTokens = 0;
  peakBlocks = 0;
  queueLengthSum = 0;
  /** Completed, dropped and timed out so far. */
  ended = 0;
  /** An array, since a field that outgrows small integers takes all compiled code of its class with it. */
  readonly #totals = new Float64Array(2);
  readonly #state: InstanceState;
  readonly #requests: RequestStates;
  readonly #formation: BatchFormation;
  readonly #execution: StepExecution;
  readonly #pauses: Pauses | null;
  readonly #latency: LatencyModel;
  readonly #listener: InstanceListener;
  readonly #horizonUs: number;
  /** Requests in the queueing delay. */
  readonly #delayed = new TimeFifo();
  readonly #deadlines = new EventQueue(16);
  /** Time of the next step; NEVER = none pending. */
  #stepAt = NEVER;
  /** Nothing will happen in the steps from `#stepAt` on until something outside them changes. */
  #asleep = false;
  #missesPerStep = 0;
  /** Value of `steps` when a request last ended or arrived. */
  #advancedAt = 0;
  /** Time of the last event, and the latest end, up to the horizon, of a step that let a request go. */
  #clock = 0;
  #lastLeft = 0;

  constructor(index: number, parts: InstanceParts) {
    this.index = index;
    this.config = parts.config;
    this.gpu = parts.gpu;
    this.tier = parts.tier;
    const state = new InstanceState(parts);
    this.#state = state;
    this.batch = state.batch;
    this.queue = state.queue;
    this.gaps = state.gaps;
    this.paused = state.paused;
    this.#requests = parts.requests;
    this.#formation = new BatchFormation(state, parts);
    this.#execution = new StepExecution(state, parts.latency);
    this.#pauses = parts.pausing === null ? null : new Pauses(state, parts.pausing);
    this.#latency = parts.latency;
    this.#listener = parts.listener;
    this.#horizonUs = parts.horizonUs;
  }

  get steps(): number {
    return this.#state.steps;
  }

  get preemptions(): number {
    return this.#state.preemptions;
  }

  get pauses(): number {
    return this.#state.pauses;
  }

  /** Time of the next event, µs. */
  nextTime(): number {
    const step = this.#asleep ? Math.max(this.#stepAt, this.tier?.nextChangeUs() ?? NEVER) : this.#stepAt;
    return Math.min(this.#delayed.headTime, step, this.#nextDeadline());
  }

  /** Executes the next event. */
  process(): void {
    const at = this.nextTime();
    this.#wake(at);
    this.#clock = at;
    if (this.#delayed.headTime === at) this.#enqueue(this.#delayed.shift(), at);
    else if (this.#stepAt === at) this.#step(at);
    else this.#timeOut(this.#deadlines.pop(), at);
  }

  /** A routed request arrives. */
  inject(request: number, atUs: number): void {
    const q = this.#requests;
    q.instance[request] = this.index;
    q.registered[request] = 1;
    if (atUs > this.#clock) this.#clock = atUs;
    this.tier?.routed?.(request);
    this.#delayed.push(atUs + this.#latency.queueingUs(q.inputTokens[request]!), request);
  }

  /** Takes blocks for the prompt of a request that comes by transfer. @returns false if there is no room */
  reserve(request: number, atUs: number): boolean {
    this.#wake(atUs);
    return this.#state.allocate(request, 0, this.#requests.inputTokens[request]!, 0, true);
  }

  /** A request whose prompt blocks have been transferred here and are reserved joins the wait queue. */
  injectPrefilled(request: number, atUs: number): void {
    const q = this.#requests;
    q.instance[request] = this.index;
    q.prefilled[request] = PREFILLED.yes;
    q.phase[request] = PHASE.queued;
    this.#wake(atUs);
    this.queue.enqueue(request);
    this.#advancedAt = this.steps;
    const deadline = q.deadlineUs[request]!;
    if (deadline > 0 && deadline <= this.#horizonUs) this.#deadlines.push(deadline, 0, request);
    if (this.#stepAt === NEVER) this.#stepAt = Math.max(this.#clock, atUs);
  }

  /** Takes a request out for good, unless it is still in the queueing delay. Nothing is recorded for it. */
  evict(request: number, atUs: number): boolean {
    const q = this.#requests;
    if (q.phase[request] !== PHASE.queued && q.phase[request] !== PHASE.running) return false;
    this.#wake(atUs);
    this.#takeOut(request);
    q.phase[request] = PHASE.evicted;
    this.#restartIfIdle(this.#clock);
    return true;
  }

  /** Block·µs in use. */
  get blockMicros(): number {
    return this.#totals[0]!;
  }

  get ttftSumUs(): number {
    return this.#totals[1]!;
  }

  get postDecodeUs(): number {
    return this.#latency.postDecodeUs;
  }

  /** Whether it waits for something that will not happen by itself. */
  isStuck(): boolean {
    return this.#asleep && this.nextTime() === NEVER;
  }

  /** End of the run: notes the gaps of what still runs, counts the steps up to the horizon that were left out. */
  settle(): void {
    for (let slot = 0; slot < this.batch.size; slot++) this.#recordGaps(slot);
    if (!this.#asleep || this.#horizonUs === NEVER || this.#stepAt > this.#horizonUs) return;
    this.#wake(this.#horizonUs + 1);
    this.#clock = this.#horizonUs;
  }

  /** End of the run: time of the last event, not after the horizon. */
  endedAtUs(): number {
    return Math.min(Math.max(this.#clock, this.#lastLeft), this.#horizonUs);
  }

  #enqueue(request: number, at: number): void {
    const q = this.#requests;
    const input = q.inputTokens[request]!;
    const limit = this.config.maxModelLen;
    if (q.maxOutputTokens[request] === 0 && limit > 0 && input < limit) q.maxOutputTokens[request] = limit - input;
    if (this.#unservable(request)) {
      this.dropped++;
      this.#end(request, PHASE.dropped, 'dropped', 0, at);
      q.registered[request] = 0;
    } else {
      this.inputTokens += input;
      const deadline = q.deadlineUs[request]!;
      if (deadline > 0 && deadline <= at) {
        this.timedOut++;
        this.#end(request, PHASE.timedOut, 'timed-out', 0, at);
      } else {
        q.phase[request] = PHASE.queued;
        this.queue.enqueue(request);
        this.#advancedAt = this.steps;
        if (deadline > 0 && deadline <= this.#horizonUs) this.#deadlines.push(deadline, 0, request);
      }
    }
    if (this.#stepAt === NEVER && this.queue.length > 0) this.#stepAt = at;
  }

  #unservable(request: number): boolean {
    const input = this.#requests.inputTokens[request]!;
    const budget = this.#requests.maxOutputTokens[request]!;
    const limit = this.config.maxModelLen;
    if (budget < 0) return true;
    if (limit > 0 && (input >= limit || (budget > 0 && input + budget > limit))) return true;
    return Math.ceil(input / this.config.blockSize) > this.gpu.total;
  }

  /** Deadlines of completed requests do not count. */
  #nextDeadline(): number {
    const deadlines = this.#deadlines;
    while (deadlines.length > 0 && this.#requests.phase[deadlines.peekPayload()]! >= PHASE.completed) deadlines.pop();
    return deadlines.peekTime();
  }

  #timeOut(request: number, at: number): void {
    const produced = this.#takeOut(request);
    this.timedOut++;
    this.#restartIfIdle(at);
    this.#end(request, PHASE.timedOut, 'timed-out', produced, at);
  }

  /**
   * Removes a request from batch or queue without recording anything.
   * @returns its output tokens so far
   */
  #takeOut(request: number): number {
    const q = this.#requests;
    this.tier?.leaves(request, true);
    this.gpu.release(request, false);
    if (q.phase[request] === PHASE.running) this.#recordGaps(this.batch.indexOf(request));
    this.gaps.discard(request);
    if (q.phase[request] !== PHASE.running) {
      const slot = this.paused.size > 0 ? this.paused.take(request) : null;
      if (slot !== null) return slot.progress - q.inputTokens[request]!;
      this.queue.remove(request);
      return 0;
    }
    const slot = this.batch.indexOf(request);
    const progress = this.batch.progress(slot);
    this.batch.remove(slot);
    q.progress[request] = progress;
    return Math.max(0, progress - q.inputTokens[request]!);
  }

  /** Gaps of a request that has not completed: a trace says how far it got. */
  #recordGaps(slot: number): void {
    const { batch, gaps } = this;
    const q = this.#requests;
    const request = batch.request[slot]!;
    const produced = batch.progress(slot) - q.inputTokens[request]!;
    if (produced <= 0) return;
    q.firstGapUs[request] = gaps.gapAt(gaps.firstStep(request, q.firstDecodeStep[request]!));
    q.itlSumUs[request] = gaps.sum - q.gapsBefore[request]! - gaps.skippedUs(request) + gaps.pausedUs(request);
    q.itlCount[request] = produced;
  }

  #restartIfIdle(at: number): void {
    if (this.batch.size === 0 && this.#stepAt === NEVER && this.queue.length + this.paused.size > 0) this.#stepAt = at;
  }

  #end(request: number, phase: number, end: RequestEnd, produced: number, at: number): void {
    this.#requests.phase[request] = phase;
    this.ended++;
    this.#advancedAt = this.steps;
    this.#listener.requestEnded(this, request, end, produced, at);
  }

  #step(at: number): void {
    this.#stepAt = NEVER;
    const state = this.#state;
    const { batch, queue, tier, order } = state;
    if (state.isEmpty) {
      this.#listener.stepped?.(this, at, 0);
      return;
    }
    state.steps++;
    if (state.steps - this.#advancedAt > PATIENCE) this.#requireProgress(at);
    const waiting = batch.size === 0 ? queue.length : 0;
    const changes = tier?.changes ?? 0;
    const misses = tier?.misses ?? 0;
    if (tier !== null) tier.setClock(at);
    if (order.dynamic !== null) queue.sort(order.dynamic(at));
    if (this.#pauses !== null) this.#pauses.rearrange(at);
    const starved = this.#formation.form(at);
    this.queueLengthSum += queue.length;
    const duration = this.#execution.execute(at, starved);
    const { used } = this.gpu;
    if (used > this.peakBlocks) this.peakBlocks = used;
    this.#totals[0]! += used * duration;
    if (tier !== null) tier.mirror(batch.request, batch.size);
    this.#complete(at + duration);
    if (!state.isEmpty) this.#stepAt = at + duration;
    if (waiting > 0 && batch.size === 0 && queue.length === waiting && (tier?.changes ?? 0) === changes) {
      this.#asleep = duration === 1 && order.dynamic === null && this.#pauses === null;
      this.#missesPerStep = (tier?.misses ?? 0) - misses;
    }
    this.#listener.stepped?.(this, at, duration);
  }

  /** Accounts for the steps that would have found nothing to do before `at`. */
  #wake(at: number): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    const skipped = at - this.#stepAt;
    if (skipped <= 0) return;
    this.#stepAt = at;
    this.#state.steps += skipped;
    this.#advancedAt += skipped;
    this.queueLengthSum += skipped * this.queue.length;
    this.#totals[0]! += skipped * this.gpu.used;
    if (this.tier !== null) this.tier.misses += skipped * this.#missesPerStep;
  }

  /**
   * With this many steps and nothing that ended or arrived, requests preempt each other, or themselves, in a circle:
   * the first of the batch needs one step per token at most, if it ever can finish.
   * @throws InputError unless a deadline, the horizon or a transfer will change something
   */
  #requireProgress(at: number): void {
    const steps = this.steps - this.#advancedAt;
    if (steps <= PATIENCE + 10 * this.#requests.longest || this.#horizonUs < NEVER) return;
    if (this.#nextDeadline() < NEVER || (this.tier?.nextChangeUs() ?? NEVER) < NEVER) return;
    const held = this.queue.length + this.batch.size + this.paused.size;
    throw cannotProgress(`${held} requests at instance ${this.index} need KV blocks that never become free`, at);
  }

  /** Takes finished requests out of the batch. @param endAt - end of the step */
  #complete(endAt: number): void {
    const { batch } = this;
    const { due, dueCount } = batch;
    let count = 0;
    for (let d = 0; d < dueCount; d++) {
      const slot = due[d]!;
      if (!batch.isFinished(slot)) continue;
      count++;
      this.#finish(slot, endAt);
    }
    if (count === 0) return;
    batch.removeFinished();
    if (endAt > this.#lastLeft && endAt <= this.#horizonUs) this.#lastLeft = endAt;
  }

  #finish(slot: number, endAt: number): void {
    const { batch } = this;
    const q = this.#requests;
    const request = batch.request[slot]!;
    const input = q.inputTokens[request]!;
    const progress = batch.progress(slot);
    const output = q.outputTokens[request]!;
    const capped = progress < input + Math.max(output, 1) - 1;
    if (capped) {
      this.lengthCapped++;
      q.lengthCapped[request] = 1;
    } else if (output > 0 && progress < input + output) {
      this.#state.settleRoom(slot);
      if (!this.#state.allocateToken(request, progress)) this.allocationFailures++;
    }
    this.tier?.leaves(request, true);
    this.gpu.release(request, false);
    const produced = progress - input;
    const itl = this.gaps.sum - q.gapsBefore[request]! - this.gaps.skippedUs(request) + this.gaps.pausedUs(request);
    if (produced > 0) {
      q.firstGapUs[request] = this.gaps.gapAt(this.gaps.firstStep(request, q.firstDecodeStep[request]!));
    }
    const { streams } = this.#state;
    if (streams !== null) streams.completed(request, q.firstDecodeStep[request]!, this.gaps);
    if (streams === null || streams.counts(request)) this.gaps.complete(request, q.firstDecodeStep[request]!);
    else this.gaps.discard(request);
    q.itlSumUs[request] = itl;
    q.itlCount[request] = produced;
    // Without a prefill of its own a request counts from the start of its decode.
    const firstToken = Number.isNaN(q.ttftUs[request]!) ? 0 : q.ttftUs[request]!;
    q.e2eUs[request] = firstToken + itl + (output > 0 ? this.#latency.postDecodeUs : 0);
    q.progress[request] = progress;
    q.finishedStep[request] = this.steps;
    this.#totals[1]! += firstToken;
    this.outputTokens += produced < output ? produced + 1 : produced;
    this.completed++;
    this.#end(request, PHASE.completed, capped ? 'length-capped' : 'completed', produced, endAt);
  }
}
