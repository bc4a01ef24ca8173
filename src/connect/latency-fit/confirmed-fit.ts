import { Matrix } from 'ml-matrix';
import type { DirectFit } from './direct-fit.ts';
import { asMeasured } from './measurement-noise.ts';
import type { Latencies } from './schedule.ts';

/** Simulations in a look. */
const SIMULATIONS = 2;
const MOST_ROUNDS = 4;
/** Standard errors by which a fit of simulated times may miss their coefficients: to be as good as right, and to be of use at all. */
const MISSED = 1.75;
const FAR_OFF = 5;

/**
 * A direct fit that holds for times simulated with its own coefficients and errors; where it misses them, coefficients are moved until the
 * fit of their simulations comes out as that of the measurements.
 * @see Kuk 1995, "Asymptotically unbiased estimation in generalized linear models with random effects" (iterated bootstrap)
 * @param simulate - times at coefficients; replicates differ in where requests meet the steps
 * @param refit - null where times are not those of one server
 * @returns null where that does not come about: the times are not as the direct way takes them to be
 */
export function confirmedFit(
  direct: DirectFit,
  measured: Latencies,
  {
    simulate,
    refit,
  }: {
    readonly simulate: (values: readonly number[], replicate: number) => Latencies;
    readonly refit: (latencies: Latencies) => DirectFit | null;
  },
): DirectFit | null {
  const { noise, covariance } = direct;
  let { values } = direct;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found: (readonly number[])[] = [];
    for (let replicate = 0; replicate < SIMULATIONS; replicate++) {
      const label = `confirm ${replicate}`;
      const fit = refit(asMeasured(simulate(values, replicate), measured, { noise, label }));
      if (fit === null) return null;
      found.push(fit.values);
    }
    const missed = direct.values.map((value, k) => value - found.reduce((sum, one) => sum + one[k]!, 0) / SIMULATIONS);
    const most = Math.max(...missed.map((by, k) => Math.abs(by) / Math.sqrt(covariance.get(k, k))));
    if (most <= MISSED && round === 0) return direct;
    if (most <= MISSED) return { ...direct, values, covariance: Matrix.mul(covariance, 1 + 1 / SIMULATIONS) };
    if (round === MOST_ROUNDS - 1)
      return most <= FAR_OFF ? { ...direct, values, covariance: widened(covariance, missed) } : null;
    values = values.map((value, k) => Math.max(0, value + missed[k]!));
  }
  return null;
}

/** What is still missed counts as an error of its own. */
function widened(covariance: Matrix, missed: readonly number[]): Matrix {
  return Matrix.add(Matrix.mul(covariance, 1 + 1 / SIMULATIONS), Matrix.diag(missed.map((by) => by ** 2)));
}
