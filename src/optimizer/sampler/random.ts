import { stream } from '../../base/random.ts';
import { cubeDimension } from '../space/encode.ts';
import type { ParameterValues } from '../space/parameter.ts';
import { freshDraw, UsedPoints } from './fresh-points.ts';
import type { Sampler } from './sampler.ts';
import { toldAndPending } from './sampler.ts';

/** Independent uniform points; those of a finite space without repetition. */
export const sampleRandom: Sampler = (evidence, { count, seed }) => {
  const { space } = evidence;
  const dimension = cubeDimension(space);
  const first = toldAndPending(evidence);
  const used = new UsedPoints(evidence);
  const points: ParameterValues[] = [];
  for (let i = 0; i < count; i++) {
    const values = freshDraw(space, used, stream(seed, 'random', first + i), dimension);
    if (values === undefined) break;
    used.add(values);
    points.push(values);
  }
  return points;
};
