import { stream } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import { cubeDimension } from '../space/encode.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { DesignSequence } from './fresh-points.ts';
import { type Sampler, usedPoints } from './sampler.ts';

/** Next points of one scrambled Sobol sequence; the seed chooses the scramble. */
export const sampleSobol: Sampler = (evidence, request) => {
  const { count, seed } = request;
  const used = request.used?.fork() ?? usedPoints(evidence);
  const first = used.count;
  const sequence = scrambledSobol(cubeDimension(evidence.space), stream(seed, 'sobol'));
  const design = new DesignSequence(evidence.space, sequence);
  if (request.used !== undefined) design.skip(first, request.used, `sobol ${seed}`);
  const points: ParameterValues[] = [];
  for (let i = 0; i < count; i++) {
    const values = design.next(first + i, used, () => stream(seed, 'sobol', first + i));
    if (values === undefined) break;
    used.add(values);
    points.push(values);
  }
  return points;
};
