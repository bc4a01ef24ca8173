/**
 * Monotone map from losses to the standardised scale on which the surrogate works. Losses are first brought to
 * u = (loss − low) / span ∈ [0, 1], so that no scale, however extreme, overflows. Then t(u) is one of
 * `identity` u, `log-low` log(δ + u) (spreads small losses) or `log-high` −log(δ + 1 − u) (spreads large ones),
 * and z = (t − center) / spread.
 */
export interface OutcomeTransform {
  readonly shape: TransformShape;
  readonly low: number;
  readonly span: number;
  readonly center: number;
  readonly spread: number;
}

export type TransformShape =
  | { readonly kind: 'identity' }
  | { readonly kind: 'log-low'; readonly shift: number }
  | { readonly kind: 'log-high'; readonly shift: number };

export const IDENTITY: TransformShape = { kind: 'identity' };

/** Shapes that compete by likelihood, mildest first. */
export const TRANSFORM_SHAPES: readonly TransformShape[] = [
  IDENTITY,
  { kind: 'log-low', shift: 0.3 },
  { kind: 'log-low', shift: 0.05 },
  { kind: 'log-low', shift: 0.005 },
  { kind: 'log-high', shift: 0.3 },
  { kind: 'log-high', shift: 0.05 },
];

/** Fits range and standardisation to finite losses. A constant objective gets spread 1. */
export function fitTransform(losses: ArrayLike<number>, shape: TransformShape): OutcomeTransform {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < losses.length; i++) {
    low = Math.min(low, losses[i]!);
    high = Math.max(high, losses[i]!);
  }
  const half = high / 2 - low / 2;
  // Half the true span, so that it is finite; `toUnit` halves too. Zero and denormal spans count as constant.
  const raw = { shape, low, span: half > 1e-305 ? half : 0, center: 0, spread: 1 };
  const n = losses.length;
  let sum = 0;
  const bent = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    bent[i] = bend(shape, toUnit(raw, losses[i]!));
    sum += bent[i]!;
  }
  const center = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (bent[i]! - center) ** 2;
  const spread = Math.sqrt(squares / Math.max(1, n - 1));
  return { ...raw, center, spread: spread > 0 && raw.span > 0 ? spread : 1 };
}

/** Loss → u; 0 when the objective is constant. Values beyond the fitted range leave [0, 1]. */
export function toUnit({ low, span }: OutcomeTransform, loss: number): number {
  return span > 0 ? (loss / 2 - low / 2) / span : 0;
}

/** u → loss. */
function fromUnit({ low, span }: OutcomeTransform, u: number): number {
  return low + 2 * (span * u);
}

/** Loss → z. */
export function transform(t: OutcomeTransform, loss: number): number {
  return (bend(t.shape, toUnit(t, loss)) - t.center) / t.spread;
}

/** z → u. */
export function standardToUnit(t: OutcomeTransform, z: number): number {
  return unbend(t.shape, t.center + t.spread * z);
}

/** z → loss. */
export function untransform(t: OutcomeTransform, z: number): number {
  return fromUnit(t, standardToUnit(t, z));
}

/** dz/du. */
export function standardSlope(t: OutcomeTransform, u: number): number {
  return bendSlope(t.shape, u) / t.spread;
}

/** Σ log dz/du over the losses: makes likelihoods of different shapes comparable. */
export function logJacobian(t: OutcomeTransform, losses: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < losses.length; i++) sum += Math.log(standardSlope(t, toUnit(t, losses[i]!)));
  return sum;
}

function bend(shape: TransformShape, u: number): number {
  if (shape.kind === 'log-low') return Math.log(Math.max(shape.shift * 1e-6, shape.shift + u));
  if (shape.kind === 'log-high') return -Math.log(Math.max(shape.shift * 1e-6, shape.shift + 1 - u));
  return u;
}

function unbend(shape: TransformShape, t: number): number {
  if (shape.kind === 'log-low') return Math.exp(Math.min(t, 300)) - shape.shift;
  if (shape.kind === 'log-high') return shape.shift + 1 - Math.exp(Math.min(-t, 300));
  return t;
}

function bendSlope(shape: TransformShape, u: number): number {
  if (shape.kind === 'log-low') return 1 / Math.max(shape.shift * 1e-6, shape.shift + u);
  if (shape.kind === 'log-high') return 1 / Math.max(shape.shift * 1e-6, shape.shift + 1 - u);
  return 1;
}
