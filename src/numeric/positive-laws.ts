import { logGamma } from './student-t.ts';

/** A law of positive numbers fitted by maximum likelihood. */
export interface FittedLaw {
  readonly shape: number;
  readonly scale: number;
  readonly logLikelihood: number;
}

/** Sums that the fits share. */
interface Sample {
  readonly n: number;
  readonly mean: number;
  readonly meanLog: number;
}

/** Exponential: shape 1. @param values - positive. @throws RangeError for an empty sample */
export function fitExponential(values: ArrayLike<number>): FittedLaw {
  const { n, mean } = summed(values);
  return { shape: 1, scale: mean, logLikelihood: -n * (Math.log(mean) + 1) };
}

/**
 * Gamma: the shape k solves log k − ψ(k) = log(mean) − mean(log), by Newton's method on 1/k; the scale is mean/k.
 * @param values - positive, not all equal
 * @see Minka 2002, "Estimating a Gamma distribution"
 */
export function fitGamma(values: ArrayLike<number>): FittedLaw {
  const { n, mean, meanLog } = summed(values);
  const s = Math.max(Math.log(mean) - meanLog, 1e-12);
  let shape = (3 - s + Math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s);
  for (let step = 0; step < 50; step++) {
    const excess = Math.log(shape) - digamma(shape) - s;
    const next = 1 / (1 / shape + excess / (shape * shape * (1 / shape - trigamma(shape))));
    const settled = Math.abs(next - shape) <= 1e-12 * shape;
    shape = next > 0 ? next : shape / 2;
    if (settled) break;
  }
  const scale = mean / shape;
  const logLikelihood = n * ((shape - 1) * meanLog - shape - shape * Math.log(scale) - logGamma(shape));
  return { shape, scale, logLikelihood };
}

/**
 * Weibull: the shape k solves Σ xᵏ log x / Σ xᵏ − 1/k = mean(log), whose left side grows with k, by bisection.
 * @param values - positive, not all equal
 */
export function fitWeibull(values: ArrayLike<number>): FittedLaw {
  const { n, meanLog } = summed(values);
  // Of x/exp(mean log): powers of large times would overflow.
  const logs = Float64Array.from(values, (value) => Math.log(value) - meanLog);
  const excess = (k: number): number => {
    let [sum, weighted] = [0, 0];
    for (const log of logs) {
      const power = Math.exp(k * log);
      sum += power;
      weighted += power * log;
    }
    return weighted / sum - 1 / k;
  };
  let [low, high] = [Math.log(0.02), Math.log(200)];
  for (let step = 0; step < 50; step++) {
    const middle = (low + high) / 2;
    if (excess(Math.exp(middle)) > 0) high = middle;
    else low = middle;
  }
  const shape = Math.exp((low + high) / 2);
  const power = logs.reduce((sum, log) => sum + Math.exp(shape * log), 0) / n;
  const logScale = meanLog + Math.log(power) / shape;
  const logLikelihood = n * (Math.log(shape) - shape * logScale + (shape - 1) * meanLog - 1);
  return { shape, scale: Math.exp(logScale), logLikelihood };
}

/** ψ = (log Γ)′, by its recurrence and the asymptotic series. @param x - > 0 */
export function digamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 8; at++) shift -= 1 / at;
  const r = 1 / (at * at);
  return shift + Math.log(at) - 0.5 / at - r * (1 / 12 - r * (1 / 120 - r * (1 / 252 - r * (1 / 240 - r / 132))));
}

/** ψ′. @param x - > 0 */
export function trigamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 8; at++) shift += 1 / (at * at);
  const r = 1 / (at * at);
  return shift + (1 + 0.5 / at + r * (1 / 6 - r * (1 / 30 - r * (1 / 42 - r * (1 / 30 - (5 * r) / 66))))) / at;
}

function summed(values: ArrayLike<number>): Sample {
  const n = values.length;
  if (n === 0) throw new RangeError('a law needs at least one value, got none');
  let [sum, sumLog] = [0, 0];
  for (let i = 0; i < n; i++) {
    sum += values[i]!;
    sumLog += Math.log(values[i]!);
  }
  return { n, mean: sum / n, meanLog: sumLog / n };
}
