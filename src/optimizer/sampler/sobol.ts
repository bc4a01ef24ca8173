import { stream } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import { cubeDimension, decode } from '../space/encode.ts';
import type { Sampler } from './sampler.ts';
import { toldAndPending } from './sampler.ts';

/** Next points of one scrambled Sobol sequence; the seed chooses the scramble. */
export const sampleSobol: Sampler = (evidence, { count, seed }) => {
  const first = toldAndPending(evidence);
  const sequence = scrambledSobol(cubeDimension(evidence.space), stream(seed, 'sobol'));
  return Array.from({ length: count }, (_, i) => decode(evidence.space, sequence(first + i)));
};
