import { type ClusterPolicy, readParameters } from '../../src/policy.ts';
import { tierOf } from './classes.ts';

/**
 * Priority by class that falls with age: a request gains `age_weight` levels per µs of age, and goes before everything
 * younger once it is `max_wait_ms` old, whatever its class. To be used with `scheduler: priority-fcfs`.
 */
const create: ClusterPolicy = (settings) => {
  const { age_weight, max_wait_ms } = readParameters(settings, {
    age_weight: { min: 0, max: 1 },
    max_wait_ms: { min: 0, max: 1e9 },
  });
  return {
    priority: {
      urgency: ({ arrivalUs, sloClass, priority }, clockUs) => {
        const age = clockUs - arrivalUs;
        // Overdue requests keep their order among themselves: the oldest first.
        if (age >= max_wait_ms * 1000) return -1e6 - age * 1e-6;
        return tierOf(sloClass, priority) - age_weight * age;
      },
    },
  };
};

export default create;
