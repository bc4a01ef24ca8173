import { unknownName } from '../../base/errors.ts';
import { createGpSampler } from './gp.ts';
import { sampleGrid } from './grid.ts';
import { sampleRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { sampleSobol } from './sobol.ts';

const SAMPLERS: Readonly<Record<string, Sampler>> = {
  gp: createGpSampler(),
  grid: sampleGrid,
  random: sampleRandom,
  sobol: sampleSobol,
};

export const samplerNames: readonly string[] = Object.keys(SAMPLERS);

/** @throws InputError for an unknown name */
export function createSampler(name: string): Sampler {
  const sampler = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined;
  if (sampler === undefined) throw unknownName('sampler', name, samplerNames);
  return sampler;
}
