import { type Rng, stream } from '../../base/random.ts';
import type { Millis } from '../../base/units.ts';
import {
  choosePair,
  createPairTable,
  type PairSelectionSettings,
  type PairTable,
  scorePairs,
} from '../kernel/pair-selection.ts';
import type { PdSloConfig } from './config-schema.ts';
import { chooseByHeadroom, type HeadroomCandidates } from './latency-scorer.ts';
import { leastLoaded, smallest } from './least-loaded.ts';
import { type Placement, type RoutedRequest, UNPREDICTED } from './placement.ts';
import { type DecodePod, emptyView, type Fleet, loadOf, type PrefillPod } from './pods.ts';
import { createPredictor, type PodView, PredictorSet } from './predictor.ts';
import { selectionSettings } from './selection-settings.ts';
import type { ServedAnswers } from './served-answers.ts';

/** The router of one simulation: it decides from views of the pods, which may be stale, and never from the future. */
export class PairRouter {
  readonly predictors: PredictorSet;
  readonly selection: PairSelectionSettings;
  /** Last pair table, for explanations; meaningful after a decision of the mode `joint`. */
  readonly table: PairTable;
  readonly prefillViews: readonly PodView[];
  readonly decodeViews: readonly PodView[];
  /** Predictions of the last decision by pod. */
  readonly prefillTtftMs: Float64Array;
  readonly decodeTtftMs: Float64Array;
  readonly tpotMs: Float64Array;
  pairsEvaluated = 0;
  readonly #config: PdSloConfig;
  readonly #prefillPods: readonly PrefillPod[];
  readonly #decodePods: readonly DecodePod[];
  readonly #draws: Rng;
  #viewedAt = Number.NEGATIVE_INFINITY;
  #turn = 0;

  constructor(
    config: PdSloConfig,
    { prefillPods, decodePods }: Fleet,
    { seed, served }: { readonly seed: number; readonly served?: ServedAnswers | undefined },
  ) {
    this.#config = config;
    this.#prefillPods = prefillPods;
    this.#decodePods = decodePods;
    this.#draws = stream(seed, 'selection');
    this.selection = selectionSettings(config);
    const own = createPredictor(config, stream(seed, 'predictor noise'));
    this.predictors = new PredictorSet(
      served === undefined ? own : served.over(own),
      config.predictor.error_prob,
      stream(seed, 'predictor failures'),
    );
    this.prefillViews = prefillPods.map(({ speed }) => emptyView(speed));
    this.decodeViews = decodePods.map(({ speed }) => emptyView(speed));
    this.table = createPairTable(prefillPods.length * decodePods.length);
    this.prefillTtftMs = new Float64Array(prefillPods.length);
    this.decodeTtftMs = new Float64Array(decodePods.length);
    this.tpotMs = new Float64Array(decodePods.length);
  }

  /** Whether `decide` would ask the predictors; the views of the pods are then as it will see them. */
  asksPredictors(request: RoutedRequest, now: Millis): boolean {
    this.#readPods(now);
    return hasTargets(request) && PREDICTING.includes(this.#config.mode) && this.#decodeOnly(request) < 0;
  }

  /** Uses four draws for every request, so that strategies meet the same random numbers. */
  decide(request: RoutedRequest, now: Millis): Placement {
    const draws = [this.#draws.uniform(), this.#draws.uniform(), this.#draws.uniform(), this.#draws.uniform()] as const;
    this.#readPods(now);
    const turn = this.#turn++;
    const decode = this.#decodeOnly(request);
    if (decode >= 0) return { ...UNPREDICTED, kind: 'decode-only', prefill: -1, decode };
    if (!hasTargets(request)) return this.#leastLoadedPair(request);
    switch (this.#config.mode) {
      case 'joint':
        return this.#joint(request, draws[0], draws[1]);
      case 'independent':
        return this.#independent(request);
      case 'latency_scorer':
        return this.#latencyScorer(request, draws);
      case 'random_pair':
        return this.#unpredicted(
          Math.floor(draws[0] * this.#prefillPods.length),
          Math.floor(draws[1] * this.#decodePods.length),
        );
      case 'round_robin':
        return this.#unpredicted(turn % this.#prefillPods.length, turn % this.#decodePods.length);
      case 'least_loaded':
        return this.#leastLoadedPair(request);
      default:
        return this.#config.mode satisfies never;
    }
  }

  /** The decode pod that prefills a short prompt itself; −1 where the request goes through a pair. */
  #decodeOnly(request: RoutedRequest): number {
    const { pdThreshold, threshold_applies_to_slo } = this.#config.profile_handler;
    if (pdThreshold === 0 || (hasTargets(request) && !threshold_applies_to_slo)) return -1;
    const decode = this.#leastLoadedDecode(request);
    const uncached = (1 - request.decodeHits[decode]!) * request.inputTokens;
    return uncached < pdThreshold ? decode : -1;
  }

  #readPods(now: Millis): void {
    const { staleness_ms: staleness } = this.#config.predictor;
    if (staleness > 0 && now - this.#viewedAt < staleness) return;
    this.#viewedAt = now;
    for (let p = 0; p < this.#prefillPods.length; p++) this.#prefillPods[p]!.readInto(this.prefillViews[p]!, now);
    const { kv_capacity: capacity } = this.#config.decode;
    for (let d = 0; d < this.#decodePods.length; d++) this.#decodePods[d]!.readInto(this.decodeViews[d]!, capacity);
  }

  /** Each predictor answers once for each pod it concerns. */
  #predict(request: RoutedRequest): void {
    const { inputTokens } = request;
    for (let p = 0; p < this.prefillViews.length; p++) {
      const view = { inputTokens, prefixHit: request.prefillHits[p]! };
      this.prefillTtftMs[p] = this.predictors.predict('prefill-ttft', view, this.prefillViews[p]!);
    }
    for (let d = 0; d < this.decodeViews.length; d++) {
      const view = { inputTokens, prefixHit: request.decodeHits[d]! };
      this.decodeTtftMs[d] = this.predictors.predict('decode-ttft', view, this.decodeViews[d]!);
      this.tpotMs[d] = this.predictors.predict('decode-tpot', view, this.decodeViews[d]!);
    }
  }

  #setPair(pair: number, prefill: number, decode: number): void {
    const { table } = this;
    const overhead = this.#config.pair_optimizer.transferOverheadMs;
    table.ttftMs[pair] = this.prefillTtftMs[prefill]! + this.decodeTtftMs[decode]! + overhead;
    table.tpotMs[pair] = this.tpotMs[decode]!;
    table.prefillLoad[pair] = loadOf(this.prefillViews[prefill]!);
    table.decodeLoad[pair] = loadOf(this.decodeViews[decode]!);
  }

  #joint(request: RoutedRequest, explore: number, draw: number): Placement {
    this.#predict(request);
    const { table } = this;
    const decodes = this.decodeViews.length;
    table.count = this.prefillViews.length * decodes;
    for (let pair = 0; pair < table.count; pair++) this.#setPair(pair, Math.floor(pair / decodes), pair % decodes);
    scorePairs(table, request.targets, this.selection);
    this.pairsEvaluated += table.count;
    const pair = choosePair(table, this.selection, explore, draw);
    return this.#placed(pair, Math.floor(pair / decodes), pair % decodes);
  }

  /** The best prefill pod by its own time and the best decode pod by its own wait, each blind to the other. */
  #independent(request: RoutedRequest): Placement {
    this.#predict(request);
    const prefill = smallest(this.prefillTtftMs, this.prefillViews);
    const cost = this.decodeTtftMs.map(
      (wait, d) =>
        (request.targets.ttftMs === null ? 0 : wait) + (request.targets.tpotMs === null ? 0 : this.tpotMs[d]!),
    );
    return this.#judged(request, prefill, smallest(cost, this.decodeViews));
  }

  #latencyScorer(request: RoutedRequest, draws: readonly [number, number, number, number]): Placement {
    this.#predict(request);
    const { latency_scorer: scorer } = this.#config;
    const { ttftMs, tpotMs } = request.targets;
    const headrooms = (target: Millis | null, predicted: Float64Array): number[] =>
      Array.from(predicted, (value) => (target === null ? 0 : target * scorer.slo_buffer_factor - value));
    const prefills: HeadroomCandidates = {
      ttftMs: headrooms(ttftMs, this.prefillTtftMs),
      tpotMs: this.prefillViews.map(() => 0),
      dispatched: this.prefillViews.map(({ dispatched }) => dispatched),
    };
    const decodes: HeadroomCandidates = {
      ttftMs: headrooms(ttftMs, this.decodeTtftMs),
      tpotMs: headrooms(tpotMs, this.tpotMs),
      dispatched: this.decodeViews.map(({ dispatched }) => dispatched),
    };
    if (this.#config.admission === 'latency_slo' && request.priority < 0 && !this.#hasRoom(decodes)) {
      return { ...UNPREDICTED, kind: 'refused', prefill: -1, decode: -1 };
    }
    return this.#judged(
      request,
      chooseByHeadroom(prefills, scorer, draws[0], draws[1]),
      chooseByHeadroom(decodes, scorer, draws[2], draws[3]),
    );
  }

  /** Whether some decode pod holds the targets, is idle, or has nearly empty KV memory. */
  #hasRoom(decodes: HeadroomCandidates): boolean {
    return this.decodeViews.some(
      ({ kvUsage, dispatched }, d) =>
        (decodes.ttftMs[d]! >= 0 && decodes.tpotMs[d]! >= 0) || dispatched === 0 || kvUsage < NEARLY_EMPTY_KV,
    );
  }

  /** Scores the chosen pair alone, so that outcomes mean the same in every mode. */
  #judged(request: RoutedRequest, prefill: number, decode: number): Placement {
    this.table.count = 1;
    this.#setPair(0, prefill, decode);
    scorePairs(this.table, request.targets, this.selection);
    this.pairsEvaluated++;
    return this.#placed(0, prefill, decode);
  }

  #placed(pair: number, prefill: number, decode: number): Placement {
    const { table } = this;
    return {
      kind: 'prefill-decode',
      prefill,
      decode,
      outcome: table.positive[pair] === 1 ? 'positive_headroom' : 'negative_headroom',
      prefillTtftMs: this.prefillTtftMs[prefill]!,
      decodeTtftMs: this.decodeTtftMs[decode]!,
      jointTtftMs: table.ttftMs[pair]!,
      tpotMs: table.tpotMs[pair]!,
      ttftHeadroomMs: table.ttftHeadroomMs[pair]!,
      tpotHeadroomMs: table.tpotHeadroomMs[pair]!,
      blendedMs: table.blendedMs[pair]!,
    };
  }

  #unpredicted(prefill: number, decode: number): Placement {
    return { ...UNPREDICTED, kind: 'prefill-decode', prefill, decode };
  }

  #leastLoadedPair(request: RoutedRequest): Placement {
    const candidates = { pods: this.#prefillPods, views: this.prefillViews, hits: request.prefillHits };
    const prefill = leastLoaded(candidates, this.#config.scorer_weights);
    return this.#unpredicted(prefill, this.#leastLoadedDecode(request));
  }

  #leastLoadedDecode({ decodeHits: hits }: RoutedRequest): number {
    return leastLoaded({ pods: this.#decodePods, views: this.decodeViews, hits }, this.#config.scorer_weights);
  }
}

const NEARLY_EMPTY_KV = 0.02;
/** Modes that look at predictions. */
const PREDICTING: readonly PdSloConfig['mode'][] = ['joint', 'independent', 'latency_scorer'];

function hasTargets({ targets }: RoutedRequest): boolean {
  return targets.ttftMs !== null || targets.tpotMs !== null;
}
