import { type ClusterPolicy, readParameters } from '../../src/policy.ts';

/**
 * Admits together what shares cached blocks: a waiting request moves ahead by `cached_block_ms` for every leading block
 * that the GPU holds right now, and is due in order of arrival once it has waited `max_wait_ms`.
 */
const create: ClusterPolicy = (settings) => {
  const { cached_block_ms, max_wait_ms } = readParameters(settings, {
    cached_block_ms: { min: 0, max: 1e6 },
    max_wait_ms: { min: 0, max: 1e9 },
  });
  return {
    scheduler: {
      key: (request, context) => {
        const { arrivalUs } = request;
        if (context.clockUs - arrivalUs >= max_wait_ms * 1000) return arrivalUs - 1e15;
        return arrivalUs - context.cachedBlocks(request) * cached_block_ms * 1000;
      },
    },
  };
};

export default create;
