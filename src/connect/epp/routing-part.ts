import type { ClusterSettings } from '../../simulators/cluster/settings/cluster-settings.ts';
import type { ClusterConfig } from '../../simulators/cluster/settings/resolve-cluster.ts';

/** What of a strategy the router carries out. */
export interface RoutingPart {
  readonly settings: ClusterSettings;
  readonly config: ClusterConfig;
}
