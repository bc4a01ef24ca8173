import { goGamma, goLog, goPow } from './go-math.ts';
import type { GoRandom } from './go-random.ts';
import type { ArrivalSpec } from './workload-spec.ts';

/** Draws one gap between arrivals: an integer ≥ 1, µs. */
export type ArrivalSampler = (rng: GoRandom) => number;

/** Below this shape a gamma process is replaced by a Poisson one. */
const SMALLEST_GAMMA_SHAPE = 0.01;
const SMALLEST_RATE = 1e-15;

/** @param ratePerUs - requests/µs; not used where the process gives both shape and scale */
export function arrivalSampler(spec: ArrivalSpec, ratePerUs: number): ArrivalSampler {
  const rate = Math.max(ratePerUs, SMALLEST_RATE);
  switch (spec.process) {
    case 'constant': {
      const gap = toGap(1 / rate);
      return () => gap;
    }
    case 'poisson':
      return (rng) => toGap(rng.exponential() / rate);
    case 'gamma':
      return gamma(spec, rate);
    case 'weibull':
      return weibull(spec, rate);
  }
}

function toGap(us: number): number {
  return Math.max(1, Math.trunc(us));
}

function gamma(spec: ArrivalSpec, rate: number): ArrivalSampler {
  let { shape, scale } = spec;
  if (shape === null || scale === null) {
    const cv = spec.cv ?? 1;
    shape = 1 / (cv * cv);
    scale = (1 / rate) * cv * cv;
  }
  if (shape < SMALLEST_GAMMA_SHAPE) return (rng) => toGap(rng.exponential() / rate);
  const theta = scale;
  if (shape >= 1) {
    const draw = marsagliaTsang(shape);
    return (rng) => toGap(draw(rng) * theta);
  }
  const draw = marsagliaTsang(shape + 1);
  const power = 1 / shape;
  return (rng) => {
    const u = rng.float64();
    return toGap(draw(rng) * theta * goPow(u, power));
  };
}

/** Gamma deviate of shape ≥ 1 and scale 1. @see Marsaglia & Tsang 2000, "A simple method for generating gamma variables" */
function marsagliaTsang(shape: number): (rng: GoRandom) => number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  return (rng) => {
    for (;;) {
      let x: number;
      let v: number;
      do {
        x = rng.normal();
        v = 1 + c * x;
      } while (v <= 0);
      v = v * v * v;
      const u = rng.float64();
      const squared = x * x;
      if (u < 1 - 0.0331 * squared * squared) return d * v;
      if (goLog(u) < 0.5 * x * x + d * (1 - v + goLog(v))) return d * v;
    }
  };
}

function weibull(spec: ArrivalSpec, rate: number): ArrivalSampler {
  let { shape, scale } = spec;
  if (shape === null || scale === null) {
    shape = weibullShape(spec.cv ?? 1);
    scale = 1 / rate / goGamma(1 + 1 / shape);
  }
  const lambda = scale;
  const power = 1 / shape;
  return (rng) => {
    const u = rng.float64() || Number.MIN_VALUE;
    return toGap(lambda * goPow(-goLog(u), power));
  };
}

/** Shape whose coefficient of variation is within 0.001 of `cv`, by bisection. */
function weibullShape(cv: number): number {
  let low = 0.1;
  let high = 100;
  for (let i = 0; i < 100; i++) {
    const mid = (low + high) / 2;
    const g = goGamma(1 + 1 / mid);
    const cvMid = Math.sqrt(goGamma(1 + 2 / mid) / (g * g) - 1);
    if (Math.abs(cvMid - cv) < 0.001) return mid;
    if (cvMid > cv) low = mid;
    else high = mid;
  }
  return (low + high) / 2;
}
