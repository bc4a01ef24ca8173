import type { Rng } from '../../base/random.ts';
import { scrambledSobol } from '../../numeric/sobol-sequence.ts';
import type { FeatureMap } from '../gp/features.ts';
import type { FittedGp } from '../gp/fit.ts';
import { jointDraws } from '../gp/joint-posterior.ts';
import { type FeatureRows, featureRows } from '../gp/kernel.ts';
import { condition, meansAt } from '../gp/posterior.ts';
import type { Posterior } from '../gp/process.ts';
import type { ParameterValues } from '../space/parameter.ts';

/** Noise of drawn losses, relative to the prior variance: a tenth of a thousandth costs plateaus their search (Ackley). */
const DRAW_NUGGET = 1e-7;

/** Joint posterior draws at `points`; the mean when one member is asked for. */
export function drawAt(posterior: Posterior, points: FeatureRows, members: number, rng: Rng): Float64Array[] {
  if (members === 1) return [meansAt(posterior, points)];
  const sequence = scrambledSobol(points.rows, rng);
  return jointDraws(
    posterior,
    points,
    Array.from({ length: members }, (_, s) => sequence(s)),
  );
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
  const expected = meansAt(posterior, featureRows(open, points.categorical));
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
