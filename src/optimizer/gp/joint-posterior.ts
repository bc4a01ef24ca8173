import { normalQuantile } from '../../numeric/normal.ts';
import type { FeatureRows } from './kernel.ts';
import { layOut, type Posterior, FIELDS as PROCESS_FIELDS, PROCESSES, processBytes } from './process.ts';

/** Where addresses stand in a `Joint`. */
const FIELDS = { means: 4, uniforms: 7, draw: 8 };

/** Below this distance from ½ quantiles of the normal distribution come from `src/numeric`. */
const NEXT_TO_HALF = 1e-3;

/** Posterior covariance of f at the rows of `at`, lower triangle, row-major. */
export function jointCovariance(posterior: Posterior, at: FeatureRows): Float64Array {
  return withJoint(posterior, at, ({ points }) => {
    const from = PROCESSES.at(points, PROCESS_FIELDS.lower);
    return PROCESSES.numbers.slice(from, from + at.rows ** 2);
  });
}

/**
 * Joint posterior draws of f at the rows of `at`.
 * @param uniforms - for each draw, numbers from 0 to 1 (both excluded), one for each row
 * @throws RangeError when the covariance has no factor even with jitter, which finite input cannot cause
 */
export function jointDraws(
  posterior: Posterior,
  at: FeatureRows,
  uniforms: readonly Readonly<Float64Array>[],
): Float64Array[] {
  return withJoint(posterior, at, ({ base }) => {
    const { kernels, numbers } = PROCESSES;
    factorWithJitter(base, posterior.priorVariance);
    const normals = PROCESSES.at(base, FIELDS.uniforms);
    const draw = PROCESSES.at(base, FIELDS.draw);
    return uniforms.map((own) => {
      numbers.set(own, normals);
      kernels.normalize(base);
      for (let i = 0; i < own.length; i++)
        if (Math.abs(own[i]! - 0.5) < NEXT_TO_HALF) numbers[normals + i] = normalQuantile(own[i]!);
      kernels.drawJoint(base);
      return numbers.slice(draw, draw + at.rows);
    });
  });
}

function factorWithJitter(base: number, priorVariance: number): void {
  for (let jitter = 1e-10; jitter < 10; jitter *= 100)
    if (PROCESSES.kernels.factorJoint(base, jitter * priorVariance) !== 0) return;
  throw new RangeError('posterior covariance is not positive definite even with jitter');
}

/** Means and covariance at the points are in the memory while they are used. */
function withJoint<T>(
  posterior: Posterior,
  at: FeatureRows,
  use: (place: { readonly base: number; readonly points: number }) => T,
): T {
  const { kernel } = posterior;
  const { kernels } = PROCESSES;
  const bytes = kernels.jointSize(at.rows, posterior.points.rows);
  PROCESSES.reserve(posterior.bytes + processBytes(kernel, at, 0) + bytes);
  const process = posterior.placed();
  const points = layOut(kernel, at, 0);
  const base = PROCESSES.take(bytes);
  kernels.layoutJoint(base, at.rows, posterior.points.rows, process, points);
  kernels.fillJoint(base);
  const result = use({ base, points });
  PROCESSES.release(points);
  return result;
}
