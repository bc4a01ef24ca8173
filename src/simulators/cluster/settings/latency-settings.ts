import { InputError } from '../../../base/errors.ts';
import type { HardwareSpec, LatencyConfig, ModelArchitecture } from '../engine-config.ts';

export type Coefficients = Pick<LatencyConfig, 'alpha' | 'beta'>;

/** Coefficients of the trained-physics model: the same for every model and GPU. */
export const TRAINED_PHYSICS: Coefficients = {
  alpha: [15563.199579, 777.3455, 45.907545],
  beta: [
    0.152128, 0.0, 1.36252915, 0.752037, 32.09546717, 4.41684444, 126.024825, 481.8613888, 0.0, 1.94710771, 0.752037,
  ],
};

interface BlackboxRow {
  readonly model: string;
  readonly hardware: string;
  readonly tp: number;
  readonly alpha: readonly number[];
  readonly beta: readonly number[];
  readonly kvBlocks: number;
}

/** Regression coefficients measured with vLLM 0.8.4. */
const BLACKBOX_ROWS: readonly BlackboxRow[] = [
  {
    model: 'llama-3.1-8b-instruct',
    hardware: 'H100',
    tp: 2,
    alpha: [1601.350510688092, 3.512476196805965, 1805.5430360826988],
    beta: [6910.420479880494, 17.67057489844186, 2.8377471109943855],
    kvBlocks: 132_139,
  },
  {
    model: 'llama-3.1-8b-instruct',
    hardware: 'H100',
    tp: 1,
    alpha: [232.46191091038054, 1.752360364195244, 3357.4400353290152],
    beta: [5752.705191348184, 17.25086436834028, 5.999143920128404],
    kvBlocks: 29_205,
  },
  {
    model: 'llama-3.1-8b-instruct',
    hardware: 'A100-80',
    tp: 2,
    alpha: [2943.6134268743335, 2.151286397723518, 14229.18244730705],
    beta: [8001.630597822392, 26.362876080324924, 14.969035206354745],
    kvBlocks: 132_139,
  },
];

export interface LatencyRequest {
  /** null = not chosen by the user. */
  readonly latencyModel: string | null;
  readonly alpha: readonly number[] | null;
  readonly beta: readonly number[] | null;
  /** Coefficients to take whatever the model; null = its own. */
  readonly borrowed: Coefficients | null;
  /** Those of trained-physics unless given; null = none are known. */
  readonly trained: Coefficients | null;
  readonly catalogKey: string;
  readonly model: ModelArchitecture;
  readonly hardware: HardwareSpec;
  readonly tp: number;
  readonly dp: number;
  readonly moeCommBackend: string;
}

/** The step-time model with its coefficients. @throws InputError for coefficients that do not suit the model */
export function latencyConfig(request: LatencyRequest): LatencyConfig {
  const { alpha, beta, model, hardware, tp, dp, moeCommBackend } = request;
  if ((alpha === null) !== (beta === null)) {
    throw new InputError('alpha_coeffs and beta_coeffs must be given together', {
      path: [alpha === null ? 'beta_coeffs' : 'alpha_coeffs'],
    });
  }
  const kind = request.latencyModel ?? 'trained-physics';
  const shared = { model, hardware, tp, dp, moeCommBackend };
  if (request.borrowed !== null) return borrowing(request.borrowed, kind, shared);
  if (kind === 'roofline') {
    if (alpha !== null) throw new InputError('the roofline model has no coefficients', { path: ['alpha_coeffs'] });
    return { kind, alpha: [0, 0, 0], beta: [], ...shared };
  }
  if (kind === 'blackbox') {
    const row = blackboxRow(request);
    if (alpha === null && row === undefined) {
      throw new InputError(`no blackbox coefficients are known for this model on ${tp} × ${hardware.name}`, {
        path: ['latency_model'],
        suggestion: 'give alpha_coeffs and beta_coeffs',
      });
    }
    return { kind, alpha: atLeast(3, alpha ?? row!.alpha, 'alpha'), beta: atLeast(3, beta ?? row!.beta, 'beta') };
  }
  const trained = alpha !== null && beta !== null ? { alpha, beta } : request.trained;
  if (trained === null) {
    throw new InputError('the defaults file has no trained_physics_coefficients', {
      path: ['defaults_filepath'],
      suggestion: 'add them, or give alpha_coeffs and beta_coeffs',
    });
  }
  return {
    kind: 'trained-physics',
    alpha: atLeast(3, trained.alpha, 'alpha'),
    beta: atLeast(7, trained.beta, 'beta'),
    ...shared,
  };
}

function borrowing(
  { alpha, beta }: Coefficients,
  kind: string,
  shared: Omit<Exclude<LatencyConfig, { kind: 'blackbox' }>, 'kind' | 'alpha' | 'beta'>,
): LatencyConfig {
  if (kind === 'roofline') return { kind, alpha, beta: [], ...shared };
  if (kind === 'blackbox') return { kind, alpha, beta: atLeast(3, beta, 'beta') };
  if (beta.length === 0) {
    throw new InputError('has no coefficients for a pool with latency model trained-physics', {
      path: ['latency_model'],
      suggestion: 'give the cluster trained-physics, or pool_rules own',
    });
  }
  return { kind: 'trained-physics', alpha, beta: atLeast(7, beta, 'beta'), ...shared };
}

/** KV blocks that belong to the built-in blackbox coefficients; undefined where those are not used. */
export function blackboxBlocks(request: LatencyRequest): number | undefined {
  return request.latencyModel === 'blackbox' && request.alpha === null ? blackboxRow(request)?.kvBlocks : undefined;
}

/** Why the shapes cannot be split over `tp` GPUs, or undefined. */
export function splitProblem(model: ModelArchitecture, tp: number): string | undefined {
  if (model.heads % tp !== 0) return `${model.heads} attention heads do not divide over ${tp} GPUs`;
  if (model.kvHeads % tp !== 0) return `${model.kvHeads} KV heads do not divide over ${tp} GPUs`;
  return undefined;
}

function blackboxRow(request: LatencyRequest): BlackboxRow | undefined {
  return BLACKBOX_ROWS.find(
    (row) => row.model === request.catalogKey && row.hardware === request.hardware.name && row.tp === request.tp,
  );
}

function atLeast(count: number, coefficients: readonly number[], name: 'alpha' | 'beta'): readonly number[] {
  if (coefficients.length < count) {
    throw new InputError(`needs at least ${count} numbers, got ${coefficients.length}`, { path: [`${name}_coeffs`] });
  }
  return coefficients;
}
