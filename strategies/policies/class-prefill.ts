import { type ClusterPolicy, readParameters } from '../../src/policy.ts';
import { tierOf } from './classes.ts';

const CHUNK = { min: 1, max: 1e6 };

/** Longest prefill chunk per step by class: premium prompts in few steps, others in small pieces beside the decodes. */
const create: ClusterPolicy = (settings) => {
  const { critical, standard, sheddable } = readParameters(settings, {
    critical: CHUNK,
    standard: CHUNK,
    sheddable: CHUNK,
  });
  const chunk = [critical, standard, sheddable].map(Math.round);
  return { prefillThreshold: ({ sloClass, priority }) => chunk[tierOf(sloClass, priority)]! };
};

export default create;
