import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { RequestIndex } from '../indices.ts';
import type { LatencyModel } from '../latency/latency-model.ts';
import type { FormationParts } from './batch-formation.ts';
import type { StateParts } from './instance-state.ts';
import type { Pausing } from './pauses.ts';

/** What happens to requests at an instance, named by its index, as the cluster needs to know it. */
export interface InstanceListener {
  /** Called inside the instance's event, after its state has changed. */
  requestEnded(instance: number, request: RequestIndex, end: RequestEnd, producedTokens: number, atUs: number): void;
  /** After a step; duration 0 = there was nothing to do and it does not count. */
  stepped?(instance: number, atUs: number, durationUs: number): void;
}

export interface InstanceParts extends StateParts, FormationParts {
  readonly horizonUs: number;
  readonly latency: LatencyModel;
  /** null = a request stays in the batch until it ends or loses its blocks. */
  readonly pausing: Pausing | null;
  readonly listener: InstanceListener;
}
