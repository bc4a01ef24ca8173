import { type ClusterPolicy, PressureTier, readParameters } from '../../src/policy.ts';

/**
 * Copies blocks to CPU memory only while the share of GPU blocks in use is at least `offload_threshold`, and fetches
 * the first `reload_ahead_blocks` blocks of a prompt back when the request is routed rather than when it is admitted.
 */
const create: ClusterPolicy = (settings) => {
  const { offload_threshold, reload_ahead_blocks } = readParameters(settings, {
    offload_threshold: { min: 0, max: 1 },
    reload_ahead_blocks: { min: 0, max: 1e6 },
  });
  return {
    kvTier: (config, parts) =>
      config.kv.kind === 'tiered'
        ? new PressureTier(config.kv, parts, {
            threshold: offload_threshold,
            reloadAhead: () => Math.round(reload_ahead_blocks),
          })
        : null,
  };
};

export default create;
