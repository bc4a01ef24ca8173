import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { RequestsView } from '../column-owners.ts';
import type { SnapshotColumns } from '../gateway/admission.ts';
import type { RequestIndex } from '../indices.ts';
import type { GpuBlocks } from '../kv/gpu-blocks.ts';
import type { NeededBooks } from '../kv/needed-books.ts';
import type { InstanceView, RequestView, RoutingHint, Scorer } from '../policy/policy.ts';
import { PHASE } from '../request-states.ts';
import type { CacheSignal } from './cache-signal.ts';
import type { InstanceScorer } from './scorers.ts';
import { ViewedRequest, type ViewSource } from './viewed-request.ts';

export interface ViewParts extends ViewSource {
  /** Learns that policies ask what cannot be told without books. */
  readonly needed: NeededBooks;
}

type Ask = InstanceView['cachedBlocks'];

/** Views that the policies of a user get. Made on demand, one object per request. */
export class PolicyViews {
  readonly #parts: ViewParts;
  readonly #requests: RequestsView;
  readonly #views: (RequestView | undefined)[] = [];
  readonly #hints = new Map<RequestIndex, RoutingHint>();
  /** By instance: what its views answer with. */
  readonly #asks: (Ask | undefined)[] = [];

  constructor(parts: ViewParts) {
    this.#parts = parts;
    this.#requests = parts.requests;
  }

  request(request: RequestIndex): RequestView {
    let view = this.#views[request];
    if (view === undefined) {
      view = new ViewedRequest(request, this.#parts, this.#hints.get(request) ?? null);
      this.#views[request] = view;
    }
    return view;
  }

  /** Leading prompt blocks that an instance has cached, as fresh as the signal. */
  known(view: RequestView, instance: number, cacheSignal: CacheSignal): number {
    const request = ViewedRequest.requestOf(view, this.#parts);
    if (this.#requests.instance[request]! >= 0 && !cacheSignal.lookup(instance).answersForAll) this.#needBooks();
    return cacheSignal.cachedBlocks(instance, this.#requests.row[request]!);
  }

  /** Leading prompt blocks that an instance has cached right now. */
  live(view: RequestView, instance: number, { lookup, blockSize }: GpuBlocks): number {
    const request = ViewedRequest.requestOf(view, this.#parts);
    const q = this.#requests;
    const at = q.instance[request]!;
    const isElsewhere = at >= 0 && (at !== instance || q.phase[request]! >= PHASE.completed);
    if (isElsewhere && !lookup.answersForAll) this.#needBooks();
    return lookup.live(q.row[request]!, Math.floor(view.inputTokens / blockSize));
  }

  instances(view: SnapshotColumns, cacheSignal: CacheSignal): InstanceView[] {
    const instances: InstanceView[] = [];
    for (let k = 0; k < view.count; k++) {
      const index = view.members[k]!;
      instances.push({
        index,
        queueDepth: view.queueDepth[index]!,
        batchSize: view.batchSize[index]!,
        kvUtilization: view.kvUtilization[index]!,
        freeBlocks: view.freeBlocks[index]!,
        inFlight: view.inFlight[index]!,
        cachedBlocks: this.#ask(index, cacheSignal),
      });
    }
    return instances;
  }

  #ask(instance: number, cacheSignal: CacheSignal): Ask {
    let ask = this.#asks[instance];
    if (ask === undefined) {
      ask = (request) => this.known(request, instance, cacheSignal);
      this.#asks[instance] = ask;
    }
    return ask;
  }

  #needBooks(): void {
    this.#parts.needed.books = 'all';
  }

  setHint(request: RequestIndex, hint: RoutingHint): void {
    this.#hints.set(request, hint);
    this.#views[request] = undefined;
  }

  ended(
    request: RequestIndex,
    instance: number,
    end: RequestEnd,
    atUs: number,
    scorers: Readonly<Record<string, Scorer>> | undefined,
  ): void {
    if (scorers === undefined) return;
    for (const scorer of Object.values(scorers)) scorer.ended?.(this.request(request), instance, end, atUs);
    this.#views[request] = undefined;
    this.#hints.delete(request);
  }
}

/** Adapts a user's scorer to the router. */
export function hookScorer(scorer: Scorer, views: PolicyViews, cacheSignal: CacheSignal): InstanceScorer {
  let instances: InstanceView[] = [];
  return {
    score: ({ request }, view, values, clockUs) => {
      instances = views.instances(view, cacheSignal);
      const scores = scorer.score(views.request(request), instances, clockUs);
      instances.forEach(({ index }, k) => {
        values[index] = scores[k] ?? 0;
      });
    },
    observe: ({ request }, instance, clockUs) => {
      if (scorer.hint !== undefined) {
        const chosen = instances.find(({ index }) => index === instance);
        const hint = chosen === undefined ? null : (scorer.hint(views.request(request), chosen, clockUs) ?? null);
        if (hint !== null) views.setHint(request, hint);
      }
      scorer.routed?.(views.request(request), instance, clockUs);
    },
  };
}
