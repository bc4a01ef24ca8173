import type { ParameterPrior } from '../sampler/sampler.ts';
import { coordinateCount, encode } from '../space/encode.ts';
import type { ParameterValues, SearchSpace } from '../space/parameter.ts';
import type { Acquisition } from './acquisition.ts';

/** Weight of the belief before any evaluation; it falls as 1 / n. */
const INITIAL_WEIGHT = 10;

interface AxisBelief {
  readonly axis: number;
  readonly center: number;
  readonly spread: number;
}

/**
 * Adds the user's belief to a log acquisition: `+ (β / n) log π(x)`, a belief that fades as evidence comes in, so that a
 * wrong one only costs time.
 * @param told - evaluations so far
 * @see Hvarfner et al. 2022, "πBO: augmenting acquisition functions with user beliefs for Bayesian optimization"
 */
export function withUserPriors(
  acquisition: Acquisition,
  space: SearchSpace,
  priors: readonly ParameterPrior[],
  told: number,
): Acquisition {
  const beliefs = priors.flatMap((prior) => axisBelief(space, prior));
  if (beliefs.length === 0) return acquisition;
  const weight = INITIAL_WEIGHT / Math.max(1, told);
  return (cube, gradient) => {
    let value = acquisition(cube, gradient);
    for (const { axis, center, spread } of beliefs) {
      const z = (cube[axis]! - center) / spread;
      value -= 0.5 * weight * z * z;
      if (gradient !== undefined) gradient[axis]! -= (weight * z) / spread;
    }
    return value;
  };
}

/** Belief in the parameter's unit → belief on its cube axis; parameters without a numeric axis have none. */
function axisBelief(space: SearchSpace, { parameter: name, center, spread }: ParameterPrior): AxisBelief[] {
  let axis = 0;
  for (const parameter of space.parameters) {
    if (parameter.name === name) {
      if (parameter.kind !== 'real' && parameter.kind !== 'integer') return [];
      const { low, high, log } = parameter;
      const inside = Math.min(high, Math.max(low, parameter.kind === 'integer' ? Math.round(center) : center));
      const alone: SearchSpace = { parameters: [{ ...parameter, name }] };
      const at = encode(alone, { [name]: inside } as ParameterValues)[0]!;
      const range = log ? Math.log(high) - Math.log(low) : high - low;
      return range > 0 && spread > 0 ? [{ axis, center: at, spread: Math.max(1e-3, spread / range) }] : [];
    }
    axis += coordinateCount(parameter);
  }
  return [];
}
