import type { GoRandom } from '../../workload/go-random.ts';
import type { SnapshotColumns } from '../gateway/admission.ts';
import type { AffinityFilterConfig } from '../router-config.ts';
import type { PrefixMemory } from './prefix-memory.ts';
import type { RoutedRequest } from './routed-request.ts';
import type { TokenLedger } from './token-ledger.ts';

export interface AffinityFilterParts {
  readonly memory: PrefixMemory;
  readonly ledger: TokenLedger;
  readonly random: GoRandom;
  readonly instances: number;
}

/**
 * Keeps a request at the instances that hold at least `threshold` of its prompt. All instances stay where none does,
 * or where the least loaded of them would answer later than the least loaded other one by more than the penalty:
 * a first token is estimated to take tokens under way ÷ peak prefill throughput.
 * @see llm-d router, plugin prefix-cache-affinity-filter
 */
export class AffinityFilter {
  readonly #config: AffinityFilterConfig;
  readonly #parts: AffinityFilterParts;
  readonly #matched: Float64Array;
  readonly #sticky: Int32Array;
  /** Larger differences of tokens under way break stickiness. */
  readonly #largestGap: number;

  constructor(config: AffinityFilterConfig, parts: AffinityFilterParts) {
    this.#config = config;
    this.#parts = parts;
    this.#matched = new Float64Array(parts.instances);
    this.#sticky = new Int32Array(parts.instances);
    const { maxTtftPenaltyMs, peakPrefillThroughput } = config;
    this.#largestGap =
      maxTtftPenaltyMs === 0 ? Number.POSITIVE_INFINITY : (maxTtftPenaltyMs * peakPrefillThroughput) / 1000;
  }

  /** Those of the view's instances that the request may go to, ascending. */
  members(request: RoutedRequest, view: SnapshotColumns, clockUs: number): Int32Array {
    const { memory, random, ledger } = this.#parts;
    const { members, count } = view;
    const all = members.subarray(0, count);
    if (count <= 1) return all;
    const { explorationProbability } = this.#config;
    if (explorationProbability > 0 && random.float64() < explorationProbability) return all;
    const blocks = memory.blocks(request);
    if (blocks === 0) return all;
    memory.match(request, this.#matched);
    let sticky = 0;
    let least = Number.POSITIVE_INFINITY;
    let leastOther = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      const i = members[k]!;
      const tokens = ledger.at(i, clockUs);
      if (this.#matched[i]! / blocks >= this.#config.threshold) {
        this.#sticky[sticky++] = i;
        least = Math.min(least, tokens);
      } else leastOther = Math.min(leastOther, tokens);
    }
    return sticky === 0 || least - leastOther > this.#largestGap ? all : this.#sticky.subarray(0, sticky);
  }
}
