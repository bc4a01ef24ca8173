import type { EventQueue } from '../kernel/event-queue.ts';
import type { RequestEnd } from '../workload/follow-ups.ts';
import type { RequestTable } from '../workload/request-table.ts';
import { disaggregates, divideIntoPools, type Pools, transferDurationUs } from './disaggregation.ts';
import type { DisaggregationConfig } from './engine-config.ts';
import { RANK } from './gateway-flow.ts';
import type { Instance } from './instance.ts';
import type { RequestStates } from './request-states.ts';
import type { RouterBuilder } from './router-builder.ts';
import type { Router } from './routers.ts';

export interface DisaggregationParts {
  readonly requests: RequestStates;
  readonly table: RequestTable;
  readonly instances: readonly Instance[];
  readonly blockSize: number;
  readonly builder: RouterBuilder;
  readonly mainRouter: Router;
  readonly events: EventQueue;
  readonly idOf: (request: number) => string;
}

/** A request that is prefilled on one instance and decoded on another. */
export interface ParentRequest {
  readonly request: number;
  readonly decodeInstance: number;
  readonly prefill: number;
  /** −1 until the transfer starts. */
  decode: number;
  transferUs: number;
  stage: 'prefill' | 'transfer' | 'decode' | 'done' | 'dropped' | 'failed';
  /** Cluster time of its end. */
  endedAtUs: number;
}

/** Prefill/decode disaggregation: parents, their sub-requests, and the KV transfers between pools. */
export class Disaggregation {
  readonly pools: Pools;
  readonly prefillRouter: Router;
  readonly decodeRouter: Router;
  readonly needsCachedBlocks: boolean;
  readonly parents: ParentRequest[] = [];
  droppedAtDecodeKv = 0;
  peakTransfers = 0;
  readonly #config: DisaggregationConfig;
  readonly #parts: DisaggregationParts;
  readonly #parentOf = new Map<number, ParentRequest>();
  /** Prefills completed in the current event. */
  #finished: ParentRequest[] = [];
  #activeTransfers = 0;
  #transferSamples = 0;
  #activeSum = 0;

  constructor(config: DisaggregationConfig, parts: DisaggregationParts) {
    this.#config = config;
    this.#parts = parts;
    this.pools = divideIntoPools(config);
    this.needsCachedBlocks = config.decider === 'prefix-threshold';
    if (this.needsCachedBlocks) parts.builder.cacheSignal.isUsed = true;
    this.prefillRouter =
      config.prefillScorers === null ? parts.mainRouter : parts.builder.pool(config.prefillScorers, 'prefill-router');
    this.decodeRouter =
      config.decodeScorers === null ? parts.mainRouter : parts.builder.pool(config.decodeScorers, 'decode-router');
  }

  get meanActiveTransfers(): number {
    return this.#transferSamples === 0 ? 0 : this.#activeSum / this.#transferSamples;
  }

  disaggregates(request: number, cachedBlocks: number): boolean {
    return disaggregates(this.#config, this.#parts.requests.inputTokens[request]!, cachedBlocks, this.#parts.blockSize);
  }

  suffix(request: number): string {
    const parent = this.#parentOf.get(request);
    if (parent === undefined) return '';
    return parent.prefill === request ? '_prefill' : '_decode';
  }

  isPrefill(request: number): boolean {
    return this.#parentOf.get(request)?.prefill === request;
  }

  isDecode(request: number): boolean {
    return this.#parentOf.get(request)?.decode === request;
  }

  startPrefill(request: number, decodeInstance: number, atUs: number): void {
    const prefill = this.#sub(request);
    const q = this.#parts.requests;
    q.outputTokens[prefill] = 0;
    q.maxOutputTokens[prefill] = 0;
    const parent: ParentRequest = {
      request,
      decodeInstance,
      prefill,
      decode: -1,
      transferUs: 0,
      stage: 'prefill',
      endedAtUs: Number.NaN,
    };
    this.parents.push(parent);
    this.#parentOf.set(prefill, parent);
    this.#parts.events.push(atUs, RANK.prefillRouting, prefill);
  }

  prefillEnded(prefill: number, end: RequestEnd): void {
    const parent = this.#parentOf.get(prefill)!;
    if (end === 'completed' || end === 'length-capped') this.#finished.push(parent);
    else parent.stage = 'failed';
  }

  /** Starts the transfers of the prefills that the last instance event completed, in order of id. */
  afterEvent(clockUs: number): void {
    if (this.#finished.length === 0) return;
    const { idOf, events } = this.#parts;
    this.#finished.sort((a, b) => (idOf(a.prefill) < idOf(b.prefill) ? -1 : 1));
    for (const parent of this.#finished) events.push(clockUs, RANK.transferStart, parent.prefill);
    this.#finished = [];
  }

  /** Reserves the prompt's blocks at the decode instance; without room the request is lost. */
  startTransfer(prefill: number, atUs: number): void {
    const parent = this.#parentOf.get(prefill)!;
    const q = this.#parts.requests;
    const decode = this.#sub(parent.request);
    const input = q.inputTokens[decode]!;
    const { gpu } = this.#parts.instances[parent.decodeInstance]!;
    parent.decode = decode;
    this.#parentOf.set(decode, parent);
    if (!gpu.allocate(decode, 0, input, 0, true)) {
      parent.stage = 'dropped';
      this.droppedAtDecodeKv++;
      return;
    }
    this.#activeTransfers++;
    this.#activeSum += this.#activeTransfers;
    this.#transferSamples++;
    this.peakTransfers = Math.max(this.peakTransfers, this.#activeTransfers);
    parent.stage = 'transfer';
    parent.transferUs = transferDurationUs(this.#config, input, this.#parts.blockSize, this.#activeTransfers);
    this.#parts.events.push(atUs + parent.transferUs, RANK.transferEnd, prefill);
  }

  endTransfer(prefill: number, _atUs: number): { readonly decode: number; readonly instance: number } {
    const parent = this.#parentOf.get(prefill)!;
    this.#activeTransfers--;
    parent.stage = 'decode';
    return { decode: parent.decode, instance: parent.decodeInstance };
  }

  /** A decode ends, and its parent with it. @returns when the parent ends, µs */
  decodeEnded(decode: number, end: RequestEnd, clockUs: number): number {
    const parent = this.#parentOf.get(decode)!;
    const instance = this.#parts.instances[parent.decodeInstance]!;
    const completed = end === 'completed' || end === 'length-capped';
    parent.stage = completed ? 'done' : 'failed';
    parent.endedAtUs = completed ? clockUs + instance.postDecodeUs : clockUs;
    return parent.endedAtUs;
  }

  #sub(parent: number): number {
    const q = this.#parts.requests;
    const sub = q.add(this.#parts.table, q.row[parent]!);
    q.urgency[sub] = q.urgency[parent]!;
    return sub;
  }
}
