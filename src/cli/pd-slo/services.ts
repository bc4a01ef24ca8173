import { InputError } from '../../base/errors.ts';
import { shortText } from '../../base/short-text.ts';
import {
  PredictionClient,
  type PredictionService,
  type PredictionServices,
  type ServiceRecord,
} from '../../companions/pd-slo/prediction-client.ts';
import { PREDICTOR_TARGETS, type PredictorTarget } from '../../simulators/pd-slo/metrics-text.ts';

/** Beginnings of the variables of a target: of the version with three predictors, then of the one with two. */
const VARIABLES: Readonly<Record<PredictorTarget, readonly string[]>> = {
  'prefill-ttft': ['PREFILL_TTFT', 'PREFILL'],
  'decode-ttft': ['DECODE_TTFT', 'DECODE'],
  'decode-tpot': ['DECODE_TPOT', 'DECODE'],
};

/** A client for the services that the environment names; null where it names none. @throws InputError */
export function clientOf(environment: NodeJS.ProcessEnv, timeoutMs: number): PredictionClient | null {
  const services = Object.fromEntries(
    PREDICTOR_TARGETS.map((target) => [target, serviceOf(environment, VARIABLES[target])]),
  ) as unknown as PredictionServices;
  const named = Object.values(services).some(({ predict, train }) => predict.length > 0 || train !== null);
  return named ? new PredictionClient({ services, timeoutMs }) : null;
}

function serviceOf(environment: NodeJS.ProcessEnv, starts: readonly string[]): PredictionService {
  const first = (end: string): readonly string[] => {
    const name = starts.map((start) => start + end).find((candidate) => (environment[candidate] ?? '').trim() !== '');
    return name === undefined ? [] : addresses(name, environment[name]!);
  };
  return { predict: first('_PREDICTION_URL'), train: first('_TRAINING_URL')[0] ?? null };
}

/** Comma-separated addresses without a slash at the end. */
function addresses(name: string, text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => {
      if (!URL.canParse(item) || !/^https?:$/.test(new URL(item).protocol)) {
        throw new InputError(`must be a web address (http or https), got ${shortText(item)}`, {
          path: [name],
          suggestion: `unset ${name} to use the predictor of the configuration`,
        });
      }
      return item.replace(/\/+$/, '');
    });
}

/** A line for each target whose service was asked. */
export function serviceNotes(records: Readonly<Record<PredictorTarget, ServiceRecord>>): readonly string[] {
  return Object.values(records).flatMap(({ target, asked, failed, spared, trained, untrained, reason }) => {
    if (asked + spared + trained + untrained === 0) return [];
    const parts = [
      ...(asked > 0 ? [`asked ${asked} times, ${failed} failed`] : []),
      ...(spared > 0 ? [`left alone ${spared} times after failures in a row`] : []),
      ...(trained + untrained > 0 ? [`${trained} samples sent${untrained > 0 ? `, ${untrained} not taken` : ''}`] : []),
    ];
    return [`predictor ${target}: ${parts.join('; ')}${reason === null ? '' : ` (last failure: ${reason})`}`];
  });
}
