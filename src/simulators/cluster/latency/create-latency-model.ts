import type { LatencyConfig } from '../engine-config.ts';
import { BlackboxLatency } from './blackbox.ts';
import type { LatencyModel } from './latency-model.ts';
import { RooflineLatency } from './roofline.ts';
import { TrainedPhysicsLatency } from './trained-physics.ts';

/** @param alpha - queueing and overhead coefficients; @param beta - step time coefficients, see each model */
export function createLatencyModel(config: LatencyConfig): LatencyModel {
  switch (config.kind) {
    case 'roofline':
      return new RooflineLatency(config);
    case 'trained-physics':
      return new TrainedPhysicsLatency(config);
    case 'blackbox':
      return new BlackboxLatency(config);
    default:
      return config satisfies never;
  }
}
