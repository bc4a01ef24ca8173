import type { PdSloConfig } from './config-schema.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { RequestStream } from './request-stream.ts';

/** The prefix caches of all pods, and what they hold of the request at hand. */
export class FleetPrefixes {
  /** Hit by pod of the request read last, 0 … 1; all 0 where requests share nothing. */
  readonly prefillHits: Float64Array;
  readonly decodeHits: Float64Array;
  readonly #requests: RequestStream;
  readonly #prefill: readonly PrefixCache[];
  readonly #decode: readonly PrefixCache[];
  readonly #groups: number;
  readonly #sharedBlocks: number;

  constructor(
    config: PdSloConfig,
    requests: RequestStream,
    { prefillPods, decodePods }: { readonly prefillPods: readonly unknown[]; readonly decodePods: readonly unknown[] },
  ) {
    const { hashBlockSize } = config.profile_handler;
    const { prefix } = config.workload;
    const caches = (pods: readonly unknown[]): PrefixCache[] =>
      pods.map(() => new PrefixCache(config.prefix_cache.capacity_blocks, hashBlockSize));
    this.#requests = requests;
    this.#prefill = caches(prefillPods);
    this.#decode = caches(decodePods);
    this.#groups = prefix.groups;
    this.#sharedBlocks = Math.floor(prefix.tokens / hashBlockSize);
    this.prefillHits = new Float64Array(prefillPods.length);
    this.decodeHits = new Float64Array(decodePods.length);
  }

  readHits(request: number): void {
    if (this.#requests.prefixGroup[request]! < 0) return;
    const input = this.#requests.inputTokens[request]!;
    const blockOf = this.#blocksOf(request);
    for (let p = 0; p < this.prefillHits.length; p++) this.prefillHits[p] = this.#prefill[p]!.hit(input, blockOf);
    for (let d = 0; d < this.decodeHits.length; d++) this.decodeHits[d] = this.#decode[d]!.hit(input, blockOf);
  }

  rememberAtPrefill(pod: number, request: number): void {
    this.#remember(this.#prefill[pod]!, request);
  }

  rememberAtDecode(pod: number, request: number): void {
    this.#remember(this.#decode[pod]!, request);
  }

  #remember(cache: PrefixCache, request: number): void {
    if (this.#requests.prefixGroup[request]! < 0) return;
    cache.insert(this.#requests.inputTokens[request]!, this.#blocksOf(request));
  }

  /** Blocks inside the shared start belong to the group, later ones to the request alone. */
  #blocksOf(request: number): (index: number) => number {
    const shared = this.#sharedBlocks;
    const groups = this.#groups;
    const group = this.#requests.prefixGroup[request]!;
    return (index) => (index < shared ? group : groups + request) * BLOCKS_PER_PROMPT + index;
  }
}

const BLOCKS_PER_PROMPT = 2 ** 22;
