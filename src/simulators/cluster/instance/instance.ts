import { EventQueue } from '../../kernel/event-queue.ts';
import { CannotProgress } from '../cannot-progress.ts';
import type { RequestsOf } from '../column-owners.ts';
import type { InstanceConfig } from '../engine-config.ts';
import type { RequestIndex } from '../indices.ts';
import { NOTHING_CACHED } from '../kv/cached-blocks.ts';
import type { GpuBlocks } from '../kv/gpu-blocks.ts';
import type { KvTier } from '../kv/kv-tier.ts';
import type { LatencyModel } from '../latency/latency-model.ts';
import { PHASE } from '../request-states.ts';
import { TimeFifo } from '../time-fifo.ts';
import type { Batch } from './batch.ts';
import { BatchFormation } from './batch-formation.ts';
import type { InstanceListener, InstanceParts } from './instance-parts.ts';
import { InstanceState } from './instance-state.ts';
import type { PausedRequests } from './paused-requests.ts';
import { Pauses } from './pauses.ts';
import { RequestEnds } from './request-ends.ts';
import { StepExecution } from './step-execution.ts';
import type { TokenGaps } from './token-gaps.ts';
import type { WaitQueue } from './wait-queue.ts';

const NEVER = Number.POSITIVE_INFINITY;
/** Steps without any request ending or arriving before an instance asks itself why. */
const PATIENCE = 100_000;

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
  readonly ends: RequestEnds;
  inputTokens = 0;
  peakBlocks = 0;
  queueLengthSum = 0;
  /** An array, since a field that outgrows small integers takes all compiled code of its class with it. */
  readonly #blockMicros = new Float64Array(1);
  readonly #state: InstanceState;
  readonly #requests: RequestsOf<'instance/instance.ts'>;
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
    this.ends = new RequestEnds(state, {
      requests: parts.requests,
      postDecodeUs: parts.latency.postDecodeUs,
      ended: (request, end, produced, at) => parts.listener.requestEnded(index, request, end, produced, at),
    });
    this.#formation = new BatchFormation(state, parts);
    this.#execution = new StepExecution(state, parts.requests, parts.latency);
    this.#pauses = parts.pausing === null ? null : new Pauses(state, parts.requests, parts.pausing);
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

  /** Block·µs in use. */
  get blockMicros(): number {
    return this.#blockMicros[0]!;
  }

  get postDecodeUs(): number {
    return this.#latency.postDecodeUs;
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
    if (this.#delayed.headTime === at) this.#ready(this.#delayed.shift() as RequestIndex, at);
    else if (this.#stepAt === at) this.#step(at);
    else this.#timeOut(this.#deadlines.pop() as RequestIndex, at);
  }

  /** A routed request arrives. */
  inject(request: RequestIndex, atUs: number): void {
    const q = this.#requests;
    q.instance[request] = this.index;
    q.registered[request] = 1;
    if (atUs > this.#clock) this.#clock = atUs;
    this.tier?.routed?.(request);
    this.#delayed.push(atUs + this.#latency.queueingUs(q.inputTokens[request]!), request);
  }

  /** Takes blocks for the prompt of a request that comes by transfer. @returns false if there is no room */
  reserve(request: RequestIndex, atUs: number): boolean {
    this.#wake(atUs);
    return this.#state.allocate(request, 0, this.#requests.inputTokens[request]!, NOTHING_CACHED, 'prompt');
  }

  /** A request whose prompt blocks have been transferred here and are reserved joins the wait queue. */
  injectPrefilled(request: RequestIndex, atUs: number): void {
    this.#requests.instance[request] = this.index;
    this.#wake(atUs);
    this.#state.enqueuePrefilled(request);
    this.#watchDeadline(request);
    if (this.#stepAt === NEVER) this.#stepAt = Math.max(this.#clock, atUs);
  }

  /** Takes a request out for good, unless it is still in the queueing delay. Nothing is recorded for it. */
  evict(request: RequestIndex, atUs: number): boolean {
    const phase = this.#requests.phase[request]!;
    if (phase !== PHASE.queued && phase !== PHASE.running) return false;
    this.#wake(atUs);
    this.ends.takeOut(request);
    this.#state.leaves(request);
    this.#restartIfIdle(this.#clock);
    return true;
  }

  /** Whether it waits for something that will not happen by itself. */
  isStuck(): boolean {
    return this.#asleep && this.nextTime() === NEVER;
  }

  /** End of the run: notes the gaps of what still runs, counts the steps up to the horizon that were left out. */
  settle(): void {
    this.ends.recordRunning();
    if (!this.#asleep || this.#horizonUs === NEVER || this.#stepAt > this.#horizonUs) return;
    this.#wake(this.#horizonUs + 1);
    this.#clock = this.#horizonUs;
  }

  /** End of the run: time of the last event, not after the horizon. */
  endedAtUs(): number {
    return Math.min(Math.max(this.#clock, this.#lastLeft), this.#horizonUs);
  }

  /** A request leaves the queueing delay. */
  #ready(request: RequestIndex, at: number): void {
    const q = this.#requests;
    if (this.#isUnservable(request)) {
      this.ends.drop(request, at);
      q.registered[request] = 0;
    } else {
      this.inputTokens += q.inputTokens[request]!;
      const deadline = q.deadlineUs[request]!;
      if (deadline > 0 && deadline <= at) this.ends.timeOut(request, 0, at);
      else {
        this.#state.enqueue(request);
        this.#watchDeadline(request);
      }
    }
    if (this.#stepAt === NEVER && this.queue.length > 0) this.#stepAt = at;
  }

  #isUnservable(request: RequestIndex): boolean {
    const input = this.#requests.inputTokens[request]!;
    const given = this.#requests.maxOutputTokens[request]!;
    const limit = this.config.maxModelLen;
    // A request without a budget has what the context limit leaves.
    const budget = given === 0 && limit > 0 && input < limit ? limit - input : given;
    if (budget < 0) return true;
    if (limit > 0 && (input >= limit || (budget > 0 && input + budget > limit))) return true;
    return Math.ceil(input / this.config.blockSize) > this.gpu.total;
  }

  #watchDeadline(request: RequestIndex): void {
    const deadline = this.#requests.deadlineUs[request]!;
    if (deadline > 0 && deadline <= this.#horizonUs) this.#deadlines.push(deadline, 0, request);
  }

  /** Deadlines of completed requests do not count. */
  #nextDeadline(): number {
    const deadlines = this.#deadlines;
    const { phase } = this.#requests;
    while (deadlines.length > 0 && phase[deadlines.peekPayload() as RequestIndex]! >= PHASE.completed) deadlines.pop();
    return deadlines.peekTime();
  }

  #timeOut(request: RequestIndex, at: number): void {
    const produced = this.ends.takeOut(request);
    this.#restartIfIdle(at);
    this.ends.timeOut(request, produced, at);
  }

  #restartIfIdle(at: number): void {
    if (this.batch.size === 0 && this.#stepAt === NEVER && this.queue.length + this.paused.size > 0) this.#stepAt = at;
  }

  #step(at: number): void {
    this.#stepAt = NEVER;
    const state = this.#state;
    const { batch, queue, tier, order } = state;
    if (state.isEmpty) {
      this.#listener.stepped?.(this.index, at, 0);
      return;
    }
    state.steps++;
    if (state.steps - state.advancedAt > PATIENCE) this.#requireProgress(at);
    const waiting = batch.size === 0 ? queue.length : 0;
    const changes = tier?.changes ?? 0;
    const misses = tier?.misses ?? 0;
    if (tier !== null) tier.setClock?.(at);
    if (order.dynamic !== null) queue.sort(order.dynamic(at));
    if (this.#pauses !== null) this.#pauses.rearrange(at);
    const supply = this.#formation.form(at);
    this.queueLengthSum += queue.length;
    const duration = this.#execution.execute(at, supply);
    const { used } = this.gpu;
    if (used > this.peakBlocks) this.peakBlocks = used;
    this.#blockMicros[0]! += used * duration;
    if (tier !== null) tier.mirror(batch.request, batch.size);
    const end = at + duration;
    if (this.ends.complete(end) > 0 && end > this.#lastLeft && end <= this.#horizonUs) this.#lastLeft = end;
    if (!state.isEmpty) this.#stepAt = end;
    if (waiting > 0 && batch.size === 0 && queue.length === waiting && (tier?.changes ?? 0) === changes) {
      this.#asleep = duration === 1 && order.dynamic === null && this.#pauses === null;
      this.#missesPerStep = (tier?.misses ?? 0) - misses;
    }
    this.#listener.stepped?.(this.index, at, duration);
  }

  /** Accounts for the steps that would have found nothing to do before `at`. */
  #wake(at: number): void {
    if (!this.#asleep) return;
    this.#asleep = false;
    const skipped = at - this.#stepAt;
    if (skipped <= 0) return;
    this.#stepAt = at;
    this.#state.steps += skipped;
    this.#state.advancedAt += skipped;
    this.queueLengthSum += skipped * this.queue.length;
    this.#blockMicros[0]! += skipped * this.gpu.used;
    if (this.tier !== null) this.tier.misses += skipped * this.#missesPerStep;
  }

  /**
   * With this many steps and nothing that ended or arrived, requests preempt each other, or themselves, in a circle:
   * the first of the batch needs one step per token at most, if it ever can finish.
   * @throws CannotProgress unless a deadline, the horizon or a transfer will change something
   */
  #requireProgress(at: number): void {
    const steps = this.steps - this.#state.advancedAt;
    if (steps <= PATIENCE + 10 * this.#requests.longest || this.#horizonUs < NEVER) return;
    if (this.#nextDeadline() < NEVER || (this.tier?.nextChangeUs() ?? NEVER) < NEVER) return;
    const held = this.queue.length + this.batch.size + this.paused.size;
    throw new CannotProgress(`${held} requests at instance ${this.index} need KV blocks that never become free`, at);
  }
}
