import { type ClusterPolicy, readParameters } from '../../src/policy.ts';
import { tierOf } from './classes.ts';

/**
 * Rejects by class when the cluster is full: free-tier requests from `sheddable_limit` requests in flight per
 * instance on, normal ones from `standard_limit` on, premium ones never. In-flight counts are exact.
 */
const create: ClusterPolicy = (settings) => {
  const limits = readParameters(settings, {
    sheddable_limit: { min: 1, max: 1e6 },
    standard_limit: { min: 1, max: 1e6 },
  });
  const limitOf = [Number.POSITIVE_INFINITY, limits.standard_limit, limits.sheddable_limit];
  return {
    admission: {
      admits: ({ sloClass, priority }, instances) => {
        const inFlight = instances.reduce((sum, instance) => sum + instance.inFlight, 0);
        return inFlight < limitOf[tierOf(sloClass, priority)]! * instances.length;
      },
    },
  };
};

export default create;
