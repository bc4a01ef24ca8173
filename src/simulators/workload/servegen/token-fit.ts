import { goLog } from '../go-math.ts';
import type { Chunk, Histogram } from './chunk.ts';

/** Parameters of a lognormal distribution. */
export interface LogNormal {
  readonly mu: number;
  readonly sigma: number;
}

/** Token counts of requests and answers. */
export interface TokenFit {
  readonly input: LogNormal;
  readonly output: LogNormal;
}

const DAY_S = 86_400;

/**
 * Lognormal fits of the token counts at a time of the day: those of the nearest window before it, averaged over all
 * days. null where there is no such window.
 */
export function fitTokens({ windows }: Chunk, timeS: number): TokenFit | null {
  const nearest = windows.filter(({ startS }) => startS <= timeS).at(-1);
  if (nearest === undefined) return null;
  const daily = windows.filter(({ startS }) => startS % DAY_S === nearest.startS % DAY_S);
  const fits = daily.flatMap(({ input, output }) => {
    const [inputFit, outputFit] = [fitLogNormal(input), fitLogNormal(output)];
    return inputFit === null || outputFit === null ? [] : [{ input: inputFit, output: outputFit }];
  });
  return meanFit(fits);
}

/** Parameter by parameter; null of none. */
export function meanFit(fits: readonly TokenFit[]): TokenFit | null {
  if (fits.length === 0) return null;
  return {
    input: meanLogNormal(fits.map(({ input }) => input)),
    output: meanLogNormal(fits.map(({ output }) => output)),
  };
}

function meanLogNormal(fits: readonly LogNormal[]): LogNormal {
  let [mu, sigma] = [0, 0];
  for (const fit of fits) {
    mu += fit.mu;
    sigma += fit.sigma;
  }
  return { mu: mu / fits.length, sigma: sigma / fits.length };
}

/** By the moments of the logarithms of positive counts; null where there are none. */
function fitLogNormal(histogram: Histogram): LogNormal | null {
  let [total, first, second] = [0, 0, 0];
  for (const [value, probability] of histogram) {
    if (value <= 0 || probability <= 0) continue;
    const log = goLog(value);
    total += probability;
    first += probability * log;
    second += probability * log * log;
  }
  if (total === 0) return null;
  const mu = first / total;
  return { mu, sigma: Math.sqrt(Math.max(0, second / total - mu * mu)) };
}
