import { stream } from '../../base/random.ts';
import { normalQuantile } from '../../numeric/normal.ts';
import type { Latencies } from './schedule.ts';

/** Standard deviations of measured times, as shares of them. */
export interface MeasurementNoise {
  readonly ttft: number;
  readonly decode: number;
}

export const NOISELESS: MeasurementNoise = { ttft: 0, decode: 0 };

/**
 * Simulated times as they would have been measured: with errors of the same size, and unknown where the measured ones are. Errors put
 * requests together that never met, so that regressions on exact times would not be wrong in the same way.
 * @param label - names the errors: equal ones give the same
 */
export function asMeasured(
  simulated: Latencies,
  measured: Latencies,
  { noise, label }: { readonly noise: MeasurementNoise; readonly label: string },
): Latencies {
  const column = (name: 'ttftUs' | 'decodeUs', share: number): Float64Array => {
    const random = stream(label, name);
    return simulated[name].map((value, i) => {
      const error = share * normalQuantile(Math.max(Number.EPSILON, random.uniform()));
      return Number.isNaN(measured[name][i]!) ? Number.NaN : Math.max(Math.min(1, value), value * (1 + error));
    });
  };
  return { ...simulated, ttftUs: column('ttftUs', noise.ttft), decodeUs: column('decodeUs', noise.decode) };
}
