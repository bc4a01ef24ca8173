import { ClusterEngine } from '../../../../src/simulators/cluster/engine/cluster-engine.ts';
import type { InstanceConfig } from '../../../../src/simulators/cluster/engine-config.ts';
import { MirrorCache } from '../../../../src/simulators/cluster/kv/mirror/mirror-cache.ts';
import { TieredKv } from '../../../../src/simulators/cluster/kv/mirror/tiered-kv.ts';
import type { TierParts } from '../../../../src/simulators/cluster/kv/tier-parts.ts';
import { asRequest } from './indices.ts';
import { LiteralMirror } from './literal-mirror.ts';
import type { RandomCluster } from './random-cluster.ts';

/** Everything that the order of the CPU tier can influence, once with each way of keeping that order. */
export function bothMirrors(cluster: RandomCluster): { readonly lazy: unknown; readonly literal: unknown } {
  return { lazy: outcome(cluster, MirrorCache), literal: outcome(cluster, LiteralMirror) };
}

function outcome({ config, workload }: RandomCluster, Mirror: typeof MirrorCache | typeof LiteralMirror): unknown {
  const tiers: TieredKv[] = [];
  const engine = new ClusterEngine(config, workload, {
    kvTier: (instance: InstanceConfig, parts: TierParts) => {
      if (instance.kv.kind !== 'tiered') throw new Error('not tiered');
      const tier = new TieredKv(instance.kv, parts, undefined, new Mirror(instance.kv.cpuBlocks, parts));
      tiers.push(tier);
      return tier;
    },
  });
  engine.run();
  const q = engine.requests;
  const requests = Array.from({ length: q.length }, (_, request) => asRequest(request));
  return {
    tiers: tiers.map(({ cache, reloads, misses }) => [cache.size, cache.evicted, cache.mirrored, reloads, misses]),
    instances: engine.instances.map((one) => [
      one.steps,
      one.preemptions,
      one.gpu.hits,
      one.gpu.misses,
      one.endedAtUs(),
    ]),
    freeLists: engine.instances.map((one) => one.gpu.freeBlocks.list()),
    e2e: requests.map((request) => q.e2eUs[request]),
    ttft: requests.map((request) => q.ttftUs[request]),
  };
}
