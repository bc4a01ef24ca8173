import type { RequestView, StepTokens } from '../policy/policy.ts';
import { PHASE, PREFILLED } from '../request-states.ts';
import type { InstanceState } from './instance-state.ts';

export interface StepBudget {
  readonly policy: StepTokens;
  readonly viewOf: (request: number) => RequestView;
}

export interface FormationParts {
  /** Longest prefill chunk of a request in one step, for all or by request; 0 = unlimited. */
  readonly prefillLimit: number | ((request: number) => number);
  /** Tokens of a step that end admission, by its load; null = those of the largest step. */
  readonly stepBudget: StepBudget | null;
  /** Brings `urgency` up to date; null = it never changes. */
  readonly refreshUrgency: ((request: number, clockUs: number) => void) | null;
}

/** Decides what a step computes: tokens for the running requests, then requests from the queue. */
export class BatchFormation {
  readonly #state: InstanceState;
  readonly #parts: FormationParts;
  /** Slots that got all they need in the step being formed. */
  #served = 0;

  constructor(state: InstanceState, parts: FormationParts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** @returns whether running requests are left without tokens; then `stepTokens` of those is 0 */
  form(at: number): boolean {
    const { batch, config, requests } = this.#state;
    const before = this.#state.preemptions;
    const left = this.#extendRunning(config.maxBatchedTokens, at);
    const served = this.#served;
    for (let rest = served; rest < batch.size; rest++) requests.stepTokens[batch.request[rest]!] = 0;
    const starved = served < batch.size;
    // Who just lost memory to others is not replaced by a newcomer.
    if (this.#state.preemptions === before) this.#admit(left, at);
    return starved;
  }

  /**
   * Gives tokens to the running requests, in batch order, as far as the budget goes: `#served` of them.
   * @returns what is left of the budget
   */
  #extendRunning(budget: number, at: number): number {
    const state = this.#state;
    const { batch, requests: q } = state;
    let left = budget;
    let i = 0;
    for (let d = 0; ; d++) {
      // Up to the next slot that is due, every request decodes one token.
      const quick = Math.min((d < batch.dueCount ? batch.due[d]! : batch.size) - i, left);
      i += quick;
      left -= quick;
      if (i === batch.size || left === 0) break;
      const request = batch.request[i]!;
      const progress = batch.progress(i);
      const missing = q.inputTokens[request]! - progress;
      const tokens = missing > 0 ? this.#chunk(request, missing, progress, left) : 1;
      if (missing > 0 ? !this.#prefill(i, tokens) : progress >= q.askAt[request]! && !state.decodeWithCache(i)) {
        const freed = this.#makeRoom(i, tokens, at);
        i = freed.slot;
        left += freed.tokens;
        if (!freed.fits) break;
        d = batch.dueFrom(i + 1) - 1;
      }
      q.stepTokens[request] = tokens;
      i++;
      left -= tokens;
    }
    this.#served = i;
    return left;
  }

  /** @returns false if there are no blocks for the next `tokens` of the slot's prompt */
  #prefill(slot: number, tokens: number): boolean {
    const { batch, requests } = this.#state;
    const request = batch.request[slot]!;
    const progress = batch.progress(slot);
    requests.stepTarget[request] = progress + tokens;
    return this.#state.allocate(request, progress, progress + tokens, 0, true);
  }

  /**
   * No block is free: requests leave the batch until the one in this slot fits, or it leaves itself.
   * @returns where it is, or was, and the tokens that were given in this step to those that left
   */
  #makeRoom(from: number, tokens: number, at: number): { slot: number; tokens: number; fits: boolean } {
    const state = this.#state;
    const { batch, paused, requests } = state;
    const request = batch.request[from]!;
    let slot = from;
    let regained = 0;
    for (;;) {
      if (paused.size > 0) this.#dropPaused(at);
      else {
        const victim = this.#victim(at);
        const isSelf = victim === slot;
        if (victim < slot) {
          regained += requests.stepTokens[batch.request[victim]!]!;
          slot--;
        }
        state.preempt(victim);
        if (isSelf) return { slot, tokens: regained, fits: false };
      }
      const prefills = batch.progress(slot) < requests.inputTokens[request]!;
      if (prefills ? this.#prefill(slot, tokens) : state.decodeWithCache(slot)) {
        return { slot, tokens: regained, fits: true };
      }
    }
  }

  /** The request paused last gives its blocks back and starts over. */
  #dropPaused(at: number): void {
    const { paused, order, queue } = this.#state;
    this.#state.dropPaused(paused.takeAt(paused.size - 1));
    if (order.dynamic !== null) queue.sort(order.dynamic(at));
  }

  #victim(at: number): number {
    const { batch, config, requests } = this.#state;
    let victim = batch.size - 1;
    if (config.preemption === 'fcfs') return victim;
    const { refreshUrgency } = this.#parts;
    if (refreshUrgency !== null) for (let i = 0; i < batch.size; i++) refreshUrgency(batch.request[i]!, at);
    const { urgency, arrivalUs } = requests;
    for (let i = victim - 1; i >= 0; i--) {
      const a = batch.request[i]!;
      const b = batch.request[victim]!;
      if (urgency[a]! > urgency[b]! || (urgency[a] === urgency[b] && arrivalUs[a]! > arrivalUs[b]!)) victim = i;
    }
    return victim;
  }

  /** Tokens of a prompt for this step. */
  #chunk(request: number, missing: number, progress: number, budget: number): number {
    const { prefillLimit } = this.#parts;
    const limit = typeof prefillLimit === 'number' ? prefillLimit : prefillLimit(request);
    let tokens = limit > 0 && missing > limit ? limit : missing;
    if (tokens > budget) tokens = budget;
    const cap = this.#state.config.maxModelLen;
    return cap > 0 ? Math.min(tokens, Math.max(cap - 1 - progress, 0)) : tokens;
  }

  /** Moves requests from the queue into the batch while tokens, slots and blocks last. */
  #admit(budgetLeft: number, at: number): void {
    const { batch, queue, tier, config, requests: q, gpu } = this.#state;
    let budget = budgetLeft;
    const kept = queue.length > 0 ? this.#keptTokens(at) : 0;
    let skipped = 0;
    tier?.beginAdmission();
    while (batch.size < config.maxSeqs && queue.length > skipped && (budget > kept || batch.size === 0) && budget > 0) {
      const request = queue.at(skipped);
      if (tier?.isDeferred(request)) {
        skipped++;
        continue;
      }
      const input = q.inputTokens[request]!;
      const prefilled = q.prefilled[request]!;
      const cached = prefilled === PREFILLED.no ? gpu.lookup(request) : 0;
      const start = prefilled === PREFILLED.yes ? input : cached * config.blockSize;
      const tokens = prefilled === PREFILLED.no ? this.#chunk(request, input - start, start, budget) : 1;
      if (!this.#state.allocate(request, start, start + tokens, cached, prefilled !== PREFILLED.yes)) {
        if (!tier?.isDeferred(request)) break;
        skipped++;
        continue;
      }
      queue.removeAt(skipped);
      budget -= tokens;
      this.#join(request, start + tokens, tokens, at);
    }
  }

  /** How much of the largest step is not for new prompts. */
  #keptTokens(at: number): number {
    const { stepBudget } = this.#parts;
    if (stepBudget === null) return 0;
    const { policy, viewOf } = stepBudget;
    return Math.max(0, this.#state.config.maxBatchedTokens - policy(this.#state.load(viewOf, at)));
  }

  #join(request: number, target: number, tokens: number, at: number): void {
    const { batch, config, requests: q, steps, tier } = this.#state;
    const input = q.inputTokens[request]!;
    const last = input + Math.max(q.outputTokens[request]!, 1) - 1;
    const cap = config.maxModelLen;
    q.stepTarget[request] = target;
    q.stepTokens[request] = tokens;
    q.finishAt[request] = cap > 0 && cap - 1 < last ? cap - 1 : last;
    q.phase[request] = PHASE.running;
    q.scheduledStep[request] = steps;
    q.schedulingDelayUs[request] = at - q.arrivalUs[request]!;
    if (q.prefilled[request] === PREFILLED.yes) this.#state.beginDecode(batch.push(request, input), input, input + 1);
    else batch.push(request, 0);
    tier?.admitted(request);
  }
}
