import type { CloudEdgeConfig } from './config-schema.ts';
import type { SlotNode } from './nodes.ts';
import type { NodesView } from './scheduler.ts';

/** What schedulers see of the nodes; always the present state. */
export function viewOf(
  config: CloudEdgeConfig,
  edge: SlotNode,
  cloud: SlotNode,
  edgeWork: 'continuous' | 'batches',
): NodesView {
  const continuous = edgeWork === 'continuous';
  const batch = config.edge_batch_capacity_k;
  return {
    get edgeRoom() {
      return continuous ? edge.free : edge.free > 0 ? batch : 0;
    },
    edgeCapacity: continuous ? edge.slots : batch,
    get edgeFree() {
      return edge.free;
    },
    get edgeBusy() {
      return edge.busy;
    },
    edgeSlotsFor: (requests) => (continuous ? requests : Math.min(1, requests)),
    get cloudFree() {
      return cloud.free;
    },
    get cloudBusy() {
      return cloud.busy;
    },
    edgeDelay: (now) => edge.delay(now),
    cloudDelay: (now) => cloud.delay(now),
    get edgeAverage() {
      return edge.history.mean();
    },
    get cloudAverage() {
      return cloud.history.mean();
    },
  };
}
