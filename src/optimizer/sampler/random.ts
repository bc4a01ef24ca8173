import { stream } from '../../base/random.ts';
import { cubeDimension, decode } from '../space/encode.ts';
import type { Sampler } from './sampler.ts';
import { toldAndPending } from './sampler.ts';

/** Independent uniform points. */
export const sampleRandom: Sampler = (evidence, { count, seed }) => {
  const dimension = cubeDimension(evidence.space);
  const first = toldAndPending(evidence);
  return Array.from({ length: count }, (_, i) => {
    const rng = stream(seed, 'random', first + i);
    return decode(
      evidence.space,
      Float64Array.from({ length: dimension }, () => rng.uniform()),
    );
  });
};
