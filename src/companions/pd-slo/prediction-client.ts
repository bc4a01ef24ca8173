import { z } from 'zod';
import { fetchFailure } from '../../base/fetch-failure.ts';
import { PREDICTOR_TARGETS, type PredictorTarget } from '../../simulators/pd-slo/metrics-text.ts';
import type { PodView, ReadFeatures, RequestView } from '../../simulators/pd-slo/predictor.ts';

/** Where the predictors of a target answer, in turn, and where they learn. */
export interface PredictionService {
  readonly predict: readonly string[];
  readonly train: string | null;
}
export type PredictionServices = Readonly<Record<PredictorTarget, PredictionService>>;

export interface ClientSettings {
  readonly services: PredictionServices;
  /** An answer that takes longer counts as an error. */
  readonly timeoutMs: number;
}

/** What one target's service has done. */
export interface ServiceRecord {
  readonly target: PredictorTarget;
  asked: number;
  failed: number;
  /** Decisions for which a service was not asked since it had just failed again and again. */
  spared: number;
  trained: number;
  untrained: number;
  /** Of the last failure. */
  reason: string | null;
}

/** Features under the names of the service. */
export function namedFeatures({ kvUsage, inputTokens, waiting, running, prefixHit }: ReadFeatures) {
  return {
    kv_cache_percentage: kvUsage,
    input_token_length: inputTokens,
    num_request_waiting: waiting,
    num_request_running: running,
    num_tokens_generated: 0,
    prefix_cache_score: prefixHit,
  };
}

/** Under which a sample of the target tells what became of it. */
export function actualKey(target: PredictorTarget): 'actual_ttft_ms' | 'actual_tpot_ms' {
  return target === 'decode-tpot' ? 'actual_tpot_ms' : 'actual_ttft_ms';
}

const time = z.number().min(0).max(1e12);
const answers = z.object({ predictions: z.array(z.object({ ttft_ms: time, tpot_ms: time })) });

/** Failures in a row after which a service is left alone for a while. */
const PATIENCE = 3;
const LONGEST_REST = 256;
/** Samples of one training call, and those kept while the service does not take them. */
const BULK = 100;
const MOST_SAMPLES = 1000;

/** A sample for the training service, under the names of its features. */
type TrainingEntry = ReturnType<typeof namedFeatures> & {
  readonly actual_ttft_ms: number;
  readonly actual_tpot_ms: number;
};

/**
 * Asks the latency predictors of llm-d over HTTP: `POST …/predict/bulk/strict` with the features of every pod, one call
 * for each target and decision; `POST …/add_training_data_bulk` with what became of it. Never throws: what does not
 * answer, answers late or answers something else is an error of that call.
 */
export class PredictionClient {
  readonly records: Readonly<Record<PredictorTarget, ServiceRecord>>;
  readonly #settings: ClientSettings;
  readonly #failures = new Map<PredictorTarget, number>();
  readonly #rests = new Map<PredictorTarget, number>();
  readonly #samples = new Map<PredictorTarget, TrainingEntry[]>();

  constructor(settings: ClientSettings) {
    this.#settings = settings;
    const blank = { asked: 0, failed: 0, spared: 0, trained: 0, untrained: 0, reason: null };
    this.records = Object.fromEntries(
      PREDICTOR_TARGETS.map((target) => [target, { target, ...blank }]),
    ) as unknown as Record<PredictorTarget, ServiceRecord>;
  }

  /** ms by pod; null where the service failed, undefined where the target has none. */
  async predict(
    target: PredictorTarget,
    requests: readonly RequestView[],
    pods: readonly PodView[],
  ): Promise<readonly number[] | null | undefined> {
    const { predict: urls } = this.#settings.services[target];
    if (urls.length === 0) return undefined;
    const record = this.records[target];
    const rest = this.#rests.get(target) ?? 0;
    if (rest > 0) {
      this.#rests.set(target, rest - 1);
      record.spared++;
      return null;
    }
    const url = urls[record.asked % urls.length]!;
    record.asked++;
    const body = { requests: pods.map((pod, index) => namedFeatures({ ...pod, ...requests[index]! })) };
    const reply = await this.#post(`${url}/predict/bulk/strict`, body);
    const read = reply.kind === 'answered' ? readAnswers(reply.text, target, pods.length) : reply.reason;
    if (typeof read !== 'string') {
      this.#failures.set(target, 0);
      return read;
    }
    this.#fail(target, read);
    return null;
  }

  /** Keeps a sample; after every so many of them, whatever became of the earlier ones, those that are kept are sent. */
  async train(target: PredictorTarget, features: ReadFeatures, actualMs: number): Promise<void> {
    if (this.#settings.services[target].train === null) return;
    const samples = this.#samples.get(target) ?? [];
    this.#samples.set(target, samples);
    const actual = { actual_ttft_ms: 0, actual_tpot_ms: 0, [actualKey(target)]: actualMs };
    samples.push({ ...namedFeatures(features), ...actual });
    const record = this.records[target];
    if (samples.length > MOST_SAMPLES) {
      samples.shift();
      record.untrained++;
    }
    if ((record.trained + record.untrained + samples.length) % BULK === 0) await this.#sendSamples(target, samples);
  }

  /** Sends what is left. */
  async finish(): Promise<void> {
    for (const [target, samples] of this.#samples) {
      await this.#sendSamples(target, samples);
      this.records[target].untrained += samples.length;
    }
  }

  async #sendSamples(target: PredictorTarget, samples: TrainingEntry[]): Promise<void> {
    const url = this.#settings.services[target].train;
    while (url !== null && samples.length > 0) {
      const entries = samples.slice(0, BULK);
      const reply = await this.#post(`${url}/add_training_data_bulk`, { entries });
      if (reply.kind === 'failed') {
        this.records[target].reason = reply.reason;
        return;
      }
      samples.splice(0, entries.length);
      this.records[target].trained += entries.length;
    }
  }

  #fail(target: PredictorTarget, reason: string): void {
    const record = this.records[target];
    record.failed++;
    record.reason = reason;
    const failures = (this.#failures.get(target) ?? 0) + 1;
    this.#failures.set(target, failures);
    if (failures >= PATIENCE) this.#rests.set(target, Math.min(LONGEST_REST, 2 ** (failures - PATIENCE + 2)));
  }

  async #post(url: string, body: object): Promise<Reply> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.#settings.timeoutMs),
      });
      const text = await response.text();
      return response.ok ? { kind: 'answered', text } : { kind: 'failed', reason: `${url}: HTTP ${response.status}` };
    } catch (error) {
      return { kind: 'failed', reason: `${url}: ${reasonOf(error)}` };
    }
  }
}

type Reply =
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** Times by pod, or what is wrong with the answer. */
function readAnswers(text: string, target: PredictorTarget, pods: number): readonly number[] | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'the answer is not JSON';
  }
  const { data } = answers.safeParse(value);
  if (data === undefined) return 'the answer has no predictions with ttft_ms and tpot_ms ≥ 0';
  if (data.predictions.length !== pods) {
    return `the answer has ${data.predictions.length} predictions for ${pods} pods`;
  }
  return data.predictions.map((one) => (target === 'decode-tpot' ? one.tpot_ms : one.ttft_ms));
}

function reasonOf(error: unknown): string {
  return error instanceof Error && error.name === 'TimeoutError' ? 'no answer in time' : fetchFailure(error);
}
