import { Matrix } from 'ml-matrix';
import type { DirectFit } from './direct-fit.ts';
import { asMeasured } from './measurement-noise.ts';
import type { Latencies } from './schedule.ts';

/** Simulations of a first look, and of one that decides: chance alone makes one first look in twelve suspicious. */
const FIRST_LOOK = 2;
const LOOK = 6;
const MOST_ROUNDS = 3;
/** Standard errors by which the mean fit of simulated times may miss their coefficients, in a first look and in one that decides. */
const SUSPICIOUS = 1.75;
const MISSED = 1.25;
/** From here on the fit is of no use. */
const FAR_OFF = 5;

interface Ways {
  /** Times at coefficients; replicates differ in where requests meet the steps. */
  readonly simulate: (values: readonly number[], replicate: number) => Latencies;
  /** Null where times are not those of one server. */
  readonly refit: (latencies: Latencies) => DirectFit | null;
}

/**
 * A direct fit that holds for times simulated with its own coefficients and errors; where it misses them, coefficients are moved until the
 * fit of their simulations comes out as that of the measurements.
 * @see Kuk 1995, "Asymptotically unbiased estimation in generalized linear models with random effects" (iterated bootstrap)
 * @returns null where that does not come about: the times are not as the direct way takes them to be
 */
export function confirmedFit(direct: DirectFit, measured: Latencies, ways: Ways): DirectFit | null {
  const { covariance } = direct;
  const first = fitsAt(direct.values, direct, { measured, ways, known: [], count: FIRST_LOOK });
  if (first === null) return null;
  if (inErrors(missedBy(first, direct), covariance) <= SUSPICIOUS) return direct;
  let { values } = direct;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const fits = fitsAt(values, direct, { measured, ways, known: round === 0 ? first : [], count: LOOK });
    if (fits === null) return null;
    const missed = missedBy(fits, direct);
    const most = inErrors(missed, covariance);
    if (most <= MISSED && round === 0) return direct;
    if (most <= MISSED) return { ...direct, values, covariance: Matrix.mul(covariance, 1 + 1 / LOOK) };
    if (round === MOST_ROUNDS - 1 && most <= FAR_OFF)
      return { ...direct, values, covariance: widened(covariance, missed) };
    values = values.map((value, k) => Math.max(0, value + missed[k]!));
  }
  return null;
}

type Fits = readonly (readonly number[])[];

/** Fits of `count` simulations, of which some are known; null where one is not of one server. */
function fitsAt(
  values: readonly number[],
  { noise }: DirectFit,
  look: { readonly measured: Latencies; readonly ways: Ways; readonly known: Fits; readonly count: number },
): Fits | null {
  const fits = [...look.known];
  for (let replicate = fits.length; replicate < look.count; replicate++) {
    const simulated = look.ways.simulate(values, replicate);
    const fit = look.ways.refit(asMeasured(simulated, look.measured, { noise, label: `confirm ${replicate}` }));
    if (fit === null) return null;
    fits.push(fit.values);
  }
  return fits;
}

function missedBy(fits: Fits, { values }: DirectFit): readonly number[] {
  return values.map((value, k) => value - fits.reduce((sum, one) => sum + one[k]!, 0) / fits.length);
}

/** The most that one is missed, in standard errors. */
function inErrors(missed: readonly number[], covariance: Matrix): number {
  return Math.max(...missed.map((by, k) => Math.abs(by) / Math.sqrt(covariance.get(k, k))));
}

/** What is still missed counts as an error of its own. */
function widened(covariance: Matrix, missed: readonly number[]): Matrix {
  return Matrix.add(Matrix.mul(covariance, 1 + 1 / LOOK), Matrix.diag(missed.map((by) => by ** 2)));
}
