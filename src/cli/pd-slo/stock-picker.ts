import type { Json, JsonObject } from '../../base/json.ts';
import { catalogueOf } from '../../connect/epp/catalogue.ts';
import { readPickerFile } from '../../connect/epp/read-picker-file.ts';

export interface StockPicker {
  /** Keys of a pd-slo configuration. */
  readonly config: JsonObject;
  readonly notices: readonly string[];
}

/**
 * A file of llm-d's own router as far as the pod model has its parts: each pod is chosen on its own (mode
 * `independent`), short prompts stay on the decode pod as its decider says, weights of prefix and load place requests
 * without targets.
 * @throws InputError with every problem, placed in the file
 */
export function readStockPicker(text: string, file: string): StockPicker {
  const { routing, warnings } = readPickerFile(text, file, catalogueOf());
  const { settings, disaggregated, leftOut } = routing;
  const scorers = settings[disaggregated ? 'prefill_routing_scorers' : 'routing_scorers'];
  const blocks = settings['prefix_block_tokens'];
  const lru = settings['prefix_lru_blocks'];
  const threshold = settings['pd_prefix_threshold'];
  return {
    config: {
      mode: 'independent',
      scorer_weights: weightsOf(scorers),
      profile_handler: {
        ...(typeof blocks === 'number' ? { hashBlockSize: blocks } : {}),
        // There a prompt with more uncached tokens than the threshold is split, here one with at least as many.
        ...(typeof threshold === 'number' ? { pdThreshold: threshold + 1 } : {}),
      },
      ...(typeof lru === 'number' ? { prefix_cache: { capacity_blocks: lru } } : {}),
    },
    notices: [
      ...warnings,
      "a file of llm-d's own router: mode independent; headroom places requests with targets, the scores of " +
        `${disaggregated ? 'its prefill profile' : 'its profile'} place those without`,
      ...(disaggregated ? [] : ['it has one profile for all pods; here prefill and decode have pods of their own']),
      ...leftOut.map((one) => `not simulated: ${one}`),
    ],
  };
}

/** What scores cached prefixes, and everything else, which is about load. */
function weightsOf(scorers: Json | undefined): { readonly prefix: number; readonly load: number } {
  const sum = { prefix: 0, load: 0 };
  for (const one of Array.isArray(scorers) ? scorers : []) {
    const { name, weight } = one as { readonly name: string; readonly weight: number };
    sum[/prefix/.test(name) ? 'prefix' : 'load'] += weight;
  }
  return sum;
}
