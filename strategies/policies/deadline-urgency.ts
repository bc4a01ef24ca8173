import { type ClusterPolicy, type RequestView, readParameters } from '../../src/policy.ts';
import { tierOf } from './classes.ts';

const TARGET = { min: 1, max: 1e9 };

/**
 * Least slack first, in routing and scheduling. Slack = time to first token promised to the class − age − time that the
 * prompt's uncached tokens take at `prefill_tokens_per_ms`. The router sends requests with little slack where least is
 * in flight, and those with slack to spare where their prefix is cached; the instance admits in order of slack. All
 * slack falls at the same rate, so nobody starves: a wait is at most the longest target behind an earlier arrival.
 */
const create: ClusterPolicy = (settings) => {
  const parameters = readParameters(settings, {
    critical_ms: TARGET,
    standard_ms: TARGET,
    sheddable_ms: TARGET,
    prefill_tokens_per_ms: { min: 1e-3, max: 1e6 },
  });
  const targets = [parameters.critical_ms, parameters.standard_ms, parameters.sheddable_ms];
  const slowest = Math.max(...targets) * 1000;
  const deadlineUs = ({ arrivalUs, sloTargetUs, sloClass, priority }: RequestView) =>
    arrivalUs + (sloTargetUs > 0 ? sloTargetUs : targets[tierOf(sloClass, priority)]! * 1000);
  const prefillUs = (tokens: number) => (Math.max(0, tokens) / parameters.prefill_tokens_per_ms) * 1000;
  return {
    scorers: {
      'least-slack': {
        score: (request, instances, clockUs) => {
          const blocks = Math.max(1, Math.floor(request.inputTokens / 16));
          const spare = Math.min(1, Math.max(0, (deadlineUs(request) - clockUs) / slowest));
          const most = Math.max(1, ...instances.map(({ inFlight }) => inFlight));
          return instances.map(
            (instance) =>
              spare * Math.min(1, instance.cachedBlocks(request) / blocks) +
              (1 - spare) * (1 - instance.inFlight / most),
          );
        },
      },
    },
    scheduler: {
      key: (request, { blockSize, cachedBlocks }) =>
        deadlineUs(request) - prefillUs(request.inputTokens - blockSize * cachedBlocks(request)),
    },
  };
};

export default create;
