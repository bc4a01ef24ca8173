import { z } from 'zod';
import { InputError, inputErrors } from '../../base/errors.ts';
import type { Json } from '../../base/json.ts';
import { parseWith } from '../../document/schema.ts';
import { PREDICTOR_TARGETS, type PredictorTarget } from '../../simulators/pd-slo/metrics-text.ts';
import {
  FEATURE_COUNT,
  fillFeatures,
  heuristicPredictor,
  RIDGE_LAMBDA,
  readFeatures,
} from '../../simulators/pd-slo/predictor.ts';
import { RidgeRegression } from '../../simulators/pd-slo/ridge.ts';
import type { Sample } from '../../simulators/pd-slo/served-answers.ts';
import { actualKey, namedFeatures } from './prediction-client.ts';

const amount = z.number().min(0).max(1e12);

/** A line of collected data, under the names of llm-d's training service. */
const sampleLine = z.object({
  /** Absent in data of one predictor for both targets. */
  predictor: z.enum(PREDICTOR_TARGETS).optional(),
  kv_cache_percentage: z.number().min(0).max(1),
  input_token_length: amount,
  num_request_waiting: amount,
  num_request_running: amount,
  prefix_cache_score: z.number().min(0).max(1).default(0),
  actual_ttft_ms: amount.default(0),
  actual_tpot_ms: amount.default(0),
});

/** A sample as a line of a file. */
export function sampleText({ target, features, actualMs }: Sample): string {
  const named = namedFeatures(readFeatures(features));
  return `${JSON.stringify({ predictor: target, ...named, [actualKey(target)]: actualMs })}\n`;
}

/**
 * Samples of a file of JSON lines. A line that names no predictor, as the training service takes them, tells the TTFT
 * of a prefill pod and the TPOT of a decode pod, each where it is above 0.
 * @throws InputError with file, line and key of every line that is no sample
 */
export function readSamples(text: string, file: string): readonly Sample[] {
  const problems: InputError[] = [];
  const samples: Sample[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      samples.push(...samplesOf(parseWith(sampleLine, parsed(line))));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(error.at({ position: { file, line: index + 1 } }));
    }
  }
  if (problems.length > 0) throw inputErrors(problems);
  if (samples.length === 0) throw new InputError('holds no sample', { position: { file } });
  return samples;
}

function parsed(line: string): Json {
  try {
    return JSON.parse(line) as Json;
  } catch (error) {
    throw new InputError(`is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function samplesOf(line: z.output<typeof sampleLine>): Sample[] {
  const features = new Float64Array(FEATURE_COUNT);
  const request = { inputTokens: line.input_token_length, prefixHit: line.prefix_cache_score };
  fillFeatures(
    request,
    { waiting: line.num_request_waiting, running: line.num_request_running, kvUsage: line.kv_cache_percentage },
    features,
  );
  if (line.predictor !== undefined) {
    return [{ target: line.predictor, features, actualMs: line[actualKey(line.predictor)] }];
  }
  const both: Sample[] = [
    { target: 'prefill-ttft', features, actualMs: line.actual_ttft_ms },
    { target: 'decode-tpot', features, actualMs: line.actual_tpot_ms },
  ];
  return both.filter(({ actualMs }) => actualMs > 0);
}

/** A fitted target and how good it is on samples that the fit had not seen. */
export interface TrainedTarget {
  readonly target: PredictorTarget;
  readonly samples: number;
  /** Mean absolute errors on the last fifth, ms: of the fit to the first four fifths, and of the heuristic. */
  readonly errorMs: number;
  readonly heuristicErrorMs: number;
  /** Of the fit to all samples. */
  readonly coefficients: readonly number[];
}

/** Samples below which a target is not fitted: a fifth of fewer says little. */
export const FEWEST_SAMPLES = 50;

/** Ridge regression by target, in the order of the samples. Targets with too few samples are left out. */
export function trainPredictors(samples: readonly Sample[]): readonly TrainedTarget[] {
  return PREDICTOR_TARGETS.flatMap((target): TrainedTarget[] => {
    const own = samples.filter((sample) => sample.target === target);
    if (own.length < FEWEST_SAMPLES) return [];
    const cut = Math.floor(own.length * 0.8);
    const early = fitted(own.slice(0, cut));
    const unseen = own.slice(cut);
    const error = (predict: (sample: Sample) => number): number =>
      unseen.reduce((sum, sample) => sum + Math.abs(predict(sample) - sample.actualMs), 0) / unseen.length;
    return [
      {
        target,
        samples: own.length,
        errorMs: error(({ features }) => Math.max(0, early.predict(features))),
        heuristicErrorMs: error(({ features }) => heuristicOf(target, features)),
        coefficients: fitted(own).coefficients(),
      },
    ];
  });
}

function fitted(samples: readonly Sample[]): RidgeRegression {
  const model = new RidgeRegression(FEATURE_COUNT, RIDGE_LAMBDA);
  for (const { features, actualMs } of samples) model.add(features, actualMs);
  model.fit();
  return model;
}

function heuristicOf(target: PredictorTarget, features: Readonly<Float64Array>): number {
  const read = readFeatures(features);
  return heuristicPredictor.predict(target, read, read);
}
