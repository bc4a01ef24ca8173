import type { Rng } from '../../base/random.ts';
import { choleskyFactor } from '../../numeric/cholesky.ts';
import { normalQuantile } from '../../numeric/normal.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import type { FeatureMap } from '../gp/features.ts';
import type { FittedGp } from '../gp/fit.ts';
import { type FeatureRows, featureRows } from '../gp/kernel.ts';
import { condition, jointCovariance, momentsBuffer, predictMeans } from '../gp/posterior.ts';
import type { Posterior } from '../gp/process.ts';
import type { ParameterValues } from '../space/parameter.ts';

/** Noise of drawn losses, relative to the prior variance: a tenth of a thousandth costs plateaus their search (Ackley). */
const DRAW_NUGGET = 1e-7;

/** Joint posterior draws at `points`; the mean when one member is asked for. */
export function drawAt(posterior: Posterior, points: FeatureRows, members: number, rng: Rng): Float64Array[] {
  const n = points.rows;
  const moments = momentsBuffer(posterior);
  const mean = Float64Array.from(
    { length: n },
    (_, i) => predictMeans(posterior, points.features.subarray(i * points.width, (i + 1) * points.width), moments)[0]!,
  );
  if (members === 1) return [mean];
  const covariance = jointCovariance(posterior, points);
  const lower = factorWithJitter(covariance, n, posterior.priorVariance);
  const sequence = scrambledSobol(n, rng);
  return Array.from({ length: members }, (_, s) => {
    const normal = sequence(s).map(normalQuantile);
    return mean.map((value, i) => {
      let sum = value;
      for (let k = 0; k <= i; k++) sum += lower[i * n + k]! * normal[k]!;
      return sum;
    });
  });
}

function factorWithJitter(covariance: Float64Array, n: number, priorVariance: number): Float64Array {
  for (let jitter = 1e-10; jitter < 10; jitter *= 100) {
    const raised = covariance.slice();
    for (let i = 0; i < n; i++) raised[i * n + i] = Math.max(raised[i * n + i]!, 0) + jitter * priorVariance;
    const result = choleskyFactor(raised, n, raised);
    if (result.kind === 'factored') return result.lower;
  }
  throw new RangeError('posterior covariance is not positive definite even with jitter');
}

export function conditionOnDraws(posterior: Posterior, points: FeatureRows, draws: readonly Float64Array[]): Posterior {
  const nugget = new Float64Array(points.rows).fill(DRAW_NUGGET * posterior.priorVariance);
  return condition(posterior.kernel, points, draws, nugget);
}

/** Posterior that expects its own mean at the pending points: they leave nothing to learn there. */
export function withPending(gp: FittedGp, features: FeatureMap, pending: readonly ParameterValues[]): Posterior {
  const { posterior, targets, noise } = gp;
  if (pending.length === 0) return posterior;
  const { points } = posterior;
  const open = pending.map((values) => features.fromValues(values));
  const moments = momentsBuffer(posterior);
  const expected = open.map((x) => predictMeans(posterior, x, moments)[0]!);
  const told = Array.from({ length: points.rows }, (_, i) =>
    points.features.subarray(i * points.width, (i + 1) * points.width),
  );
  const typical = noise.slice().sort()[Math.floor(noise.length / 2)] ?? 0;
  return condition(
    posterior.kernel,
    featureRows([...told, ...open], points.categorical),
    [Float64Array.of(...targets, ...expected)],
    Float64Array.of(...noise, ...expected.map(() => typical)),
  );
}
