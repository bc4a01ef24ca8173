import { stream } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import { cubeDimension } from '../space/encode.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { DesignSequence, UsedPoints } from './fresh-points.ts';
import type { Sampler } from './sampler.ts';
import { toldAndPending } from './sampler.ts';

/** Next points of one scrambled Sobol sequence; the seed chooses the scramble. */
export const sampleSobol: Sampler = (evidence, { count, seed }) => {
  const first = toldAndPending(evidence);
  const used = new UsedPoints(evidence);
  const sequence = scrambledSobol(cubeDimension(evidence.space), stream(seed, 'sobol'));
  const design = new DesignSequence(evidence.space, sequence);
  const points: ParameterValues[] = [];
  for (let i = 0; i < count; i++) {
    const values = design.next(first + i, used, () => stream(seed, 'sobol', first + i));
    if (values === undefined) break;
    used.add(values);
    points.push(values);
  }
  return points;
};
