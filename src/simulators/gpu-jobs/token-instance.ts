import { countIteration, newInstanceCounters } from './instance-counters.ts';
import { kvTokenBytes } from './placement.ts';
import type { InstanceHardware, StepModel } from './step-model.ts';
import type { TokenConfig } from './token-config.ts';
import { type Iteration, stepLoad } from './token-iteration.ts';
import type { InstanceMemory } from './token-memory.ts';
import type { TokenScheduler } from './token-scheduler.ts';
import { contextLength, remainingTokens, type TokenTask } from './token-task.ts';

/**
 * One serving instance with iteration-level scheduling: running decodes first, then running prefills, then admissions,
 * within a token budget.
 * @see Yu et al. 2022, "Orca"; the token-budget rule is that of vLLM V1
 */
export class TokenInstance {
  readonly index: number;
  readonly hardware: InstanceHardware;
  readonly model: StepModel;
  readonly scheduler: TokenScheduler;
  readonly memory: InstanceMemory;
  readonly counters = newInstanceCounters();
  running: TokenTask[] = [];
  current: Iteration | null = null;
  /** When the last finished iteration ended. */
  lastEnd = 0;
  /** Σ tokens still to be processed for the tasks routed here. */
  outstanding = 0;
  /** An arrival window is open. */
  windowOpen = false;
  readonly #config: TokenConfig;
  #transferSeconds = 0;
  #memoryPreempted = false;

  constructor(
    index: number,
    hardware: InstanceHardware,
    model: StepModel,
    scheduler: TokenScheduler,
    memory: InstanceMemory,
    config: TokenConfig,
  ) {
    this.index = index;
    this.hardware = hardware;
    this.model = model;
    this.scheduler = scheduler;
    this.memory = memory;
    this.#config = config;
  }

  /** Keeps `outstanding` in step after a task moved on. */
  track(state: TokenTask): void {
    const now = state.stage === 'done' || state.stage === 'rejected' ? 0 : remainingTokens(state);
    this.outstanding += now - state.outstanding;
    state.outstanding = now;
  }

  /** Plans the next iteration at a token boundary; null when there is nothing to do. */
  plan(): Iteration | null {
    const first = this.#planOnce();
    // The only running task may have preempted itself: with the memory it gave back, admission works now.
    return first === null && this.scheduler.length > 0 ? this.#planOnce() : first;
  }

  #planOnce(): Iteration | null {
    this.#memoryPreempted = false;
    this.running = this.running.filter(({ stage }) => stage !== 'done');
    const quota = this.#displace();
    if (this.running.length > 1) this.scheduler.order(this.running);
    const budget = { tokens: this.#config.maxBatchedTokens };
    const decode = this.#planDecodes(budget);
    const prefill = this.#planPrefills(budget);
    const admitted = this.#admit(budget, quota, decode, prefill);
    if (decode.length + prefill.length + admitted.length === 0) return null;
    const load = stepLoad(decode, prefill);
    const empty = decode.length + prefill.length === 0;
    const seconds = (empty ? 0 : this.model.seconds(load)) + this.#transferSeconds;
    this.#transferSeconds = 0;
    return { decode, prefill, admitted, load, batch: this.running.length, seconds };
  }

  /** Books the current iteration at its end; one that the end of the simulation cuts off does not count. */
  finish(now: number): void {
    if (this.current === null) return;
    countIteration(this.counters, this.current);
    this.lastEnd = now;
    this.current = null;
  }

  #planDecodes(budget: { tokens: number }): TokenTask[] {
    const decode: TokenTask[] = [];
    for (const state of [...this.running]) {
      if (budget.tokens === 0) break;
      if (state.stage !== 'decode' || !this.#makeRoom(state)) continue;
      budget.tokens--;
      decode.push(state);
    }
    return decode;
  }

  /** One more block for a decoding task, at the expense of the worst running task if need be. */
  #makeRoom(state: TokenTask): boolean {
    while (!this.memory.grow(state)) {
      const worst = this.running.at(-1)!;
      this.#memoryPreempted = true;
      this.preempt(worst);
      if (worst === state) return false;
    }
    return true;
  }

  #planPrefills(budget: { tokens: number }): TokenTask[] {
    const prefill: TokenTask[] = [];
    for (const state of this.running) {
      if (state.stage !== 'prefill') continue;
      state.chunk = Math.min(state.prefillLength - state.computed, budget.tokens, this.#config.prefillChunk);
      budget.tokens -= state.chunk;
      if (state.chunk > 0) prefill.push(state);
    }
    return prefill;
  }

  #admit(budget: { tokens: number }, quota: number, decode: TokenTask[], prefill: TokenTask[]): TokenTask[] {
    const admitted: TokenTask[] = [];
    const passed: TokenTask[] = [];
    const strict = !this.#config.allowSkip || this.#config.ordering.kind === 'strict-weighted-fifo';
    while (budget.tokens > 0 && this.running.length < this.#config.maxBatchSize && !this.#memoryPreempted) {
      const state = this.scheduler.selectNext();
      if (state === null || admitted.length >= quota) break;
      if (!this.memory.fits(state)) {
        if (strict) break;
        passed.push(this.scheduler.dequeue());
        continue;
      }
      this.scheduler.dequeue();
      this.#bringIn(state);
      admitted.push(state);
      if (remainingTokens(state) === 0) continue;
      if (state.stage === 'decode') {
        budget.tokens--;
        decode.push(state);
      } else {
        state.chunk = Math.min(state.prefillLength - state.computed, budget.tokens, this.#config.prefillChunk);
        budget.tokens -= state.chunk;
        prefill.push(state);
      }
    }
    for (const state of passed) this.scheduler.enqueue(state);
    return admitted;
  }

  #bringIn(state: TokenTask): void {
    this.memory.admit(state);
    if (state.swapped) {
      this.#transfer(state);
      state.swapped = false;
    } else {
      this.counters.recomputedTokens += Math.max(0, state.lost - state.computed);
      state.lost = 0;
    }
    state.stage = state.computed < state.prefillLength ? 'prefill' : 'decode';
    this.running.push(state);
    this.track(state);
  }

  /**
   * Swaps running tasks for clearly better waiting ones that would not get in otherwise.
   * @returns how many tasks may be admitted: only the displacing ones after a displacement
   */
  #displace(): number {
    if (!this.#config.preempt) return Number.POSITIVE_INFINITY;
    const best = this.scheduler.selectNext();
    if (best === null || this.#hasRoom(best, [])) return Number.POSITIVE_INFINITY;
    this.scheduler.order(this.running);
    const victims = this.running
      .filter((state) => state.displacements < this.#config.maxPreemptPerTask && this.scheduler.displaces(best, state))
      .reverse();
    if (!this.#hasRoom(best, victims)) return Number.POSITIVE_INFINITY;
    let count = 1;
    while (!this.#hasRoom(best, victims.slice(0, count))) count++;
    for (const victim of victims.slice(0, count)) {
      victim.displacements++;
      this.preempt(victim);
    }
    return 1;
  }

  /** Whether a waiting task would get a place, a token and its blocks beside the running tasks that do not leave. */
  #hasRoom(waiting: TokenTask, leaving: readonly TokenTask[]): boolean {
    const gone = new Set(leaving);
    const staying = this.running.filter((state) => !gone.has(state));
    if (staying.length >= this.#config.maxBatchSize) return false;
    let tokens = 0;
    let growth = 0;
    for (const state of staying) {
      const inDecode = state.stage === 'decode';
      tokens += inDecode ? 1 : Math.min(state.prefillLength - state.computed, this.#config.prefillChunk);
      if (inDecode) growth += this.memory.growth(state);
    }
    return tokens < this.#config.maxBatchedTokens && this.memory.fits(waiting, leaving, growth);
  }

  /** Takes a running task off the GPUs at a token boundary. A context that outgrew the memory is rejected. */
  preempt(state: TokenTask): void {
    this.running = this.running.filter((other) => other !== state);
    this.counters.preemptions++;
    state.preemptions++;
    const inDecode = state.stage === 'decode';
    if (this.#config.preemptMode === 'swap') {
      this.#transfer(state);
      state.swapped = true;
    } else {
      state.lost = inDecode ? contextLength(state) : state.computed;
      state.prefillLength = contextLength(state);
      state.computed = 0;
    }
    this.memory.release(state);
    if (this.memory.canEverHold(state)) {
      state.stage = 'waiting';
      this.scheduler.enqueue(state);
    } else {
      this.reject(state, `its context of ${contextLength(state)} tokens outgrew the KV memory`);
    }
    this.track(state);
  }

  reject(state: TokenTask, reason: string): void {
    state.stage = 'rejected';
    state.rejection = reason;
    this.counters.rejected++;
  }

  #transfer(state: TokenTask): void {
    const tokens = state.computed < state.prefillLength ? state.computed : contextLength(state);
    const bytes = tokens * kvTokenBytes(this.#config, this.hardware.model);
    this.counters.swappedBytes += bytes;
    this.#transferSeconds += bytes / (this.#config.pcieGBs * 1e9);
  }
}
