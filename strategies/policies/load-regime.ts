import { type ClusterPolicy, InputError, readParameters } from '../../src/policy.ts';

/**
 * Two ways to route, chosen by load. Relaxed: to the cached prefix. Busy: to the fewest requests in flight. Busy begins
 * at a mean of `busy_from` requests in flight per instance and ends below `relaxed_below`; between them nothing changes.
 */
const create: ClusterPolicy = (settings) => {
  const { busy_from, relaxed_share, relaxed_load_weight } = readParameters(settings, {
    busy_from: { min: 1, max: 1e6 },
    relaxed_share: { min: 0, max: 1 },
    relaxed_load_weight: { min: 0, max: 1 },
  });
  const relaxedBelow = busy_from * relaxed_share;
  if (relaxedBelow >= busy_from) {
    throw new InputError('must be below 1: without a gap the regime could flip with every request', {
      path: ['config', 'policy', 'relaxed_share'],
    });
  }
  let busy = false;
  return {
    scorers: {
      regime: {
        score: (request, instances) => {
          const mean = instances.reduce((sum, { inFlight }) => sum + inFlight, 0) / instances.length;
          busy = busy ? mean >= relaxedBelow : mean >= busy_from;
          const most = Math.max(1, ...instances.map(({ inFlight }) => inFlight));
          const loadWeight = busy ? 1 : relaxed_load_weight;
          const blocks = Math.max(1, Math.floor(request.inputTokens / 16));
          return instances.map((instance) => {
            const load = 1 - instance.inFlight / most;
            return loadWeight * load + (1 - loadWeight) * Math.min(1, instance.cachedBlocks(request) / blocks);
          });
        },
      },
    },
  };
};

export default create;
