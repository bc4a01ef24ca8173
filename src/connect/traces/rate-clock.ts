import { arrivalSampler } from '../../simulators/workload/arrival-sampler.ts';
import { goRandom } from '../../simulators/workload/go-random.ts';
import type { ReadContext } from './trace-request.ts';

/** Gives times to what has none, at a rate: evenly, or with the gaps of a gamma process. */
export class RateClock {
  readonly #gap: () => number;
  #atUs = 0;
  #first = true;

  /**
   * @param what - what starts at the rate, for the note
   * @param recorded - rate that the file was measured at; Infinity = all at once
   * @param burstiness - shape of the gaps: 1 is Poisson, less is burstier
   */
  constructor(context: ReadContext, what: string, recorded: number | null = null, burstiness = 1) {
    const { rate, arrivals, seed } = context.options;
    const perSecond = rate ?? recorded ?? 1;
    this.#gap = gaps(perSecond, arrivals === 'gamma' ? burstiness : null, seed);
    const source =
      rate !== null ? '--rate' : recorded !== null ? 'the rate of the file' : 'the default; --rate sets it';
    const pace = perSecond === Number.POSITIVE_INFINITY ? 'all at once' : `at ${perSecond} per second`;
    const spacing = arrivals === 'gamma' ? `gamma gaps of shape ${burstiness}, seed ${seed}` : 'evenly spaced';
    context.notes.add(`the file has no arrival times: ${what} start ${pace} (${source}), ${spacing}`);
  }

  /** µs. */
  next(): number {
    if (!this.#first) this.#atUs += this.#gap();
    this.#first = false;
    return this.#atUs;
  }
}

/** @param shape - of gamma gaps; null = all equal */
function gaps(perSecond: number, shape: number | null, seed: number): () => number {
  if (perSecond === Number.POSITIVE_INFINITY) return () => 0;
  if (shape === null) return () => 1e6 / perSecond;
  const cv = 1 / Math.sqrt(shape);
  const sampler = arrivalSampler({ process: 'gamma', cv, shape: null, scale: null }, perSecond / 1e6);
  const random = goRandom(seed);
  return () => sampler(random);
}
