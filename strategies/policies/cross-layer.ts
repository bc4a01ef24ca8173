import {
  type ClusterPolicy,
  type PausePolicy,
  PressureTier,
  type RequestView,
  readParameters,
  type Scheduler,
  type Scorer,
  type StepTokens,
} from '../../src/policy.ts';
import { tierOf } from './classes.ts';

/**
 * One idea through all layers: the first token has a due time, and every layer works towards it.
 *
 * - Router (`expected-work`): sends a request where the work in flight is least — uncached prompt tokens plus
 *   `decode_weight` per request — and leaves a hint with its due time and the blocks it expects to be cached there.
 * - Scheduler: admits by due time = arrival + `tier_gap_ms` per step down from premium. A wait behind later arrivals is
 *   so at most two gaps: nobody starves.
 * - Step budget: a step takes in new prompts, never cut, until it has `step_tokens` tokens, or `rush_tokens` if those are
 *   more and the next in line has waited `patience_ms`. The smaller budget keeps the batch small, and so decodes fast, as
 *   long as waits allow it.
 * - Batch: a request that has waited `patience_ms` takes the slot of a decoding one, at most `pauses_per_step` a step:
 *   the free tier first (by `tier_protection` tokens per class), among equals the one with the shortest context, whose
 *   tokens cost the least memory traffic when there is no prompt left to overlap with. Nobody is paused for longer than
 *   `longest_pause_ms` while slots become free.
 * - KV cache: copies to the CPU from `offload_threshold` on, and fetches the prefix that the router counted on back
 *   ahead of admission, for all but the free tier.
 */
const create: ClusterPolicy = (settings) => {
  const parameters = readParameters(settings, {
    decode_weight: { min: 0, max: 1e4 },
    tier_gap_ms: { min: 0, max: 1e6 },
    step_tokens: { min: 0, max: 1e6 },
    rush_tokens: { min: 0, max: 1e6 },
    patience_ms: { min: 0, max: 1e9 },
    pauses_per_step: { min: 0, max: 1e4 },
    tier_protection: { min: 0, max: 1e6 },
    longest_pause_ms: { min: 0, max: 1e9 },
    offload_threshold: { min: 0, max: 1 },
  });
  return {
    scorers: { 'expected-work': expectedWork(parameters.decode_weight, parameters.tier_gap_ms) },
    scheduler: byDueTime(parameters.tier_gap_ms),
    stepTokens: stepBudget(parameters),
    pause: firstTokenFirst(parameters),
    kvTier: (config, parts, viewOf) =>
      config.kv.kind === 'tiered'
        ? new PressureTier(config.kv, parts, {
            threshold: parameters.offload_threshold,
            reloadAhead: (request) => intendedBlocks(viewOf(request)),
          })
        : null,
  };
};

function expectedWork(decodeWeight: number, tierGapMs: number): Scorer {
  const work = new Map<string, { readonly instance: number; readonly tokens: number }>();
  const total = new Map<number, number>();
  const add = (instance: number, tokens: number) => total.set(instance, (total.get(instance) ?? 0) + tokens);
  const costs = new Map<number, number>();
  return {
    score: (request, instances) => {
      const loads = instances.map((instance) => {
        const uncached = Math.max(0, request.inputTokens - 16 * instance.cachedBlocks(request));
        costs.set(instance.index, uncached + decodeWeight);
        return (total.get(instance.index) ?? 0) + uncached + decodeWeight;
      });
      const most = Math.max(...loads);
      const least = Math.min(...loads);
      return loads.map((load) => (most === least ? 1 : (most - load) / (most - least)));
    },
    hint: (request, instance) => ({
      expectedCachedBlocks: instance.cachedBlocks(request),
      urgency: dueUs(request, tierGapMs),
    }),
    routed: (request, instance) => {
      const tokens = costs.get(instance) ?? decodeWeight;
      work.set(request.id, { instance, tokens });
      add(instance, tokens);
    },
    ended: (request) => {
      const known = work.get(request.id);
      if (known === undefined) return;
      work.delete(request.id);
      add(known.instance, -known.tokens);
    },
  };
}

function dueUs({ arrivalUs, sloClass, priority }: RequestView, tierGapMs: number): number {
  return arrivalUs + tierOf(sloClass, priority) * tierGapMs * 1000;
}

function byDueTime(tierGapMs: number): Scheduler {
  return { fixed: true, key: (request) => request.hint?.urgency ?? dueUs(request, tierGapMs) };
}

function stepBudget(parameters: {
  readonly step_tokens: number;
  readonly rush_tokens: number;
  readonly patience_ms: number;
}): StepTokens {
  const patienceUs = parameters.patience_ms * 1000;
  return ({ clockUs, next }) =>
    clockUs - next.arrivalUs >= patienceUs
      ? Math.max(parameters.step_tokens, parameters.rush_tokens)
      : parameters.step_tokens;
}

function firstTokenFirst(parameters: {
  readonly patience_ms: number;
  readonly pauses_per_step: number;
  readonly tier_protection: number;
  readonly longest_pause_ms: number;
}): PausePolicy {
  const patienceUs = parameters.patience_ms * 1000;
  const most = Math.round(parameters.pauses_per_step);
  return {
    limit: ({ clockUs, next }) => (clockUs - next.arrivalUs >= patienceUs ? most : 0),
    rank: ({ sloClass, priority, inputTokens }, producedTokens) =>
      tierOf(sloClass, priority) * parameters.tier_protection - (inputTokens + producedTokens),
    isOverdue: (_request, pausedUs) => pausedUs >= parameters.longest_pause_ms * 1000,
  };
}

function intendedBlocks({ hint, sloClass, priority }: RequestView): number {
  return tierOf(sloClass, priority) < 2 ? (hint?.expectedCachedBlocks ?? 0) : 0;
}

export default create;
