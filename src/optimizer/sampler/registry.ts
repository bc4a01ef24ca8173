import { unknownName } from '../../base/errors.ts';
import { createGpSampler } from './gp.ts';
import { sampleGrid } from './grid.ts';
import { sampleRandom } from './random.ts';
import type { Sampler } from './sampler.ts';
import { sampleSobol } from './sobol.ts';

const SAMPLERS = {
  gp: createGpSampler(),
  grid: sampleGrid,
  random: sampleRandom,
  sobol: sampleSobol,
} as const satisfies Readonly<Record<string, Sampler>>;

export type SamplerName = keyof typeof SAMPLERS;

/**
 * The first version of paretune that proposed what it proposes today, by sampler. Raised to the coming version by every
 * change that moves a proposal, however slightly: `verify` does not compare the proposals of older journals.
 */
export const PROPOSALS_SINCE: Readonly<Record<string, string>> = {
  gp: '0.3.0',
  grid: '0.3.0',
  random: '0.3.0',
  sobol: '0.3.0',
} satisfies Readonly<Record<SamplerName, string>>;

export const samplerNames: readonly string[] = Object.keys(SAMPLERS);

/** @throws InputError for an unknown name */
export function createSampler(name: string): Sampler {
  const sampler: Sampler | undefined = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name as SamplerName] : undefined;
  if (sampler === undefined) throw unknownName('sampler', name, samplerNames);
  return sampler;
}
