import { stream } from '../../base/random.ts';
import { cubeDimension } from '../space/encode.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { freshDraw } from './fresh-points.ts';
import { type Sampler, usedPoints } from './sampler.ts';

/** Independent uniform points; those of a finite space without repetition. */
export const sampleRandom: Sampler = (evidence, request) => {
  const { space } = evidence;
  const { count, seed } = request;
  const dimension = cubeDimension(space);
  const used = request.used?.fork() ?? usedPoints(evidence);
  const first = used.count;
  const points: ParameterValues[] = [];
  for (let i = 0; i < count; i++) {
    const values = freshDraw(space, used, stream(seed, 'random', first + i), dimension);
    if (values === undefined) break;
    used.add(values);
    points.push(values);
  }
  return points;
};
