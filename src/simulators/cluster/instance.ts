import { InputError } from '../../base/errors.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import { TimeFifo } from '../kernel/time-fifo.ts';
import type { RequestEnd } from '../workload/follow-ups.ts';
import { Batch } from './batch.ts';
import type { InstanceConfig } from './engine-config.ts';
import type { GpuBlocks } from './gpu-blocks.ts';
import type { KvTier } from './kv-tier.ts';
import type { LatencyModel } from './latency/latency-model.ts';
import { PausedRequests, type PausedSlot } from './paused-requests.ts';
import type { InstanceLoad, PausePolicy, RequestView, StepTokens } from './policy.ts';
import type { QueueOrder } from './queue-order.ts';
import { PHASE, type RequestStates } from './request-states.ts';
import { TokenGaps } from './token-gaps.ts';
import { WaitQueue } from './wait-queue.ts';

/** What happens to requests at an instance, as the cluster needs to know it. */
export interface InstanceListener {
  /** Called inside the instance's event, after its state has changed. */
  requestEnded(instance: Instance, request: number, end: RequestEnd, producedTokens: number, atUs: number): void;
  /** After a step; duration 0 = there was nothing to do and it does not count. */
  stepped?(instance: Instance, atUs: number, durationUs: number): void;
}

export interface InstanceParts {
  readonly config: InstanceConfig;
  readonly horizonUs: number;
  readonly requests: RequestStates;
  readonly gpu: GpuBlocks;
  readonly tier: KvTier | null;
  readonly latency: LatencyModel;
  readonly order: QueueOrder;
  /** Longest prefill chunk of a request in one step, for all or by request; 0 = unlimited. */
  readonly prefillLimit: number | ((request: number) => number);
  /** Tokens of a step that end admission, by its load; null = those of the largest step. */
  readonly stepBudget: StepBudget | null;
  /** null = a request stays in the batch until it ends or loses its blocks. */
  readonly pausing: Pausing | null;
  /** Brings `urgency` up to date; null = it never changes. */
  readonly refreshUrgency: ((request: number, clockUs: number) => void) | null;
  readonly listener: InstanceListener;
}

export interface Pausing {
  readonly policy: PausePolicy;
  readonly viewOf: (request: number) => RequestView;
}

export interface StepBudget {
  readonly policy: StepTokens;
  readonly viewOf: (request: number) => RequestView;
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
  readonly gaps = new TokenGaps();
  readonly paused = new PausedRequests();
  pauses = 0;
  completed = 0;
  dropped = 0;
  timedOut = 0;
  lengthCapped = 0;
  preemptions = 0;
  allocationFailures = 0;
  inputTokens = 0;
  outputTokens = 0;
  steps = 0;
  peakBlocks = 0;
  queueLengthSum = 0;
  /** Completed, dropped and timed out so far. */
  ended = 0;
  /** An array, since a field that outgrows small integers takes all compiled code of its class with it. */
  readonly #totals = new Float64Array(2);
  /** Requests in the batch with prompt tokens to go; none of them is in a slot before `#prefillFrom`. */
  #prefills = 0;
  #prefillFrom = 0;
  readonly #requests: RequestStates;
  readonly #latency: LatencyModel;
  readonly #order: QueueOrder;
  readonly #prefillLimit: number | ((request: number) => number);
  readonly #stepBudget: StepBudget | null;
  readonly #pausing: Pausing | null;
  readonly #refreshUrgency: InstanceParts['refreshUrgency'];
  readonly #listener: InstanceListener;
  readonly #horizonUs: number;
  readonly #outputTokenUs: number;
  /** Room in a request's last block at which a decode asks the cache: a block that gets a key tells when it is full. */
  readonly #askAtRoom: number;
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
  /** Whether the running requests of the current step did not all get tokens. */
  #starved = false;

  constructor(index: number, parts: InstanceParts) {
    this.index = index;
    this.config = parts.config;
    this.gpu = parts.gpu;
    this.tier = parts.tier;
    this.#requests = parts.requests;
    this.batch = new Batch(parts.requests);
    this.#latency = parts.latency;
    this.#order = parts.order;
    this.#prefillLimit = parts.prefillLimit;
    this.#stepBudget = parts.stepBudget;
    this.#pausing = parts.pausing;
    this.#refreshUrgency = parts.refreshUrgency;
    this.#listener = parts.listener;
    this.#horizonUs = parts.horizonUs;
    this.#outputTokenUs = parts.latency.outputTokenUs;
    this.#askAtRoom = parts.gpu.keysOutput ? 1 : 0;
    this.queue = new WaitQueue(parts.order.fixed);
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

  /** A request whose prompt blocks have been transferred here and are reserved joins the wait queue. */
  injectPrefilled(request: number, atUs: number): void {
    const q = this.#requests;
    q.instance[request] = this.index;
    q.prefilled[request] = 1;
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
    if (this.batch.isPrefill(slot)) this.#prefills--;
    this.batch.remove(slot);
    this.#prefillFrom = 0;
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
    const { batch, queue, tier } = this;
    if (batch.size === 0 && queue.length === 0 && this.paused.size === 0) {
      this.#listener.stepped?.(this, at, 0);
      return;
    }
    this.steps++;
    if (this.steps - this.#advancedAt > PATIENCE) this.#requireProgress(at);
    const waiting = batch.size === 0 ? queue.length : 0;
    const changes = tier?.changes ?? 0;
    const misses = tier?.misses ?? 0;
    if (tier !== null) tier.setClock(at);
    if (this.#order.dynamic !== null) queue.sort(this.#order.dynamic(at));
    if (this.#pausing !== null) this.#rearrange(this.#pausing, at);
    const left = this.#extendRunning(at);
    if (left >= 0) this.#admit(left, at);
    this.queueLengthSum += queue.length;
    const duration = this.#execute(at);
    if (tier !== null) tier.mirror(batch.request, batch.size);
    this.#complete(at + duration);
    if (batch.size > 0 || queue.length > 0 || this.paused.size > 0) this.#stepAt = at + duration;
    if (waiting > 0 && batch.size === 0 && queue.length === waiting && (tier?.changes ?? 0) === changes) {
      this.#asleep = duration === 1 && this.#order.dynamic === null && this.#pausing === null;
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
    this.steps += skipped;
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

  /**
   * Gives tokens to the running requests, in batch order.
   * @returns the token budget left for new requests, −1 = none may be admitted
   */
  #extendRunning(at: number): number {
    const { batch } = this;
    const q = this.#requests;
    let budget = this.config.maxBatchedTokens;
    let preempted = false;
    let i = 0;
    for (let d = 0; ; d++) {
      // Up to the next slot that is due, every request decodes one token.
      const quick = Math.min((d < batch.dueCount ? batch.due[d]! : batch.size) - i, budget);
      i += quick;
      budget -= quick;
      if (i === batch.size || budget === 0) break;
      const request = batch.request[i]!;
      const progress = batch.progress(i);
      const missing = q.inputTokens[request]! - progress;
      let tokens = 1;
      if (missing > 0) {
        tokens = this.#chunk(request, missing, progress, budget);
        if (this.#allocate(request, progress, progress + tokens, true)) {
          q.stepTarget[request] = progress + tokens;
          q.stepTokens[request] = tokens;
          i++;
          budget -= tokens;
          continue;
        }
      } else if (progress < q.askAt[request]! || this.#decodeWithCache(i)) {
        i++;
        budget--;
        continue;
      }
      // No block is free: requests leave the batch until this one fits, or it leaves itself.
      preempted = true;
      let fits = false;
      while (!fits) {
        if (this.paused.size > 0) {
          this.#dropPaused(at);
          fits = missing > 0 ? this.#allocate(request, progress, progress + tokens, true) : this.#decodeWithCache(i);
          continue;
        }
        const victim = this.#victim(at);
        const self = batch.request[victim] === request;
        if (victim < i) {
          budget += q.stepTokens[batch.request[victim]!]!;
          i--;
        }
        this.#preempt(victim);
        if (self) break;
        fits = missing > 0 ? this.#allocate(request, progress, progress + tokens, true) : this.#decodeWithCache(i);
      }
      if (!fits) break;
      if (missing > 0) q.stepTarget[request] = progress + tokens;
      q.stepTokens[request] = tokens;
      i++;
      budget -= tokens;
      d = batch.dueFrom(i) - 1;
    }
    this.#starved = i < batch.size;
    // Stays valid until the step ends; `#settleStarved` gives decodes their token back.
    for (let rest = i; rest < batch.size; rest++) q.stepTokens[batch.request[rest]!] = 0;
    return preempted ? -1 : budget;
  }

  /** How much of the largest step is not for new prompts. */
  #keptTokens(at: number): number {
    if (this.#stepBudget === null) return 0;
    const { policy, viewOf } = this.#stepBudget;
    return Math.max(0, this.config.maxBatchedTokens - policy(this.#load(viewOf, at)));
  }

  #load(viewOf: (request: number) => RequestView, clockUs: number): InstanceLoad {
    return {
      clockUs,
      waiting: this.queue.length,
      paused: this.paused.size,
      running: this.batch.size,
      slots: this.config.maxSeqs,
      freeBlocks: this.gpu.free,
      totalBlocks: this.gpu.total,
      next: viewOf(this.queue.at(0)),
    };
  }

  #chunk(request: number, missing: number, progress: number, budget: number): number {
    const limit = typeof this.#prefillLimit === 'number' ? this.#prefillLimit : this.#prefillLimit(request);
    let tokens = limit > 0 && missing > limit ? limit : missing;
    if (tokens > budget) tokens = budget;
    const cap = this.config.maxModelLen;
    return cap > 0 ? Math.min(tokens, Math.max(cap - 1 - progress, 0)) : tokens;
  }

  #allocate(request: number, start: number, end: number, prefill: boolean): boolean {
    const { tier } = this;
    return tier === null
      ? this.gpu.allocate(request, start, end, 0, prefill)
      : tier.allocate(request, start, end, 0, prefill);
  }

  #allocateToken(request: number, position: number): boolean {
    const { tier } = this;
    return tier === null
      ? this.gpu.allocateToken(request, position)
      : tier.allocate(request, position, position + 1, 0, false);
  }

  /** One decode token for a slot that has to ask for it. */
  #decodeWithCache(slot: number): boolean {
    const { batch } = this;
    const request = batch.request[slot]!;
    this.#settleRoom(slot);
    const progress = batch.progress(slot);
    if (!this.#allocateToken(request, progress)) return false;
    this.#prepareDecode(slot, progress + 1);
    return true;
  }

  /** Writes the room that tokens taken without asking have used back to the request. */
  #settleRoom(slot: number): void {
    const { batch } = this;
    const request = batch.request[slot]!;
    const ask = this.#requests.askAt[request]!;
    if (ask < 0 || this.#requests.room[request] === 0) return;
    this.#requests.room[request] = ask - batch.progress(slot) + this.#askAtRoom;
  }

  /** @param progress - the request's when it takes its next token */
  #prepareDecode(slot: number, progress: number): void {
    const request = this.batch.request[slot]!;
    const direct = this.tier === null || this.tier.decodesDirectly(request);
    this.batch.setAsk(slot, direct ? progress + Math.max(0, this.#requests.room[request]! - this.#askAtRoom) : -1);
  }

  #victim(at: number): number {
    const { batch } = this;
    let victim = batch.size - 1;
    if (this.config.preemption === 'fcfs') return victim;
    if (this.#refreshUrgency !== null) {
      for (let i = 0; i < batch.size; i++) this.#refreshUrgency(batch.request[i]!, at);
    }
    const { urgency, arrivalUs } = this.#requests;
    for (let i = victim - 1; i >= 0; i--) {
      const a = batch.request[i]!;
      const b = batch.request[victim]!;
      if (urgency[a]! > urgency[b]! || (urgency[a] === urgency[b] && arrivalUs[a]! > arrivalUs[b]!)) victim = i;
    }
    return victim;
  }

  #preempt(slot: number): void {
    const { batch } = this;
    const q = this.#requests;
    const request = batch.request[slot]!;
    this.preemptions++;
    this.tier?.leaves(request, false);
    if (batch.isPrefill(slot)) this.#prefills--;
    batch.remove(slot);
    this.#prefillFrom = 0;
    q.phase[request] = PHASE.queued;
    q.prefilled[request] = 0;
    this.gpu.release(request, true);
    this.gaps.discard(request);
    this.queue.requeue(request);
  }

  /** Pauses running requests for waiting ones, and lets paused ones go on. */
  #rearrange({ policy, viewOf }: Pausing, at: number): void {
    const { batch, queue, paused } = this;
    const slots = this.config.maxSeqs;
    for (let i = 0; i < paused.size && batch.size < slots; ) {
      const { request, pausedAtUs } = paused.at(i);
      if (policy.isOverdue(viewOf(request), at - pausedAtUs)) this.#resume(paused.takeAt(i), at);
      else i++;
    }
    const holds = policy.untilNobodyWaits === true && this.#wantsPauses({ policy, viewOf }, at);
    while (paused.size > 0 && ((!holds && slots - batch.size > queue.length) || batch.size === 0)) {
      this.#resume(paused.takeAt(0), at);
    }
    const missing = holds ? queue.length : queue.length - (slots - batch.size);
    if (missing <= 0) return;
    const limit = policy.limit(this.#load(viewOf, at));
    if (limit <= 0 || this.#isMemoryShort(queue.at(0))) return;
    const ranked: { readonly request: number; readonly rank: number }[] = [];
    for (let i = 0; i < batch.size; i++) {
      const produced = batch.progress(i) - this.#requests.inputTokens[batch.request[i]!]!;
      if (produced < 0) continue;
      const rank = policy.rank(viewOf(batch.request[i]!), produced, at);
      if (rank > Number.NEGATIVE_INFINITY) ranked.push({ request: batch.request[i]!, rank });
    }
    ranked.sort((a, b) => b.rank - a.rank || b.request - a.request);
    for (const { request } of ranked.slice(0, Math.min(limit, missing))) this.#pause(batch.indexOf(request), at);
  }

  #wantsPauses({ policy, viewOf }: Pausing, at: number): boolean {
    const { queue } = this;
    return queue.length > 0 && policy.limit(this.#load(viewOf, at)) > 0 && !this.#isMemoryShort(queue.at(0));
  }

  /** Whether a prompt beside a block for every running request is more than is free: then nobody pauses for it. */
  #isMemoryShort(request: number): boolean {
    const needed = Math.ceil(this.#requests.inputTokens[request]! / this.config.blockSize) + this.batch.size;
    return this.gpu.free < needed;
  }

  #pause(slot: number, at: number): void {
    const request = this.batch.request[slot]!;
    this.pauses++;
    this.#settleRoom(slot);
    this.tier?.leaves(request, false);
    this.paused.add(this.batch, slot, at, this.gaps);
    this.batch.remove(slot);
    this.#prefillFrom = 0;
    this.#requests.phase[request] = PHASE.queued;
  }

  #resume(slot: PausedSlot, at: number): void {
    const { batch } = this;
    const { request } = slot;
    const place = batch.push(request, slot.progress);
    batch.startDecode(place, slot.progress);
    this.#requests.stepTokens[request] = 1;
    // The first decode asks the cache, which so learns that the request is back.
    batch.setAsk(place, -1);
    batch.due[batch.dueCount++] = place;
    this.#requests.phase[request] = PHASE.running;
    this.gaps.resume(request, slot.pausedStep, slot.sumAtPause, at - slot.pausedAtUs);
    this.tier?.admitted(request);
  }

  /** Memory is short: the request paused last gives its blocks back and starts over. */
  #dropPaused(at: number): void {
    const q = this.#requests;
    const { request } = this.paused.takeAt(this.paused.size - 1);
    this.preemptions++;
    q.prefilled[request] = 0;
    this.gpu.release(request, true);
    this.gaps.discard(request);
    this.queue.requeue(request);
    if (this.#order.dynamic !== null) this.queue.sort(this.#order.dynamic(at));
  }

  /** Moves requests from the queue into the batch while tokens, slots and blocks last. */
  #admit(budgetLeft: number, at: number): void {
    const { batch, queue, tier } = this;
    const { maxSeqs, blockSize } = this.config;
    const q = this.#requests;
    let budget = budgetLeft;
    const kept = queue.length > 0 ? this.#keptTokens(at) : 0;
    let skipped = 0;
    if (tier !== null) tier.beginAdmission();
    while (batch.size < maxSeqs && queue.length > skipped && (budget > kept || batch.size === 0) && budget > 0) {
      const request = queue.at(skipped);
      if (tier?.isDeferred(request)) {
        skipped++;
        continue;
      }
      const input = q.inputTokens[request]!;
      let start = input;
      let tokens = 1;
      let allocated: boolean;
      if (q.prefilled[request] === 1) {
        allocated = this.#allocate(request, input, input + 1, false);
      } else {
        const cached = this.gpu.lookup(request);
        start = cached * blockSize;
        tokens = this.#chunk(request, input - start, start, budget);
        allocated =
          tier === null
            ? this.gpu.allocate(request, start, start + tokens, cached, true)
            : tier.allocate(request, start, start + tokens, cached, true);
      }
      if (!allocated) {
        if (!tier?.isDeferred(request)) break;
        skipped++;
        continue;
      }
      queue.removeAt(skipped);
      budget -= tokens;
      this.#join(request, start + tokens, tokens, at);
    }
  }

  #join(request: number, target: number, tokens: number, at: number): void {
    const { batch } = this;
    const q = this.#requests;
    const input = q.inputTokens[request]!;
    const output = q.outputTokens[request]!;
    const normal = input + Math.max(output, 1) - 1;
    const cap = this.config.maxModelLen;
    q.stepTarget[request] = target;
    q.stepTokens[request] = tokens;
    q.finishAt[request] = cap > 0 && cap - 1 < normal ? cap - 1 : normal;
    q.phase[request] = PHASE.running;
    q.scheduledStep[request] = this.steps;
    q.schedulingDelayUs[request] = at - q.arrivalUs[request]!;
    if (q.prefilled[request] === 1) {
      const slot = batch.push(request, input);
      batch.startDecode(slot, input);
      this.#beginDecode(slot, input + 1);
    } else {
      const slot = batch.push(request, 0);
      if (this.#prefills++ === 0) this.#prefillFrom = slot;
    }
    this.tier?.admitted(request);
  }

  /** @param progress - the request's when it takes its next token */
  #beginDecode(slot: number, progress: number): void {
    const request = this.batch.request[slot]!;
    this.#requests.firstDecodeStep[request] = this.gaps.steps;
    this.#requests.gapsBefore[request] = this.gaps.sum;
    this.#prepareDecode(slot, progress);
  }

  /**
   * Moves every request on and finds the slots that the next step has to look at.
   * @returns the duration of the step
   */
  #execute(at: number): number {
    const { batch } = this;
    const latency = this.#latency;
    latency.begin();
    const prefills = this.#prefills > 0 ? this.#addPrefills() : 0;
    const starved = this.#starved ? this.#starvedDecodes() : [];
    const decodes = batch.decodes - starved.length;
    const contexts = starved.reduce((sum, slot) => sum - batch.progress(slot), batch.contexts());
    let duration = latency.stepUs(decodes, contexts, prefills + decodes);
    if (Number.isNaN(duration)) duration = latency.exactUs(this.#contexts(starved), prefills + decodes);
    if (this.tier !== null) duration += this.tier.takeTransferUs();
    if (decodes > 0) this.gaps.append(duration + this.#outputTokenUs);
    for (const slot of starved) this.#settleStarved(slot, decodes > 0);
    batch.advance(decodes > 0);
    if (this.#prefills > 0) this.#finishPrefills(at + duration + this.#outputTokenUs);
    const { used } = this.gpu;
    if (used > this.peakBlocks) this.peakBlocks = used;
    this.#totals[0]! += used * duration;
    return duration;
  }

  /** Slots of requests in decode that got no token for this step. */
  #starvedDecodes(): readonly number[] {
    const { batch } = this;
    const slots: number[] = [];
    for (let i = 0; i < batch.size; i++) {
      if (!batch.isPrefill(i) && this.#requests.stepTokens[batch.request[i]!] === 0) slots.push(i);
    }
    return slots;
  }

  /** Contexts of the requests that decode in this step, in batch order. */
  #contexts(starved: readonly number[]): readonly number[] {
    const { batch } = this;
    const contexts: number[] = [];
    for (let i = 0; i < batch.size; i++) {
      if (!batch.isPrefill(i) && !starved.includes(i)) contexts.push(batch.progress(i));
    }
    return contexts;
  }

  /** @returns the number of requests that prefill in this step */
  #addPrefills(): number {
    const { batch } = this;
    const q = this.#requests;
    let scheduled = 0;
    for (let i = this.#prefillFrom; i < batch.size; i++) {
      if (!batch.isPrefill(i)) continue;
      const request = batch.request[i]!;
      const tokens = q.stepTokens[request]!;
      if (tokens === 0) continue;
      this.#latency.addPrefill(batch.progress(i), q.inputTokens[request]!, tokens);
      scheduled++;
    }
    return scheduled;
  }

  /** A decode without a token has a longer gap, if others got one; it gets its token back for the next step. */
  #settleStarved(slot: number, gap: boolean): void {
    const request = this.batch.request[slot]!;
    this.#requests.stepTokens[request] = 1;
    if (!gap) return;
    this.gaps.skip(request);
    this.batch.holdBack(slot);
  }

  /** Moves prefills on; those that reach the end of their prompt have their first token. */
  #finishPrefills(firstTokenAt: number): void {
    const { batch } = this;
    const q = this.#requests;
    for (let i = this.#prefillFrom; i < batch.size; i++) {
      if (!batch.isPrefill(i)) continue;
      const request = batch.request[i]!;
      const target = q.stepTarget[request]!;
      if (target < q.inputTokens[request]!) {
        batch.setPrefillProgress(i, target);
        continue;
      }
      this.#prefills--;
      batch.startDecode(i, target);
      q.stepTokens[request] = 1;
      q.ttftUs[request] = firstTokenAt - q.arrivalUs[request]!;
      this.#beginDecode(i, target);
    }
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
    this.#prefillFrom = 0;
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
      this.#settleRoom(slot);
      if (!this.#allocateToken(request, progress)) this.allocationFailures++;
    }
    this.tier?.leaves(request, true);
    this.gpu.release(request, false);
    const produced = progress - input;
    const itl = this.gaps.sum - q.gapsBefore[request]! - this.gaps.skippedUs(request) + this.gaps.pausedUs(request);
    if (produced > 0) {
      q.firstGapUs[request] = this.gaps.gapAt(this.gaps.firstStep(request, q.firstDecodeStep[request]!));
    }
    this.gaps.complete(request, q.firstDecodeStep[request]!);
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
