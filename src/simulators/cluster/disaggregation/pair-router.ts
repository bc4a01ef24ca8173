import {
  choosePair,
  createPairTable,
  type PairSelectionSettings,
  type PairTable,
  type PairTargets,
  scorePairs,
} from '../../kernel/pair-selection.ts';
import { type GoRandom, goRandom, subsystemSeed } from '../../workload/go-random.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { InstanceConfig, PairRoutingConfig } from '../engine-config.ts';
import type { SnapshotColumns } from '../gateway/admission.ts';
import type { RequestIndex, Row } from '../indices.ts';
import type { CacheSignal } from '../routing/cache-signal.ts';
import type { Pools } from './disaggregation.ts';
import { PairPredictor, type PlacedWork } from './pair-predictions.ts';

/** A prefill and a decode instance, by index. */
export interface ChosenPair {
  readonly prefill: number;
  readonly decode: number;
}

export interface PairRouterParts {
  readonly seed: number | bigint;
  readonly table: RequestTable;
  readonly pools: Pools;
  /** By instance. */
  readonly configs: readonly InstanceConfig[];
  readonly cacheSignal: Pick<CacheSignal, 'cachedBlocks'>;
}

interface Placement {
  readonly instance: number;
  readonly promptTokens: number;
  readonly contextTokens: number;
}

/** Tokens of an answer before any was seen. */
const FIRST_GUESS_OF_OUTPUT = 128;

/**
 * Chooses prefill and decode instance of a request together, by the headroom that their predicted times leave below
 * its targets: the pair optimizer of the `pd-slo` backend on the state of this cluster.
 */
export class PairRouter {
  /** Last decision: pair p·D + d of prefill and decode pool places. */
  readonly table: PairTable;
  positive = 0;
  negative = 0;
  pairsEvaluated = 0;
  /** Requests that found no room at the decode instance of their pair and went by the ordinary choice. */
  rerouted = 0;
  readonly #selection: PairSelectionSettings;
  readonly #config: PairRoutingConfig;
  readonly #parts: PairRouterParts;
  readonly #random: GoRandom;
  readonly #predictors: readonly PairPredictor[];
  readonly #targetsOfClass: readonly PairTargets[];
  readonly #promptTokens: Float64Array;
  readonly #decodes: Float64Array;
  readonly #contextTokens: Float64Array;
  readonly #placements = new Map<number, Placement>();
  readonly #prefillMs: Float64Array;
  readonly #decodeMs: Float64Array;
  readonly #tokenMs: Float64Array;
  #outputs = 0;
  #outputTokens = 0;

  constructor(config: PairRoutingConfig, parts: PairRouterParts) {
    const { pools, configs, table } = parts;
    this.#config = config;
    this.#selection = { ...config, legacyMissingSlo: false };
    this.#parts = parts;
    this.#random = goRandom(subsystemSeed(parts.seed, 'pair-router'));
    const predictors = new Map<InstanceConfig, PairPredictor>();
    this.#predictors = configs.map((one) => {
      const predictor = predictors.get(one) ?? new PairPredictor(one);
      predictors.set(one, predictor);
      return predictor;
    });
    this.#targetsOfClass = table.names.sloClasses.map((name) => ({
      ttftMs: targetOf(config.ttftTargetsMs, name),
      tpotMs: targetOf(config.tpotTargetsMs, name),
    }));
    this.#promptTokens = new Float64Array(configs.length);
    this.#decodes = new Float64Array(configs.length);
    this.#contextTokens = new Float64Array(configs.length);
    this.#prefillMs = new Float64Array(pools.prefill.length);
    this.#decodeMs = new Float64Array(pools.decode.length);
    this.#tokenMs = new Float64Array(pools.decode.length);
    this.table = createPairTable(pools.prefill.length * pools.decode.length);
  }

  /** @returns null where the request has no target, or a pool is empty */
  choose(row: Row, view: Pick<SnapshotColumns, 'kvUtilization'>): ChosenPair | null {
    const targets = this.#targets(row);
    const { prefill, decode } = this.#parts.pools;
    if ((targets.ttftMs === null && targets.tpotMs === null) || prefill.length === 0 || decode.length === 0) {
      return null;
    }
    this.#predict(row, view);
    const { table } = this;
    table.count = prefill.length * decode.length;
    for (let p = 0; p < prefill.length; p++) {
      for (let d = 0; d < decode.length; d++) this.#fill(p * decode.length + d, p, d);
    }
    scorePairs(table, targets, this.#selection);
    this.pairsEvaluated += table.count;
    const pair = choosePair(table, this.#selection, this.#random.float64(), this.#random.float64());
    if (table.positive[pair] === 1) this.positive++;
    else this.negative++;
    return { prefill: prefill[Math.floor(pair / decode.length)]!, decode: decode[pair % decode.length]! };
  }

  /** A prompt goes to an instance to be computed. */
  prefillPlaced(request: RequestIndex, row: Row, instance: number): void {
    this.#place(request, { instance, promptTokens: this.#uncached(row, instance), contextTokens: 0 });
  }

  /** A request will decode at an instance, from now or later. */
  decodePlaced(request: RequestIndex, row: Row, instance: number): void {
    this.#place(request, { instance, promptTokens: 0, contextTokens: this.#parts.table.inputTokens[row]! });
  }

  /** Takes a placement out of the books, if there is one. */
  removed(request: RequestIndex): void {
    const placement = this.#placements.get(request);
    if (placement === undefined) return;
    this.#placements.delete(request);
    this.#book(placement, -1);
  }

  /** A whole answer was seen. */
  answered(outputTokens: number): void {
    this.#outputs++;
    this.#outputTokens += outputTokens;
  }

  #place(request: RequestIndex, placement: Placement): void {
    this.removed(request);
    this.#placements.set(request, placement);
    this.#book(placement, 1);
  }

  #book({ instance, promptTokens, contextTokens }: Placement, sign: 1 | -1): void {
    this.#promptTokens[instance] = this.#promptTokens[instance]! + sign * promptTokens;
    this.#contextTokens[instance] = this.#contextTokens[instance]! + sign * contextTokens;
    if (contextTokens > 0) this.#decodes[instance] = this.#decodes[instance]! + sign;
  }

  #targets(row: Row): PairTargets {
    const { table } = this.#parts;
    const ofClass = this.#targetsOfClass[table.sloClass[row]!]!;
    const own = table.sloTargetUs[row]!;
    return own > 0 ? { ttftMs: own / 1000, tpotMs: ofClass.tpotMs } : ofClass;
  }

  #predict(row: Row, view: Pick<SnapshotColumns, 'kvUtilization'>): void {
    const { pools, table } = this.#parts;
    const input = table.inputTokens[row]!;
    for (let p = 0; p < pools.prefill.length; p++) {
      const instance = pools.prefill[p]!;
      const uncached = this.#uncached(row, instance);
      const us = this.#predictors[instance]!.prefillUs(input, uncached, this.#workOf(instance));
      this.#prefillMs[p] = us / 1000;
    }
    const meanOutput = this.#outputs === 0 ? FIRST_GUESS_OF_OUTPUT : this.#outputTokens / this.#outputs;
    for (let d = 0; d < pools.decode.length; d++) {
      const instance = pools.decode[d]!;
      const work = this.#workOf(instance);
      const predictor = this.#predictors[instance]!;
      this.#decodeMs[d] = predictor.decodeUs(input, work, view.kvUtilization[instance]!, meanOutput) / 1000;
      this.#tokenMs[d] = predictor.tokenUs(input, work) / 1000;
    }
  }

  #fill(pair: number, p: number, d: number): void {
    const { table } = this;
    const { prefill, decode } = this.#parts.pools;
    table.ttftMs[pair] = this.#prefillMs[p]! + this.#decodeMs[d]! + this.#config.transferOverheadMs;
    table.tpotMs[pair] = this.#tokenMs[d]!;
    table.prefillLoad[pair] = this.#promptTokens[prefill[p]!]!;
    table.decodeLoad[pair] = this.#decodes[decode[d]!]!;
  }

  #uncached(row: Row, instance: number): number {
    const { table, configs, cacheSignal } = this.#parts;
    const cached = cacheSignal.cachedBlocks(instance, row) * configs[instance]!.blockSize;
    return Math.max(1, table.inputTokens[row]! - cached);
  }

  #workOf(instance: number): PlacedWork {
    return {
      promptTokens: this.#promptTokens[instance]!,
      decodes: this.#decodes[instance]!,
      contextTokens: this.#contextTokens[instance]!,
    };
  }
}

function targetOf(targets: PairRoutingConfig['ttftTargetsMs'], sloClass: string): number | null {
  if (typeof targets === 'number') return targets;
  // Requests without a class count as `standard`, as in admission.
  const name = sloClass || 'standard';
  return Object.hasOwn(targets, name) ? targets[name]! : null;
}
