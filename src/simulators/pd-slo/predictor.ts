import type { Rng } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import type { PdSloConfig } from './config-schema.ts';
import { PREDICTOR_TARGETS, type PredictorTarget } from './metrics-text.ts';
import { RidgeRegression, weightedSum } from './ridge.ts';

/** The part of a pod's state that services learn from. */
export interface PodLoad {
  waiting: number;
  running: number;
  /** KV memory in use, 0 … 1. */
  kvUsage: number;
}

/** What a router sees of a pod: its state when it was last read. */
export interface PodView extends PodLoad {
  readonly speed: number;
  /** Tokens in KV memory. */
  kvTokens: number;
  /** Prefill work in service and queued, ms. */
  remainingPrefillMs: number;
  /** Requests sent to the pod and not yet finished there. */
  dispatched: number;
}

/** What a predictor may know of a request: never its output length. */
export interface RequestView {
  readonly inputTokens: number;
  /** Share of the prompt in the pod's prefix cache, 0 … 1. */
  readonly prefixHit: number;
}

/** Answers one latency target of one request on one pod, ms; NaN where it failed. */
export interface LatencyPredictor {
  predict(target: PredictorTarget, request: RequestView, pod: PodView): Millis;
  /** Tells what became of a prediction. Absent where a predictor does not learn. */
  observe?(target: PredictorTarget, features: Readonly<Float64Array>, actualMs: Millis): void;
}

const HEURISTIC_MS_PER_TOKEN = 0.5;
const HEURISTIC_MS_PER_WAITING = 10;
const HEURISTIC_TPOT_MS = 20;
const HEURISTIC_TPOT_PER_RUNNING_MS = 5;
const HEURISTIC_TPOT_KV_MS = 10;

/** The scheduler's fallback formulas: rules of thumb on the pod's load alone. */
export const heuristicPredictor = {
  predict(target: PredictorTarget, { inputTokens, prefixHit }: RequestView, pod: Readonly<PodLoad>): Millis {
    switch (target) {
      case 'prefill-ttft':
        return HEURISTIC_MS_PER_TOKEN * inputTokens * (1 - prefixHit);
      case 'decode-ttft':
        return HEURISTIC_MS_PER_WAITING * pod.waiting;
      case 'decode-tpot':
        return HEURISTIC_TPOT_MS + HEURISTIC_TPOT_PER_RUNNING_MS * pod.running + HEURISTIC_TPOT_KV_MS * pod.kvUsage;
      default:
        return target satisfies never;
    }
  },
} satisfies LatencyPredictor;

/** Knows the pods' service times and mean output length, so it is exact up to what arrives later. */
export function informedPredictor(config: PdSloConfig, noise: Rng): LatencyPredictor {
  const { bias, noise: sigma } = config.predictor;
  const { prefill, decode } = config;
  const meanOutput = config.workload.output.mean;
  const stepMs = (pod: PodView, running: number, kvTokens: number): number =>
    pod.speed *
    (decode.tpot_base_ms + decode.tpot_per_running_ms * running + (decode.tpot_kv_ms * kvTokens) / decode.kv_capacity);
  const exact = (target: PredictorTarget, { inputTokens, prefixHit }: RequestView, pod: PodView): number => {
    switch (target) {
      case 'prefill-ttft':
        return (
          pod.remainingPrefillMs + pod.speed * (prefill.base_ms + prefill.ms_per_token * inputTokens * (1 - prefixHit))
        );
      case 'decode-ttft': {
        const free = decode.max_running - pod.running;
        if (free > pod.waiting && pod.kvTokens + inputTokens + 1 <= decode.kv_capacity) return 0;
        const ahead = Math.max(1, pod.waiting - free + 1);
        return (ahead * stepMs(pod, pod.running, pod.kvTokens) * meanOutput) / decode.max_running;
      }
      case 'decode-tpot':
        return stepMs(pod, pod.running + 1, pod.kvTokens + inputTokens + 1);
      default:
        return target satisfies never;
    }
  };
  return {
    predict(target, request, pod) {
      const error = sigma === 0 ? bias : bias + sigma * noise.normal();
      return Math.max(0, exact(target, request, pod) * (1 + error));
    },
  };
}

export const FEATURE_COUNT = 7;
const TOKEN_SCALE = 1000;
const REQUEST_SCALE = 10;

/** [1, KV share, input, waiting, running, prefix hit, uncached input]; tokens in thousands, requests in tens. */
export function fillFeatures(request: RequestView, pod: PodLoad, out: Float64Array): void {
  out[0] = 1;
  out[1] = pod.kvUsage;
  out[2] = request.inputTokens / TOKEN_SCALE;
  out[3] = pod.waiting / REQUEST_SCALE;
  out[4] = pod.running / REQUEST_SCALE;
  out[5] = request.prefixHit;
  out[6] = (request.inputTokens * (1 - request.prefixHit)) / TOKEN_SCALE;
}

/** What a row of features says of request and pod. */
export interface ReadFeatures {
  readonly kvUsage: number;
  readonly inputTokens: number;
  readonly waiting: number;
  readonly running: number;
  readonly prefixHit: number;
}

export function readFeatures(row: Readonly<Float64Array>): ReadFeatures {
  return {
    kvUsage: row[1]!,
    inputTokens: Math.round(row[2]! * TOKEN_SCALE),
    waiting: Math.round(row[3]! * REQUEST_SCALE),
    running: Math.round(row[4]! * REQUEST_SCALE),
    prefixHit: row[5]!,
  };
}

/** Answers by coefficients that were fitted beforehand, by target; the heuristic answers for a target without. */
function trainedPredictor(
  coefficients: Readonly<Partial<Record<PredictorTarget, readonly number[] | undefined>>>,
): LatencyPredictor {
  const features = new Float64Array(FEATURE_COUNT);
  return {
    predict(target, request, pod) {
      const beta = coefficients[target];
      if (beta === undefined) return heuristicPredictor.predict(target, request, pod);
      fillFeatures(request, pod, features);
      return Math.max(0, weightedSum(beta, features));
    },
  };
}

export const RIDGE_LAMBDA = 1e-3;
const REFIT_EVERY = 100;

/** Learns each target online from what became of earlier requests; the heuristic answers before the first fit. */
export function learnedPredictor(): LatencyPredictor {
  const models = Object.fromEntries(
    PREDICTOR_TARGETS.map((target) => [target, new RidgeRegression(FEATURE_COUNT, RIDGE_LAMBDA)]),
  ) as Record<PredictorTarget, RidgeRegression>;
  const features = new Float64Array(FEATURE_COUNT);
  return {
    predict(target, request, pod) {
      const model = models[target];
      if (model.samples < REFIT_EVERY) return heuristicPredictor.predict(target, request, pod);
      fillFeatures(request, pod, features);
      return Math.max(0, model.predict(features));
    },
    observe(target, observed, actualMs) {
      const model = models[target];
      model.add(observed, actualMs);
      if (model.samples % REFIT_EVERY === 0) model.fit();
    },
  };
}

/** Counts the calls of a predictor; those that fail, or are made to, the heuristic answers. */
export class PredictorSet {
  readonly calls = Object.fromEntries(PREDICTOR_TARGETS.map((target) => [target, { success: 0, error: 0 }])) as Record<
    PredictorTarget,
    { success: number; error: number }
  >;
  readonly #predictor: LatencyPredictor;
  readonly #errorProb: number;
  readonly #failures: Rng;

  constructor(predictor: LatencyPredictor, errorProb: number, failures: Rng) {
    this.#predictor = predictor;
    this.#errorProb = errorProb;
    this.#failures = failures;
  }

  get learns(): boolean {
    return this.#predictor.observe !== undefined;
  }

  predict(target: PredictorTarget, request: RequestView, pod: PodView): Millis {
    const calls = this.calls[target];
    const fails = this.#errorProb > 0 && this.#failures.uniform() < this.#errorProb;
    const value = fails ? Number.NaN : this.#predictor.predict(target, request, pod);
    if (Number.isNaN(value)) {
      calls.error++;
      return heuristicPredictor.predict(target, request, pod);
    }
    calls.success++;
    return value;
  }

  observe(target: PredictorTarget, features: Readonly<Float64Array>, actualMs: Millis): void {
    this.#predictor.observe?.(target, features, actualMs);
  }
}

/** @param noise - stream of the informed predictor's errors */
export function createPredictor(config: PdSloConfig, noise: Rng): LatencyPredictor {
  switch (config.predictor.kind) {
    case 'informed':
      return informedPredictor(config, noise);
    case 'heuristic':
      return heuristicPredictor;
    case 'learned':
      return learnedPredictor();
    case 'trained':
      return trainedPredictor(config.predictor.coefficients ?? {});
    default:
      return config.predictor.kind satisfies never;
  }
}
