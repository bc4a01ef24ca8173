import type { RequestEnd } from '../../workload/follow-ups.ts';
import type { RequestTable } from '../../workload/request-table.ts';
import type { RequestsView } from '../column-owners.ts';
import type { SnapshotColumns } from '../gateway/admission.ts';
import type { RequestIndex } from '../indices.ts';
import type { GpuBlocks } from '../kv/gpu-blocks.ts';
import type { NeededBooks } from '../kv/needed-books.ts';
import type { InstanceView, RequestView, RoutingHint, Scorer } from '../policy/policy.ts';
import { PHASE } from '../request-states.ts';
import type { CacheSignal } from './cache-signal.ts';
import type { InstanceScorer } from './scorers.ts';
import { ViewedRequest } from './viewed-request.ts';

export interface ViewParts {
  readonly requests: RequestsView;
  readonly table: RequestTable;
  readonly priorityOfClass: Float64Array;
  readonly idOf: (request: RequestIndex) => string;
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
      view = this.#make(request);
      this.#views[request] = view;
    }
    return view;
  }

  /** Leading prompt blocks that an instance has cached, as fresh as the signal. */
  known(view: RequestView, instance: number, cacheSignal: CacheSignal): number {
    const request = ViewedRequest.requestOf(view, this);
    if (this.#requests.instance[request]! >= 0 && !cacheSignal.lookup(instance).answersForAll) this.#needBooks();
    return cacheSignal.cachedBlocks(instance, this.#requests.row[request]!);
  }

  /** Leading prompt blocks that an instance has cached right now. */
  live(view: RequestView, instance: number, { lookup, blockSize }: GpuBlocks): number {
    const request = ViewedRequest.requestOf(view, this);
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

  #make(request: RequestIndex): RequestView {
    const { table, priorityOfClass, idOf } = this.#parts;
    const { names } = table;
    const row = this.#requests.row[request]!;
    const sloClass = table.sloClass[row]!;
    const session = table.session[row]!;
    const group = table.prefixGroupLabel[row]!;
    const view = {
      id: idOf(request),
      inputTokens: table.inputTokens[row]!,
      arrivalUs: table.arrivalUs[row]!,
      sloClass: names.sloClasses[sloClass]!,
      priority: priorityOfClass[sloClass]!,
      tenant: names.tenants[table.tenant[row]!]!,
      model: names.models[table.model[row]!] ?? '',
      deadlineUs: table.deadlineUs[row]!,
      sloTargetUs: table.sloTargetUs[row]!,
      sessionId: session < 0 ? '' : names.sessions[session]!,
      round: table.round[row]!,
      prefixGroup: group < 0 ? '' : names.prefixGroups[group]!,
      prefixTokens: table.prefixLengthLabel[row]!,
      hint: this.#hints.get(request) ?? null,
    };
    return new ViewedRequest(view, request, this);
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
