import type { Millis } from '../../base/units.ts';
import { EventQueue } from '../kernel/event-queue.ts';
import type { PdSloConfig } from './config-schema.ts';
import { DecisionFeatures } from './decision-features.ts';
import { FleetPrefixes } from './fleet-prefixes.ts';
import type { PairRouter } from './pair-router.ts';
import type { Placement, RoutedRequest } from './placement.ts';
import type { DecodePod, Fleet, PrefillPod } from './pods.ts';
import { emptyLog, type RequestLog } from './request-log.ts';
import type { RequestStream } from './request-stream.ts';
import { transferTime } from './transfer-time.ts';
import { takeMostUrgent } from './urgency.ts';

/** Told once for every placed request, before anything changes. */
export type DecisionObserver = (request: number, routed: RoutedRequest, placement: Placement) => void;

const ARRIVAL = 0;
const PREFILL_END = 1;
const DECODE_ARRIVAL = 2;
const STEP_END = 3;
const KINDS = 4;

/**
 * Event-driven model of disaggregated serving: prefill servers, a transfer, decode pods with continuous batching.
 * Events are ordered by (time, insertion); requests that arrive at one instant are placed in the order of the stream,
 * each seeing those before it, and after whatever was due at that instant and had been planned earlier.
 */
export class PdSloEngine {
  readonly log: RequestLog;
  readonly #config: PdSloConfig;
  readonly #requests: RequestStream;
  readonly #router: PairRouter;
  readonly #prefillPods: readonly PrefillPod[];
  readonly #decodePods: readonly DecodePod[];
  readonly #observer: DecisionObserver | null;
  readonly #events = new EventQueue(1024);
  readonly #prefixes: FleetPrefixes;
  readonly #features: DecisionFeatures;
  readonly #serviceMs: Float64Array;
  readonly #generated: Int32Array;
  /** Tokens that the decode pod has to prefill itself before the request can run. */
  readonly #localPrefill: Float64Array;
  #now: Millis = 0;

  constructor(
    config: PdSloConfig,
    requests: RequestStream,
    fleet: Fleet,
    router: PairRouter,
    observer: DecisionObserver | null,
  ) {
    const { count } = requests;
    this.log = emptyLog(count);
    this.#config = config;
    this.#requests = requests;
    this.#router = router;
    this.#prefillPods = fleet.prefillPods;
    this.#decodePods = fleet.decodePods;
    this.#observer = observer;
    this.#prefixes = new FleetPrefixes(config, requests, fleet);
    this.#features = new DecisionFeatures(router, requests);
    this.#serviceMs = new Float64Array(count);
    this.#generated = new Int32Array(count);
    this.#localPrefill = new Float64Array(count);
    if (count > 0) this.#events.push(requests.arrivalMs[0]!, 0, ARRIVAL);
  }

  get now(): Millis {
    return this.#now;
  }

  /** Simulates until every request is done. */
  run(): RequestLog {
    for (let request = this.nextArrival(); request >= 0; request = this.nextArrival()) this.arrive(request);
    return this.log;
  }

  /** Simulates up to the next arrival, which `arrive` then handles; −1 when every request is done. */
  nextArrival(): number {
    const events = this.#events;
    while (events.length > 0) {
      const payload = events.pop();
      this.#now = events.time;
      const subject = Math.floor(payload / KINDS);
      switch (payload % KINDS) {
        case ARRIVAL:
          return subject;
        case PREFILL_END:
          this.#endPrefill(subject);
          break;
        case DECODE_ARRIVAL:
          this.#arriveAtDecode(subject);
          break;
        default:
          this.#endStep(subject);
      }
    }
    return -1;
  }

  #schedule(delayMs: Millis, kind: number, subject: number): void {
    this.#events.push(this.#now + delayMs, 0, subject * KINDS + kind);
  }

  arrive(request: number): void {
    const { count, arrivalMs, classIndex, hasHeaders, targets } = this.#requests;
    if (request + 1 < count) this.#events.push(arrivalMs[request + 1]!, 0, (request + 1) * KINDS + ARRIVAL);
    const routed = this.routed(request);
    if (routed === null) {
      this.log.rejected++;
      return;
    }
    if (hasHeaders[request] === 1 && targets[classIndex[request]!]!.problems.length > 0) this.log.invalidSlo++;
    const placement = this.#router.decide(routed, this.#now);
    this.log.placements[request] = placement;
    this.#observer?.(request, routed, placement);
    if (placement.kind === 'refused') this.log.refused++;
    else this.#send(request, placement);
  }

  /** What the router is told of an arriving request; null for a prompt that fits no decode pod. */
  routed(request: number): RoutedRequest | null {
    const { inputTokens, outputTokens, hasHeaders, classIndex, targets } = this.#requests;
    if (inputTokens[request]! + outputTokens[request]! > this.#config.decode.kv_capacity) return null;
    this.#prefixes.readHits(request);
    return {
      inputTokens: inputTokens[request]!,
      targets: hasHeaders[request] === 1 ? targets[classIndex[request]!]! : NO_TARGETS,
      priority: this.#config.workload.classes[classIndex[request]!]!.priority,
      prefillHits: this.#prefixes.prefillHits,
      decodeHits: this.#prefixes.decodeHits,
    };
  }

  #send(request: number, placement: Placement): void {
    const { prefill: prefillConfig } = this.#config;
    const input = this.#requests.inputTokens[request]!;
    const decode = this.#decodePods[placement.decode]!;
    decode.dispatched++;
    decode.sent++;
    this.#features.keep(request, placement, this.#prefixes);
    if (placement.kind === 'decode-only') {
      this.#localPrefill[request] = input * (1 - this.#prefixes.decodeHits[placement.decode]!);
      this.#prefixes.rememberAtDecode(placement.decode, request);
      this.#arriveAtDecode(request);
      return;
    }
    const pod = this.#prefillPods[placement.prefill]!;
    const uncached = input * (1 - this.#prefixes.prefillHits[placement.prefill]!);
    this.#serviceMs[request] = pod.speed * (prefillConfig.base_ms + prefillConfig.ms_per_token * uncached);
    this.#prefixes.rememberAtPrefill(placement.prefill, request);
    this.#prefixes.rememberAtDecode(placement.decode, request);
    pod.dispatched++;
    pod.sent++;
    if (pod.current >= 0) {
      pod.queue.push(request);
      pod.queuedMs += this.#serviceMs[request]!;
    } else this.#startPrefill(placement.prefill, request);
  }

  #startPrefill(index: number, request: number): void {
    const pod = this.#prefillPods[index]!;
    const service = this.#serviceMs[request]!;
    pod.current = request;
    pod.serviceEndsAt = this.#now + service;
    pod.busyMs += service;
    this.#schedule(service, PREFILL_END, index);
  }

  #endPrefill(index: number): void {
    const pod = this.#prefillPods[index]!;
    const request = pod.current;
    pod.current = -1;
    pod.dispatched--;
    this.log.prefillEndMs[request] = this.#now;
    this.#learn('prefill-ttft', request, this.#now - this.#requests.arrivalMs[request]!);
    const transferMs = transferTime(this.#config.transfer, this.#requests.inputTokens[request]!);
    this.#schedule(transferMs, DECODE_ARRIVAL, request);
    if (pod.queue.length === 0) return;
    const next = this.#config.prefill_order === 'fcfs' ? pod.queue.shift()! : takeMostUrgent(pod.queue, this.#requests);
    pod.queuedMs = pod.queue.length === 0 ? 0 : pod.queuedMs - this.#serviceMs[next]!;
    this.#startPrefill(index, next);
  }

  #arriveAtDecode(request: number): void {
    const index = this.log.placements[request]!.decode;
    const pod = this.#decodePods[index]!;
    this.log.decodeArrivalMs[request] = this.#now;
    pod.waiting.push(request);
    this.#admit(pod);
    if (pod.participants === 0) this.#startStep(index);
  }

  /** Fills slots from the head of the waiting room; the head waits until it fits. */
  #admit(pod: DecodePod): void {
    const { max_running: slots, kv_capacity: capacity } = this.#config.decode;
    while (pod.waiting.length > 0 && pod.running.length < slots) {
      const request = pod.waiting[0]!;
      const context = this.#contextOf(request);
      if (pod.kvTokens + context + 1 > capacity) return;
      pod.waiting.shift();
      pod.running.push(request);
      pod.kvTokens += context;
      if (this.#localPrefill[request] === 0) this.#startDecode(request, this.#now);
    }
  }

  #startDecode(request: number, at: Millis): void {
    const { decodeStartMs, decodeArrivalMs } = this.log;
    if (!Number.isNaN(decodeStartMs[request]!)) return;
    decodeStartMs[request] = at;
    this.#learn('decode-ttft', request, at - decodeArrivalMs[request]!);
  }

  #contextOf(request: number): number {
    return this.#requests.inputTokens[request]! + this.#generated[request]!;
  }

  #startStep(index: number): void {
    const pod = this.#decodePods[index]!;
    const { decode, prefill } = this.#config;
    pod.participants = pod.running.length;
    if (pod.participants === 0) return;
    let prefillMs = 0;
    for (const request of pod.running) {
      const tokens = this.#localPrefill[request]!;
      if (tokens === 0) continue;
      prefillMs += pod.speed * (prefill.base_ms + prefill.ms_per_token * tokens);
      this.#localPrefill[request] = 0;
      this.#startDecode(request, this.#now + prefillMs);
    }
    const kvShare = pod.kvTokens / decode.kv_capacity;
    const stepMs =
      pod.speed * (decode.tpot_base_ms + decode.tpot_per_running_ms * pod.participants + decode.tpot_kv_ms * kvShare);
    pod.busyMs += prefillMs + stepMs;
    this.#schedule(prefillMs + stepMs, STEP_END, index);
  }

  #endStep(index: number): void {
    const pod = this.#decodePods[index]!;
    const { running } = pod;
    let kept = 0;
    for (let i = 0; i < running.length; i++) {
      const request = running[i]!;
      if (i < pod.participants && this.#produceToken(pod, request)) continue;
      running[kept++] = request;
    }
    running.length = kept;
    this.#preemptOverflow(pod);
    this.#admit(pod);
    this.#startStep(index);
  }

  /** @returns whether the request is finished */
  #produceToken(pod: DecodePod, request: number): boolean {
    const generated = ++this.#generated[request]!;
    if (generated === 1) this.log.firstTokenMs[request] = this.#now;
    pod.kvTokens++;
    if (generated < this.#requests.outputTokens[request]!) return false;
    pod.kvTokens -= this.#contextOf(request);
    pod.dispatched--;
    this.log.completionMs[request] = this.#now;
    if (generated >= 2) {
      const tpot = (this.#now - this.log.firstTokenMs[request]!) / (generated - 1);
      this.#learn('decode-tpot', request, tpot);
    }
    return true;
  }

  /** The newest requests give their memory back and later rebuild it on this pod. */
  #preemptOverflow(pod: DecodePod): void {
    while (pod.kvTokens > this.#config.decode.kv_capacity) {
      const request = pod.running.pop()!;
      const context = this.#contextOf(request);
      pod.kvTokens -= context;
      this.#localPrefill[request] = context;
      this.log.preemptions[request]!++;
      pod.waiting.unshift(request);
    }
  }

  #learn(target: 'prefill-ttft' | 'decode-ttft' | 'decode-tpot', request: number, actualMs: Millis): void {
    if (this.log.placements[request]!.kind === 'prefill-decode') this.#features.learn(target, request, actualMs);
  }
}

const NO_TARGETS = { ttftMs: null, tpotMs: null } as const;
