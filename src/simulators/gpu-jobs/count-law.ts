import type { Rng } from '../../base/random.ts';
import { power } from '../../numeric/power.ts';

/** Distribution of a whole number such as a token count. */
export type CountLaw =
  | { readonly kind: 'constant'; readonly value: number }
  /** Every integer from min to max. */
  | { readonly kind: 'uniform'; readonly min: number; readonly max: number }
  | {
      readonly kind: 'gaussian';
      readonly mean: number;
      readonly sd: number;
      readonly min: number;
      readonly max: number;
    }
  | { readonly kind: 'exponential'; readonly mean: number; readonly min: number; readonly max: number }
  | {
      readonly kind: 'lognormal';
      readonly median: number;
      readonly sigma: number;
      readonly min: number;
      readonly max: number;
    }
  /** P(X > x) = (scale / x)^alpha from `scale` on. */
  | {
      readonly kind: 'pareto';
      readonly scale: number;
      readonly alpha: number;
      readonly min: number;
      readonly max: number;
    };

/** One draw: rounded, then clipped to [min, max]. */
export function drawCount(law: CountLaw, rng: Rng): number {
  switch (law.kind) {
    case 'constant':
      return law.value;
    case 'uniform':
      return law.min + rng.below(law.max - law.min + 1);
    case 'gaussian':
      return clip(law.mean + law.sd * rng.normal(), law);
    case 'exponential':
      return clip(law.mean * rng.exponential(), law);
    case 'lognormal':
      return clip(law.median * Math.exp(law.sigma * rng.normal()), law);
    case 'pareto':
      return clip(law.scale * power(1 - rng.uniform(), -1 / law.alpha), law);
    default:
      return law satisfies never;
  }
}

function clip(value: number, { min, max }: { readonly min: number; readonly max: number }): number {
  return Math.min(max, Math.max(min, Math.round(value)));
}
