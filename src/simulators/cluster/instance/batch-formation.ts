import type { RequestsOf, RequestsView } from '../column-owners.ts';
import type { RequestIndex, Slot } from '../indices.ts';
import { CachedBlocks, NOTHING_CACHED } from '../kv/cached-blocks.ts';
import type { RequestView, StepTokens } from '../policy/policy.ts';
import { PREFILLED } from '../request-states.ts';
import type { InstanceState } from './instance-state.ts';

export interface StepBudget {
  readonly policy: StepTokens;
  readonly viewOf: (request: RequestIndex) => RequestView;
}

export interface FormationParts {
  readonly requests: RequestsView;
  /** Longest prefill chunk of a request in one step, for all or by request; 0 = unlimited. */
  readonly prefillLimit: number | ((request: RequestIndex) => number);
  /** Tokens of a step that end admission, by its load; null = those of the largest step. */
  readonly stepBudget: StepBudget | null;
  /** Brings `urgency` up to date; null = it never changes. */
  readonly refreshUrgency: ((request: RequestIndex, clockUs: number) => void) | null;
}

/** Decides what a step computes: tokens for the running requests, then requests from the queue. */
export class BatchFormation {
  readonly #state: InstanceState;
  readonly #parts: FormationParts;
  readonly #requests: RequestsOf<'instance/batch-formation.ts'>;
  readonly #cached = new CachedBlocks();
  /** Slots that got all they need in the step being formed. */
  #served = 0;

  constructor(state: InstanceState, parts: FormationParts) {
    this.#state = state;
    this.#parts = parts;
    this.#requests = parts.requests;
  }

  /** @returns whether all running requests have tokens; `stepTokens` of the others is 0 */
  form(at: number): 'for all' | 'for some' {
    const { batch, config } = this.#state;
    const before = this.#state.preemptions;
    const left = this.#extendRunning(config.maxBatchedTokens, at);
    const served = this.#served;
    for (let rest = served; rest < batch.size; rest++) batch.give(batch.request[rest]! as RequestIndex, 0);
    const supply = served < batch.size ? 'for some' : 'for all';
    // Who just lost memory to others is not replaced by a newcomer.
    if (this.#state.preemptions === before) this.#admit(left, at);
    return supply;
  }

  /**
   * Gives tokens to the running requests, in batch order, as far as the budget goes: `#served` of them.
   * @returns what is left of the budget
   */
  #extendRunning(budget: number, at: number): number {
    const state = this.#state;
    const { batch } = state;
    const q = this.#requests;
    let left = budget;
    let i = 0;
    for (let d = 0; ; d++) {
      // Up to the next slot that is due, every request decodes one token.
      const quick = Math.min((d < batch.dueCount ? batch.due[d]! : batch.size) - i, left);
      i += quick;
      left -= quick;
      if (i === batch.size || left === 0) break;
      const slot = i as Slot;
      const request = batch.request[slot]!;
      const progress = batch.progress(slot);
      // A request in decode has its token from the step before.
      const prefills = batch.isPrefill(slot);
      const tokens = prefills ? this.#chunk(request, q.inputTokens[request]! - progress, progress, left) : 1;
      if (prefills ? !this.#prefill(slot, tokens) : progress >= q.askAt[request]! && !state.decodeWithCache(slot)) {
        const freed = this.#makeRoom(slot, tokens, at);
        i = freed.slot;
        left += freed.tokens;
        if (!freed.fits) break;
        d = batch.dueFrom((i + 1) as Slot) - 1;
      }
      if (prefills) batch.give(request, tokens);
      i++;
      left -= tokens;
    }
    this.#served = i;
    return left;
  }

  /** @returns false if there are no blocks for the next `tokens` of the slot's prompt */
  #prefill(slot: Slot, tokens: number): boolean {
    const { batch } = this.#state;
    const request = batch.request[slot]!;
    const progress = batch.progress(slot);
    batch.aim(request, progress + tokens);
    return this.#state.allocate(request, progress, progress + tokens, NOTHING_CACHED, 'prompt');
  }

  /**
   * No block is free: requests leave the batch until the one in this slot fits, or it leaves itself.
   * @returns where it is, or was, and the tokens that were given in this step to those that left
   */
  #makeRoom(from: Slot, tokens: number, at: number): { slot: Slot; tokens: number; fits: boolean } {
    const state = this.#state;
    const { batch, paused } = state;
    const q = this.#requests;
    const request = batch.request[from]!;
    let slot = from;
    let regained = 0;
    for (;;) {
      if (paused.size > 0) this.#dropPaused(at);
      else {
        const victim = this.#victim(at);
        const isSelf = victim === slot;
        if (victim < slot) {
          regained += q.stepTokens[batch.request[victim]!]!;
          slot--;
        }
        state.preempt(victim);
        if (isSelf) return { slot, tokens: regained, fits: false };
      }
      const prefills = batch.progress(slot) < q.inputTokens[request]!;
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

  #victim(at: number): Slot {
    const { batch, config } = this.#state;
    let victim = batch.size - 1;
    if (config.preemption === 'fcfs') return victim as Slot;
    const { refreshUrgency } = this.#parts;
    if (refreshUrgency !== null)
      for (let i = 0; i < batch.size; i++) refreshUrgency(batch.request[i]! as RequestIndex, at);
    const { urgency, arrivalUs } = this.#requests;
    for (let i = victim - 1; i >= 0; i--) {
      const a = batch.request[i]! as RequestIndex;
      const b = batch.request[victim]! as RequestIndex;
      if (urgency[a]! > urgency[b]! || (urgency[a] === urgency[b] && arrivalUs[a]! > arrivalUs[b]!)) victim = i;
    }
    return victim as Slot;
  }

  /** Tokens of a prompt for this step. */
  #chunk(request: RequestIndex, missing: number, progress: number, budget: number): number {
    const { prefillLimit } = this.#parts;
    const limit = typeof prefillLimit === 'number' ? prefillLimit : prefillLimit(request);
    let tokens = limit > 0 && missing > limit ? limit : missing;
    if (tokens > budget) tokens = budget;
    const cap = this.#state.config.maxModelLen;
    return cap > 0 ? Math.min(tokens, Math.max(cap - 1 - progress, 0)) : tokens;
  }

  /** Moves requests from the queue into the batch while tokens, slots and blocks last. */
  #admit(budgetLeft: number, at: number): void {
    const { batch, queue, tier, config, gpu } = this.#state;
    const q = this.#requests;
    let budget = budgetLeft;
    const kept = queue.length > 0 ? this.#keptTokens(at) : 0;
    let skipped = 0;
    tier?.beginAdmission?.();
    while (batch.size < config.maxSeqs && queue.length > skipped && (budget > kept || batch.size === 0) && budget > 0) {
      const request = queue.at(skipped);
      if (tier?.isDeferred?.(request)) {
        skipped++;
        continue;
      }
      const input = q.inputTokens[request]!;
      const prefilled = q.prefilled[request]!;
      const cached = prefilled === PREFILLED.no ? gpu.lookup.find(request, this.#cached) : NOTHING_CACHED;
      const start = prefilled === PREFILLED.yes ? input : cached.count * config.blockSize;
      const tokens = prefilled === PREFILLED.no ? this.#chunk(request, input - start, start, budget) : 1;
      const kind = prefilled === PREFILLED.yes ? 'output' : 'prompt';
      if (!this.#state.allocate(request, start, start + tokens, cached, kind)) {
        if (!tier?.isDeferred?.(request)) break;
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

  #join(request: RequestIndex, target: number, tokens: number, at: number): void {
    const { batch, config, tier } = this.#state;
    const q = this.#requests;
    const input = q.inputTokens[request]!;
    const last = input + Math.max(q.outputTokens[request]!, 1) - 1;
    const cap = config.maxModelLen;
    const prefilled = q.prefilled[request] === PREFILLED.yes;
    batch.aim(request, target);
    batch.give(request, tokens);
    const slot = batch.enter(request, prefilled ? input : 0, cap > 0 && cap - 1 < last ? cap - 1 : last);
    this.#state.runs(request);
    q.schedulingDelayUs[request] = at - q.arrivalUs[request]!;
    if (prefilled) this.#state.beginDecode(slot, input, input + 1);
    tier?.admitted?.(request);
  }
}
