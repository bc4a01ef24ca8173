import type { JsonObject } from '../../base/json.ts';
import type { HardwareSpec, LatencyConfig } from '../../simulators/cluster/engine-config.ts';
import { TRAINED_PHYSICS } from '../../simulators/cluster/settings/latency-settings.ts';

/** A coefficient that is fitted. */
export interface LatencyParameter {
  readonly name: string;
  readonly unit: string;
  readonly meaning: string;
  readonly start: number;
  /** A usual size: steps and doubts are measured by it. */
  readonly scale: number;
  /** Not below. */
  readonly least: number;
  /** Share by which it is changed to see what it does. */
  readonly reach: number;
}

/** A latency model with free coefficients. */
export interface LatencyFamily {
  readonly parameters: readonly LatencyParameter[];
  latency(values: readonly number[]): LatencyConfig;
  /** The settings of a cluster that mean the same. */
  settings(values: readonly number[]): JsonObject;
}

/** A first look at the measurements, µs. */
export interface FirstGuess {
  /** Of a token, outside of steps. */
  readonly outsideUs: number;
  /** A token gap: of its own, for each request of the batch, for each prompt token of others meanwhile. */
  readonly gap: readonly [ownUs: number, perRequestUs: number, perTokenUs: number];
  /** TTFT of an empty prompt, and for each prompt token. */
  readonly ttft: readonly [ownUs: number, perTokenUs: number];
}

type Physical = Exclude<LatencyConfig, { kind: 'blackbox' }>;

const parameter = (
  name: string,
  unit: string,
  meaning: string,
  start: number,
  { scale = start, least = 0, reach = 0.15 }: Partial<Pick<LatencyParameter, 'scale' | 'least' | 'reach'>> = {},
): LatencyParameter => ({ name, unit, meaning, start, scale, least, reach });

/** α0 + α1·prompt before the queue; a step of β0 + β1·prompt tokens + β2·decoding requests; α2 for each token. */
export function blackboxFamily({ outsideUs, gap, ttft }: FirstGuess): LatencyFamily {
  const stepUs = Math.max(0.05 * gap[0], gap[0] - outsideUs);
  const perToken = Math.max(gap[2], 0.1 * ttft[1], 0.01);
  const before = Math.max(0, ttft[0] - stepUs - outsideUs);
  return {
    parameters: [
      parameter('alpha0', 'µs', 'before the queue', before, { scale: Math.max(before, 0.2 * stepUs), reach: 0.4 }),
      parameter('alpha1', 'µs/token', 'before the queue, for each prompt token', Math.max(0, ttft[1] - perToken), {
        scale: 0.3 * Math.max(perToken, ttft[1]),
        reach: 0.5,
      }),
      parameter('alpha2', 'µs', 'for each output token, outside of steps', outsideUs, {
        scale: 0.2 * gap[0],
        reach: 0.08,
      }),
      parameter('beta0', 'µs', 'of a step', stepUs, { reach: 0.1 }),
      parameter('beta1', 'µs/token', 'of a step, for each prompt token', perToken, { reach: 0.1 }),
      parameter('beta2', 'µs/request', 'of a step, for each decoding request', Math.max(0, gap[1]), {
        scale: Math.max(gap[1], 0.003 * gap[0]),
        reach: 0.5,
      }),
    ],
    latency: (values) => ({ kind: 'blackbox', alpha: values.slice(0, 3), beta: values.slice(3) }),
    settings: (values) => ({
      latency_model: 'blackbox',
      alpha_coeffs: values.slice(0, 3).map(short),
      beta_coeffs: values.slice(3).map(short),
    }),
  };
}

/** Places of the β of trained physics that one factor scales. */
const FACTORS: readonly { readonly name: string; readonly meaning: string; readonly places: readonly number[] }[] = [
  { name: 'prefill', meaning: 'of the time of prompts', places: [0, 8] },
  { name: 'decode', meaning: 'of the time of decoding: compute, KV traffic, requests', places: [1, 9, 5] },
  {
    name: 'step',
    meaning: 'of the time of weights, communication, layers and the constant',
    places: [2, 3, 4, 6, 7, 10],
  },
];

/** Trained physics with its groups of terms scaled. @param base - for the model and GPU */
export function physicsFamily(base: Physical): LatencyFamily {
  const alpha = (values: readonly number[]): number[] => [values[0]!, ...TRAINED_PHYSICS.alpha.slice(1)];
  const beta = (values: readonly number[]): number[] =>
    TRAINED_PHYSICS.beta.map((coefficient, place) => {
      const factor = FACTORS.findIndex(({ places }) => places.includes(place));
      return coefficient * (factor < 0 ? 1 : values[1 + factor]!);
    });
  return {
    parameters: [
      parameter('alpha0', 'µs', 'before the queue', TRAINED_PHYSICS.alpha[0]!),
      ...FACTORS.map(({ name, meaning }) => parameter(`factor_${name}`, '1', meaning, 1)),
    ],
    latency: (values) => ({ ...base, kind: 'trained-physics', alpha: alpha(values), beta: beta(values) }),
    settings: (values) => ({
      latency_model: 'trained-physics',
      alpha_coeffs: alpha(values).map(short),
      beta_coeffs: beta(values).map(short),
    }),
  };
}

/** The roofline of a GPU whose arithmetic and memory are faster or slower than the data sheet. */
export function rooflineFamily(base: Physical): LatencyFamily {
  const hardware = ([compute = 1, bandwidth = 1]: readonly number[]): HardwareSpec => ({
    ...base.hardware,
    tflopsPeak: base.hardware.tflopsPeak * compute,
    tflopsFp8: base.hardware.tflopsFp8 * compute,
    bandwidthTBs: base.hardware.bandwidthTBs * bandwidth,
  });
  return {
    parameters: [
      parameter('compute', '1', 'of the arithmetic that is reached', 1, { least: 0.02 }),
      parameter('bandwidth', '1', 'of the memory bandwidth', 1, { least: 0.02 }),
    ],
    latency: (values) => ({ ...base, kind: 'roofline', alpha: [0, 0, 0], beta: [], hardware: hardware(values) }),
    settings: (values) => {
      const { name, tflopsPeak, tflopsFp8, bandwidthTBs, mfuPrefill, mfuDecode, memoryGiB } = hardware(values);
      const figures = { mfuPrefill, mfuDecode, MemoryGiB: memoryGiB };
      const fitted = { TFlopsPeak: short(tflopsPeak), TFlopsFP8: short(tflopsFp8), BwPeakTBs: short(bandwidthTBs) };
      return { latency_model: 'roofline', hardware_config: { [name]: { ...figures, ...fitted } } };
    },
  };
}

function short(value: number): number {
  return Number(value.toPrecision(10));
}
