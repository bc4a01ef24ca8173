import {
  type ClusterPolicy,
  type InstanceView,
  type RequestView,
  readParameters,
  type Scorer,
} from '../../src/policy.ts';

/** Prompt tokens routed to each instance and not ended there: exact, since the router counts them itself. */
export class TokensInFlight {
  readonly #tokens = new Map<number, number>();

  at(instance: number): number {
    return this.#tokens.get(instance) ?? 0;
  }

  add(instance: number, tokens: number): void {
    this.#tokens.set(instance, this.at(instance) + tokens);
  }
}

/**
 * `token-load`: 1 − prompt tokens in flight / `queue_threshold_tokens`, at least 0.
 * `prefix-cache-affinity`: 1 for the instances that hold at least `affinity_threshold` of the prompt, else 0. All are
 * equal when none does, or when the emptiest of them has `max_load_gap_tokens` more in flight than the emptiest of all.
 * With a weight above that of all other scorers together it acts as the filter it is in llm-d.
 */
const create: ClusterPolicy = (settings) => {
  const parameters = readParameters(settings, {
    affinity_threshold: { min: 0, max: 1 },
    queue_threshold_tokens: { min: 1, max: 1e9 },
    max_load_gap_tokens: { min: 0, max: 1e9 },
  });
  const inFlight = new TokensInFlight();
  const load: Scorer = {
    score: (_request, instances) =>
      instances.map(({ index }) => Math.max(0, 1 - inFlight.at(index) / parameters.queue_threshold_tokens)),
    routed: (request, instance) => inFlight.add(instance, request.inputTokens),
    ended: (request, instance) => inFlight.add(instance, -request.inputTokens),
  };
  const affinity: Scorer = {
    score: (request, instances) => {
      const holds = instances.map((instance) => holdsPrefix(request, instance, parameters.affinity_threshold));
      const least = (members: readonly InstanceView[]) => Math.min(...members.map(({ index }) => inFlight.at(index)));
      const holders = instances.filter((_, k) => holds[k]);
      const crowded = holders.length > 0 && least(holders) - least(instances) > parameters.max_load_gap_tokens;
      return holders.length === 0 || crowded ? instances.map(() => 1) : holds.map((held) => (held ? 1 : 0));
    },
  };
  return { scorers: { 'token-load': load, 'prefix-cache-affinity': affinity } };
};

/** Prompts are compared in blocks of 16 tokens. */
function holdsPrefix(request: RequestView, instance: InstanceView, threshold: number): boolean {
  const blocks = Math.floor(request.inputTokens / 16);
  return blocks > 0 && instance.cachedBlocks(request) / blocks >= threshold;
}

export default create;
