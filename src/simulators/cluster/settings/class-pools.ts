import { InputError, within } from '../../../base/errors.ts';
import type { Json } from '../../../base/json.ts';
import { type Fields, fields, record } from '../../../document/form.ts';
import { integer } from '../../../document/form-values.ts';
import type { ClassPool, InstanceConfig } from '../engine-config.ts';
import type { ClusterSettings } from './cluster-settings.ts';

/** Key of the section in a strategy's configuration. */
export const CLASS_POOLS_SECTION = 'class_pools';

const POOL = {
  instances: integer({ min: 1 }),
  max_num_seqs: integer({ min: 1 }),
  max_num_batched_tokens: integer({ min: 1 }),
  long_prefill_token_threshold: integer({ min: 0 }),
};

const poolsForm = record(fields({}, POOL));

/** What a section says of each class; null = the cluster's own setting, or for instances what the others leave. */
export type WrittenPools = Readonly<Record<string, Fields<Record<never, never>, typeof POOL>>>;

/** Reads which instances serve which SLO class. @throws InputError whose path starts at the section */
export function parseClassPools(section: Json): WrittenPools {
  const pools = poolsForm.read(section);
  const open = Object.keys(pools).filter((name) => pools[name]!.instances === null);
  if (open.length > 1) {
    throw new InputError(`is missing here and in ${open[0]}: one pool may take what the others leave`, {
      path: [open[1]!, 'instances'],
    });
  }
  return pools;
}

export type ResolvedPools =
  | { readonly kind: 'ready'; readonly pools: readonly ClassPool[] }
  | { readonly kind: 'infeasible'; readonly reason: string };

/** Pools side by side in the order of the section. @throws InputError where they are more instances than there are */
export function resolveClassPools(
  written: WrittenPools,
  settings: ClusterSettings,
  instance: InstanceConfig,
): ResolvedPools {
  const instances = settings.num_instances;
  if (Object.keys(written).length === 0) return { kind: 'ready', pools: [] };
  if (settings.prefill_instances + settings.decode_instances + settings.prefill_decode_instances > 0) {
    throw new InputError('cannot be combined with prefill and decode instances', { path: [CLASS_POOLS_SECTION] });
  }
  const given = Object.values(written).reduce((sum, pool) => sum + (pool.instances ?? 0), 0);
  const hasOpen = Object.values(written).some((pool) => pool.instances === null);
  if (given > instances || (hasOpen && given === instances)) {
    return { kind: 'infeasible', reason: `pools of ${given} instances leave none of ${instances} for the last class` };
  }
  if (!hasOpen && given < instances) {
    throw new InputError(`must be ${instances} instances together, got ${given}`, {
      path: [CLASS_POOLS_SECTION],
      suggestion: 'leave `instances` of one class out: it takes the rest',
    });
  }
  let from = 0;
  const pools = Object.entries(written).map(([sloClass, pool]): ClassPool => {
    const count = pool.instances ?? instances - given;
    const own = {
      ...instance,
      maxSeqs: pool.max_num_seqs ?? instance.maxSeqs,
      maxBatchedTokens: pool.max_num_batched_tokens ?? instance.maxBatchedTokens,
      longPrefillThreshold: pool.long_prefill_token_threshold ?? instance.longPrefillThreshold,
    };
    from += count;
    return { sloClass, from: from - count, count, instance: own };
  });
  return { kind: 'ready', pools };
}

/** Puts the section in front of complaints about it. */
export function inClassPools<T>(body: () => T): T {
  return within([CLASS_POOLS_SECTION], body);
}
