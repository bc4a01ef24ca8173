import { goExp, goPow } from './go-math.ts';
import type { GoRandom } from './go-random.ts';
import type { LengthSpec } from './workload-spec.ts';

/** Draws one token count. At least 1, except for gaussian with min = max and for empirical counts. */
export type LengthSampler = (rng: GoRandom) => number;

export function lengthSampler(spec: LengthSpec): LengthSampler {
  switch (spec.kind) {
    case 'constant': {
      const value = Math.max(1, spec.value);
      return () => value;
    }
    case 'gaussian':
      return gaussian(spec.mean, spec.stdDev, spec.min, spec.max);
    case 'exponential':
      return (rng) => clampLength(rng.exponential() * spec.mean, spec.min, spec.max);
    case 'lognormal':
      return (rng) => clampLength(goExp(spec.mu + spec.sigma * rng.normal()), spec.min, spec.max);
    case 'pareto_lognormal':
      return (rng) => clampLength(paretoLognormal(spec, rng), 0, 0);
    case 'empirical':
      return empirical(spec.values, spec.weights);
  }
}

function gaussian(mean: number, stdDev: number, min: number, max: number): LengthSampler {
  if (min === max) return () => min;
  return (rng) => {
    const value = rng.normal() * stdDev + mean;
    return Math.max(1, roundHalfAway(Math.min(max, Math.max(min, value))));
  };
}

function paretoLognormal(spec: LengthSpec & { kind: 'pareto_lognormal' }, rng: GoRandom): number {
  if (rng.float64() >= spec.mixWeight) return goExp(spec.mu + spec.sigma * rng.normal());
  return spec.xm / goPow(rng.float64() || Number.MIN_VALUE, 1 / spec.alpha);
}

function empirical(values: readonly number[], weights: readonly number[]): LengthSampler {
  if (values.length === 1) return () => values[0]!;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const lengths: number[] = [];
  const cumulative: number[] = [];
  let sum = 0;
  weights.forEach((weight, i) => {
    if (weight <= 0) return;
    sum += weight / total;
    lengths.push(values[i]!);
    cumulative.push(sum);
  });
  if (lengths.length === 0) return () => 1;
  cumulative[cumulative.length - 1] = 1;
  return (rng) => {
    const u = rng.float64();
    return lengths[cumulative.findIndex((edge) => edge >= u)]!;
  };
}

/** Rounds, raises to `min`, caps at `max` (0 = no bound), and keeps at least 1; a value out of range counts as small. */
function clampLength(value: number, min: number, max: number): number {
  if (!Number.isFinite(value)) return min > 0 ? min : 1;
  let length = roundHalfAway(value);
  if (min > 0 && length < min) length = min;
  if (max > 0 && length > max) length = max;
  return Math.max(1, length);
}

/** Nearest integer, halves away from zero. `floor(x + 0.5)` alone fails just below one half. */
function roundHalfAway(x: number): number {
  const whole = Math.trunc(x);
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole;
}
