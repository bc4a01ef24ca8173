import type { RequestsOf, RequestsView } from '../column-owners.ts';
import type { InstanceConfig } from '../engine-config.ts';
import type { RequestIndex, Slot } from '../indices.ts';
import type { CachedBlocks } from '../kv/cached-blocks.ts';
import { NOTHING_CACHED } from '../kv/cached-blocks.ts';
import type { GpuBlocks, TokenKind } from '../kv/gpu-blocks.ts';
import type { KvTier } from '../kv/kv-tier.ts';
import type { InstanceLoad, RequestView } from '../policy/policy.ts';
import { PHASE, PREFILLED } from '../request-states.ts';
import { Batch } from './batch.ts';
import { PausedRequests, type PausedSlot } from './paused-requests.ts';
import type { QueueOrder } from './queue-order.ts';
import { TokenGaps } from './token-gaps.ts';
import type { TokenStreams } from './token-streams.ts';
import { WaitQueue } from './wait-queue.ts';

/** Larger batches grow when they have to. */
const LARGEST_BATCH_AT_ONCE = 1024;

export interface StateParts {
  readonly config: InstanceConfig;
  readonly requests: RequestsView;
  readonly gpu: GpuBlocks;
  readonly tier: KvTier | null;
  readonly order: QueueOrder;
  /** null = nobody asked for them. */
  readonly streams: TokenStreams | null;
}

/** What an instance holds; the parts that form, execute and end its steps work on it. */
export class InstanceState {
  readonly config: InstanceConfig;
  readonly gpu: GpuBlocks;
  readonly tier: KvTier | null;
  readonly order: QueueOrder;
  readonly streams: TokenStreams | null;
  readonly batch: Batch;
  readonly queue: WaitQueue;
  readonly gaps = new TokenGaps();
  readonly paused = new PausedRequests();
  steps = 0;
  pauses = 0;
  preemptions = 0;
  /** Value of `steps` when a request last ended or arrived. */
  advancedAt = 0;
  readonly #requests: RequestsOf<'instance/instance-state.ts'>;
  /** Room in a request's last block at which a decode asks the cache: a block that gets a key tells when it is full. */
  readonly #askAtRoom: number;
  /** Without a tier, and where a decode asks only for a new block. */
  readonly #extendsRuns: boolean;

  constructor({ config, requests, gpu, tier, order, streams }: StateParts) {
    this.config = config;
    this.#requests = requests;
    this.gpu = gpu;
    this.tier = tier;
    this.order = order;
    this.streams = streams;
    this.batch = new Batch(requests, Math.min(config.maxSeqs, LARGEST_BATCH_AT_ONCE));
    this.queue = new WaitQueue(order.fixed);
    this.#askAtRoom = gpu.keysOutput ? 1 : 0;
    this.#extendsRuns = tier === null && !gpu.keysOutput;
  }

  /** Whether nothing runs, waits or pauses. */
  get isEmpty(): boolean {
    return this.batch.size === 0 && this.queue.length === 0 && this.paused.size === 0;
  }

  /** What policies see while somebody waits. */
  load(viewOf: (request: RequestIndex) => RequestView, clockUs: number): InstanceLoad {
    return {
      clockUs,
      waiting: this.queue.length,
      paused: this.paused.size,
      running: this.batch.size,
      slots: this.config.maxSeqs,
      freeBlocks: this.gpu.free,
      totalBlocks: this.gpu.total,
      next: viewOf(this.queue.at(0)),
    };
  }

  /** A request joins the wait queue. */
  enqueue(request: RequestIndex): void {
    this.#requests.phase[request] = PHASE.queued;
    this.queue.enqueue(request);
    this.advancedAt = this.steps;
  }

  /** A request whose prompt another instance has computed joins the wait queue. */
  enqueuePrefilled(request: RequestIndex): void {
    this.#requests.prefilled[request] = PREFILLED.yes;
    this.enqueue(request);
  }

  /** A request is in the batch. */
  runs(request: RequestIndex): void {
    this.#requests.phase[request] = PHASE.running;
  }

  /** A request is out of the batch, and keeps its blocks. */
  waits(request: RequestIndex): void {
    this.#requests.phase[request] = PHASE.queued;
  }

  /** The gateway has taken a request out. */
  leaves(request: RequestIndex): void {
    this.#requests.phase[request] = PHASE.evicted;
  }

  /** A request has ended, in one of the last phases. */
  ends(request: RequestIndex, phase: number): void {
    this.#requests.phase[request] = phase;
    this.advancedAt = this.steps;
  }

  /** KV blocks for tokens [start, end). @param cached - leading blocks that were looked up, for a request without any */
  allocate(request: RequestIndex, start: number, end: number, cached: CachedBlocks, kind: TokenKind): boolean {
    const { tier } = this;
    return tier === null
      ? this.gpu.allocate(request, start, end, cached, kind)
      : tier.allocate(request, start, end, cached, kind);
  }

  allocateToken(request: RequestIndex, position: number): boolean {
    const { tier } = this;
    return tier === null
      ? this.gpu.allocateToken(request, position)
      : tier.allocate(request, position, position + 1, NOTHING_CACHED, 'output');
  }

  /** One decode token for a slot that has to ask for it. */
  decodeWithCache(slot: Slot): boolean {
    const { batch } = this;
    const progress = batch.progress(slot);
    if (this.#requests.askAt[batch.request[slot]!] === progress) {
      const tokens = this.#extendRun(batch.request[slot]!, progress);
      if (tokens > 0) {
        batch.setAsk(slot, progress + tokens);
        return true;
      }
    }
    this.settleRoom(slot);
    if (!this.allocateToken(batch.request[slot]!, progress)) return false;
    this.#askWhenFull(slot, progress + 1);
    return true;
  }

  /**
   * The next token of an answer that is a run, as nearly all are.
   * @returns number of tokens until the request asks again; 0, with nothing changed, if more is needed
   */
  #extendRun(request: RequestIndex, progress: number): number {
    const { gpu, tier } = this;
    if (tier !== null) return tier.extendRun?.(request, progress) ?? 0;
    return this.#extendsRuns && gpu.extendRun(request, progress) ? gpu.blockSize : 0;
  }

  /** Writes the room that tokens taken without asking have used back to the request. */
  settleRoom(slot: Slot): void {
    const { batch } = this;
    const q = this.#requests;
    const request = batch.request[slot]!;
    const ask = q.askAt[request]!;
    if (ask < 0 || q.room[request] === 0) return;
    this.gpu.setRoom(request, ask - batch.progress(slot) + this.#askAtRoom);
  }

  /**
   * A request of the batch goes from prefill to decode.
   * @param next - its progress when it takes its next token
   */
  beginDecode(slot: Slot, progress: number, next: number): void {
    const { batch } = this;
    const q = this.#requests;
    const request = batch.request[slot]!;
    batch.startDecode(slot, progress);
    q.firstDecodeStep[request] = this.gaps.steps;
    q.gapsBefore[request] = this.gaps.sum;
    this.#askWhenFull(slot, next);
  }

  /** A request of the batch loses its blocks and its progress, and waits again. */
  preempt(slot: Slot): void {
    const { batch } = this;
    const request = batch.request[slot]!;
    this.tier?.leaves(request, 'for a while');
    if (this.streams !== null) this.#interrupt(request, batch.progress(slot), this.gaps.sum);
    batch.remove(slot);
    this.#requests.phase[request] = PHASE.queued;
    this.#startOver(request);
  }

  /** A request that was taken out of its pause gives its blocks back and waits. */
  dropPaused({ request, progress, sumAtPause }: PausedSlot): void {
    if (this.streams !== null) this.#interrupt(request, progress, sumAtPause);
    this.#startOver(request);
  }

  /** @param gapsUpTo - sum of the instance's gaps up to the request's last token */
  #interrupt(request: RequestIndex, progress: number, gapsUpTo: number): void {
    const { gaps } = this;
    const q = this.#requests;
    if (progress < q.inputTokens[request]!) return;
    const decodedUs = gapsUpTo - q.gapsBefore[request]! - gaps.skippedUs(request) + gaps.pausedUs(request);
    this.streams?.interrupted(request, decodedUs);
  }

  #startOver(request: RequestIndex): void {
    this.preemptions++;
    const { prefilled } = this.#requests;
    if (prefilled[request] === PREFILLED.yes) prefilled[request] = PREFILLED.lost;
    this.gpu.release(request, 'for a while');
    this.gaps.discard(request);
    this.queue.requeue(request);
  }

  /** @param progress - the request's when it takes its next token */
  #askWhenFull(slot: Slot, progress: number): void {
    const request = this.batch.request[slot]!;
    const direct = this.tier === null || this.tier.decodesDirectly(request);
    this.batch.setAsk(slot, direct ? progress + Math.max(0, this.#requests.room[request]! - this.#askAtRoom) : -1);
  }
}
