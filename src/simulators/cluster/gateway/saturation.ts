import type { GatewayConfig } from '../engine-config.ts';
import { meanPressure, type SnapshotColumns } from './admission.ts';

/** How full the cluster is: 0 = idle, 1 and more = saturated. */
export type SaturationDetector = (view: SnapshotColumns) => number;

export function createDetector(config: GatewayConfig['detector']): SaturationDetector {
  switch (config.kind) {
    case 'never':
      return () => 0;
    case 'utilization':
      return (view) => meanPressure(view, config.queueDepth, config.kvUtilization);
    case 'concurrency':
      return (view) => {
        if (view.count === 0) return 1;
        let inFlight = 0;
        for (let k = 0; k < view.count; k++) inFlight += view.inFlight[view.members[k]!]!;
        return inFlight / (view.count * config.maxConcurrency);
      };
    default:
      return config satisfies never;
  }
}
