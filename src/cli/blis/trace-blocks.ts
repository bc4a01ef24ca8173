import type { JsonObject } from '../../base/json.ts';
import { type GoodputTargets, targetsJson } from '../../simulators/cluster/figures/goodput.ts';
import { recordedOffload } from '../../simulators/cluster/settings/offload-config.ts';
import type { ClusterFlags } from './flags.ts';

/** Blocks in the header of a simulated trace: what a replay of it has to obey to meet the same. */
export function traceBlocks(targets: GoodputTargets, { cluster, offload }: ClusterFlags): JsonObject {
  const { kv, blockSize } = cluster.config.instance;
  return {
    ...(Object.keys(targets).length === 0 ? {} : { goodput_slo_targets: targetsJson(targets) }),
    ...(offload === null || kv.kind !== 'offload'
      ? {}
      : { kv_offload: recordedOffload(offload, blockSize, kv.chain.bytesPerBlock) }),
  };
}
