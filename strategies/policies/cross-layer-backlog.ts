import { type ClusterPolicy, type PausePolicy, type RequestView, readParameters } from '../../src/policy.ts';
import crossLayer from './cross-layer.ts';

/**
 * The cross-layer policy for a backlog of many seconds: it decides by context whose answer is put off.
 *
 * A step with prompts is bound by arithmetic, which hardly depends on contexts; a step of decodes alone is bound by memory
 * traffic, which is proportional to them. So long contexts decode while there are prompts, and contexts of at most
 * `pause_below_tokens` sit out, from their first token on, until nobody waits. Few requests are in the batch until then, and
 * the answers that are left for the end cost the least traffic. A pause of `longest_pause_ms` is the only one of a request.
 */
const create: ClusterPolicy = ({ pause_below_tokens, ...settings }) => {
  const hooks = crossLayer(settings);
  const own = readParameters(pause_below_tokens === undefined ? {} : { pause_below_tokens }, {
    pause_below_tokens: { min: 0, max: 1e6 },
  });
  return { ...hooks, pause: shortContextsOnly(hooks.pause!, own.pause_below_tokens) };
};

function shortContextsOnly(pause: PausePolicy, mostTokens: number): PausePolicy {
  const wentOn = new Set<string>();
  return {
    ...pause,
    untilNobodyWaits: true,
    rank: (request, producedTokens, clockUs) =>
      request.inputTokens + producedTokens > mostTokens || wentOn.has(request.id)
        ? Number.NEGATIVE_INFINITY
        : pause.rank(request, producedTokens, clockUs),
    isOverdue: (request: RequestView, pausedUs) => {
      if (!pause.isOverdue(request, pausedUs)) return false;
      wentOn.add(request.id);
      return true;
    },
  };
}

export default create;
