import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { RareEvents } from '../control-events.ts';
import type { DisaggregationConfig } from '../engine-config.ts';
import { NO_REQUEST, type RequestIndex } from '../indices.ts';
import type { Instance } from '../instance/instance.ts';
import type { RequestRegister } from '../request-states.ts';
import type { RouterBuilder } from '../routing/router-builder.ts';
import type { Router } from '../routing/routers.ts';
import { disaggregates, divideIntoPools, type Pools, transferDurationUs } from './disaggregation.ts';
import type { PairRouter } from './pair-router.ts';

export interface DisaggregationParts {
  readonly requests: RequestRegister;
  readonly table: RequestTable;
  readonly instances: readonly Instance[];
  readonly blockSize: number;
  readonly builder: RouterBuilder;
  readonly mainRouter: Router;
  readonly events: RareEvents;
  readonly idOf: (request: RequestIndex) => string;
  /** null = prefill and decode instances are chosen apart. */
  readonly pairs: PairRouter | null;
  /** A parent has ended with its decode, at a time in µs. */
  readonly ended: (decode: RequestIndex, end: RequestEnd, produced: number, atUs: number) => void;
}

/** Ordinary choice of a decode instance, now, without one of them; −1 = there is no other. */
export type OtherDecode = (request: RequestIndex, without: number, atUs: number) => number;

export interface EndedDecode {
  readonly decode: RequestIndex;
  readonly end: RequestEnd;
  readonly produced: number;
}

/** A request that is prefilled on one instance and decoded on another. */
export interface ParentRequest {
  readonly request: RequestIndex;
  decodeInstance: number;
  /** Chosen together with the decode instance; −1 = to be chosen by the prefill router. */
  readonly prefillInstance: number;
  readonly prefill: RequestIndex;
  /** −1 until the transfer starts. */
  decode: RequestIndex;
  transferStartUs: number;
  transferUs: number;
  /** Whether the transfer has ended. */
  transferred: boolean;
  stage: 'prefill' | 'transfer' | 'decode' | 'done' | 'dropped' | 'failed';
  /** Cluster time of its end; NaN = it never reached decode, or is under way. */
  endedAtUs: number;
}

/** Prefill/decode disaggregation: parents, their sub-requests, and the KV transfers between pools. */
export class Disaggregation {
  readonly pools: Pools;
  readonly prefillRouter: Router;
  readonly decodeRouter: Router;
  readonly needsCachedBlocks: boolean;
  readonly pairs: PairRouter | null;
  readonly parents: ParentRequest[] = [];
  droppedAtDecodeKv = 0;
  peakTransfers = 0;
  readonly #config: DisaggregationConfig;
  readonly #parts: DisaggregationParts;
  readonly #parentOf = new Map<RequestIndex, ParentRequest>();
  /** Prefills completed in the current event, and decodes that ended in it. */
  #finished: ParentRequest[] = [];
  #ended: EndedDecode[] = [];
  #activeTransfers = 0;
  #transferSamples = 0;
  #activeSum = 0;

  constructor(config: DisaggregationConfig, parts: DisaggregationParts) {
    this.#config = config;
    this.#parts = parts;
    this.pools = divideIntoPools(config);
    this.pairs = parts.pairs;
    this.needsCachedBlocks = config.decider === 'prefix-threshold';
    if (this.needsCachedBlocks) parts.builder.cacheSignal.isUsed = true;
    this.prefillRouter =
      config.prefillScorers === null ? parts.mainRouter : parts.builder.pool(config.prefillScorers, 'prefill');
    this.decodeRouter =
      config.decodeScorers === null ? parts.mainRouter : parts.builder.pool(config.decodeScorers, 'decode');
  }

  get meanActiveTransfers(): number {
    return this.#transferSamples === 0 ? 0 : this.#activeSum / this.#transferSamples;
  }

  disaggregates(request: RequestIndex, cachedBlocks: number): boolean {
    return disaggregates(this.#config, this.#parts.requests.inputTokens[request]!, cachedBlocks, this.#parts.blockSize);
  }

  /** Whether a request passes the encode pool. */
  encodes(request: RequestIndex): boolean {
    const { table, requests } = this.#parts;
    if (this.pools.encode.length === 0 || this.#config.encodeDecider === 'never') return false;
    if (this.#config.encodeDecider === 'always') return true;
    const tokens = table.modalities.get(requests.row[request]!);
    return tokens !== undefined && tokens.image + tokens.audio + tokens.video > 0;
  }

  suffix(request: RequestIndex): string {
    const parent = this.#parentOf.get(request);
    if (parent === undefined) return '';
    return parent.prefill === request ? '_prefill' : '_decode';
  }

  isPrefill(request: RequestIndex): boolean {
    return this.#parentOf.get(request)?.prefill === request;
  }

  isDecode(request: RequestIndex): boolean {
    return this.#parentOf.get(request)?.decode === request;
  }

  /** @param prefillInstance - −1 = the prefill router will choose */
  startPrefill(request: RequestIndex, decodeInstance: number, atUs: number, prefillInstance = -1): void {
    const q = this.#parts.requests;
    const row = q.row[request]!;
    const prefill = q.add(row, 0);
    const parent: ParentRequest = {
      request,
      decodeInstance,
      prefillInstance,
      prefill,
      decode: NO_REQUEST,
      transferStartUs: 0,
      transferUs: 0,
      transferred: false,
      stage: 'prefill',
      endedAtUs: Number.NaN,
    };
    this.parents.push(parent);
    this.#parentOf.set(prefill, parent);
    this.pairs?.decodePlaced(request, row, decodeInstance);
    this.#parts.events.push(atUs, 'prefill routing', prefill);
  }

  /** The prefill instance of a pair; −1 = none was chosen. */
  pairedPrefill(prefill: RequestIndex): number {
    return this.#parentOf.get(prefill)!.prefillInstance;
  }

  /** A request or sub-request ended: nothing of it is ahead of others any more. */
  forget(request: RequestIndex): void {
    if (this.pairs === null) return;
    this.pairs.removed(request);
    const parent = this.#parentOf.get(request);
    if (parent?.decode === request || parent?.stage === 'failed') this.pairs.removed(parent.request);
  }

  prefillEnded(prefill: RequestIndex, end: RequestEnd): void {
    const parent = this.#parentOf.get(prefill)!;
    if (end === 'completed' || end === 'length-capped') this.#finished.push(parent);
    else parent.stage = 'failed';
  }

  /** What the last instance event brought about, in order of ids: transfers of prefills start, then parents end. */
  afterEvent(clockUs: number): void {
    const { idOf, events, ended } = this.#parts;
    if (this.#finished.length > 0) {
      this.#finished.sort((a, b) => (idOf(a.prefill) < idOf(b.prefill) ? -1 : 1));
      for (const parent of this.#finished) events.push(clockUs, 'transfer start', parent.prefill);
      this.#finished = [];
    }
    if (this.#ended.length > 0) {
      const decodes = this.#ended.sort((a, b) => (idOf(a.decode) < idOf(b.decode) ? -1 : 1));
      this.#ended = [];
      for (const { decode, end, produced } of decodes)
        ended(decode, end, produced, this.#decodeEnded(decode, end, clockUs));
    }
  }

  /** Reserves the prompt's blocks at the decode instance; without room the request is lost. */
  startTransfer(prefill: RequestIndex, atUs: number, otherDecode: OtherDecode): void {
    const parent = this.#parentOf.get(prefill)!;
    const q = this.#parts.requests;
    const decode = q.add(q.row[parent.request]!);
    const input = q.inputTokens[decode]!;
    parent.decode = decode;
    this.#parentOf.set(decode, parent);
    if (!this.#reserve(parent, atUs, otherDecode)) {
      parent.stage = 'dropped';
      parent.endedAtUs = atUs;
      this.droppedAtDecodeKv++;
      this.pairs?.removed(parent.request);
      return;
    }
    this.#activeTransfers++;
    this.#activeSum += this.#activeTransfers;
    this.#transferSamples++;
    this.peakTransfers = Math.max(this.peakTransfers, this.#activeTransfers);
    parent.stage = 'transfer';
    parent.transferStartUs = atUs;
    parent.transferUs = transferDurationUs(this.#config, input, this.#parts.blockSize, this.#activeTransfers);
    this.#parts.events.push(atUs + parent.transferUs, 'transfer end', prefill);
  }

  endTransfer(prefill: RequestIndex): { readonly decode: RequestIndex; readonly instance: number } {
    const parent = this.#parentOf.get(prefill)!;
    this.#activeTransfers--;
    parent.transferred = true;
    parent.stage = 'decode';
    return { decode: parent.decode, instance: parent.decodeInstance };
  }

  /** A decode ended in the current event. */
  noteEnd(ended: EndedDecode): void {
    this.#ended.push(ended);
  }

  /** A decode ends, and its parent with it. @returns when the parent ends, µs */
  #decodeEnded(decode: RequestIndex, end: RequestEnd, clockUs: number): number {
    const parent = this.#parentOf.get(decode)!;
    const instance = this.#parts.instances[parent.decodeInstance]!;
    const completed = end === 'completed' || end === 'length-capped';
    parent.stage = completed ? 'done' : 'failed';
    parent.endedAtUs = completed ? clockUs + instance.postDecodeUs : clockUs;
    return parent.endedAtUs;
  }

  /** Blocks for the prompt at the decode instance; a full instance of a pair gives way to the ordinary choice. */
  #reserve(parent: ParentRequest, atUs: number, otherDecode: OtherDecode): boolean {
    const { requests, instances } = this.#parts;
    const fits = () => instances[parent.decodeInstance]!.reserve(parent.decode, atUs);
    if (fits()) return true;
    if (parent.prefillInstance < 0) return false;
    const other = otherDecode(parent.request, parent.decodeInstance, atUs);
    if (other < 0) return false;
    parent.decodeInstance = other;
    this.pairs!.decodePlaced(parent.request, requests.row[parent.request]!, other);
    if (!fits()) return false;
    this.pairs!.rerouted++;
    return true;
  }
}
