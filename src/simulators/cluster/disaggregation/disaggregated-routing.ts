import type { RequestsView } from '../column-owners.ts';
import type { RequestIndex } from '../indices.ts';
import type { Dispatch } from '../routing/dispatch.ts';
import type { Router } from '../routing/routers.ts';
import type { Disaggregation, OtherDecode } from './disaggregation-flow.ts';
import type { ChosenPair } from './pair-router.ts';

export interface DisaggregatedRoutingParts {
  readonly requests: RequestsView;
  readonly dispatch: Dispatch;
  readonly mainRouter: Router;
  /** The request is not parted: hands it to the instance that serves all of it. */
  readonly sendWhole: (request: RequestIndex, instance: number, atUs: number) => void;
}

/** Where the parts of requests go: a decode instance first, then, for those that are parted, a prefill instance. */
export class DisaggregatedRouting {
  /** Requests whose pool has no instance. */
  rejected = 0;
  readonly flow: Disaggregation;
  readonly #parts: DisaggregatedRoutingParts;

  constructor(flow: Disaggregation, parts: DisaggregatedRoutingParts) {
    this.flow = flow;
    this.#parts = parts;
  }

  route(request: RequestIndex, atUs: number): void {
    const { flow } = this;
    const { dispatch, requests } = this.#parts;
    const row = requests.row[request]!;
    dispatch.viewPool(flow.pools.decode, atUs);
    if (flow.pools.decode.length === 0) {
      this.rejected++;
      return;
    }
    const pair = this.#choosePair(request, atUs);
    const chosen = pair?.decode ?? dispatch.choose(flow.decodeRouter, request, atUs);
    const cached = flow.needsCachedBlocks ? dispatch.cacheSignal.cachedBlocks(chosen, row) : 0;
    const disaggregates = flow.disaggregates(request, cached);
    if (!disaggregates) dispatch.records.count(flow.decodeRouter, chosen);
    if (flow.encodes(request)) {
      // Encoding costs no time, but its routing leaves traces in the main router, which other pools share.
      dispatch.viewPool(flow.pools.encode, atUs);
      dispatch.choose(this.#parts.mainRouter, request, atUs);
    }
    if (disaggregates) {
      flow.startPrefill(request, chosen, atUs, pair?.prefill);
      return;
    }
    flow.pairs?.decodePlaced(request, row, chosen);
    this.#parts.sendWhole(request, chosen, atUs);
  }

  routePrefill(prefill: RequestIndex, atUs: number): void {
    const { flow } = this;
    const { dispatch, requests } = this.#parts;
    dispatch.viewPool(flow.pools.prefill, atUs);
    if (flow.pools.prefill.length === 0) {
      this.rejected++;
      return;
    }
    const paired = flow.pairedPrefill(prefill);
    const chosen = paired >= 0 ? paired : dispatch.choose(flow.prefillRouter, prefill, atUs);
    if (paired >= 0 && dispatch.records.areKept) dispatch.records.routing(null, prefill, chosen, atUs);
    flow.pairs?.prefillPlaced(prefill, requests.row[prefill]!, chosen);
    dispatch.send(prefill, chosen, atUs);
  }

  /** Reserves the prompt's blocks at the decode instance and moves them there. */
  startTransfer(prefill: RequestIndex, atUs: number): void {
    this.flow.startTransfer(prefill, atUs, this.#otherDecode);
  }

  /** The prompt's KV blocks have arrived: the answer begins there. */
  endTransfer(prefill: RequestIndex, atUs: number): void {
    const { decode, instance } = this.flow.endTransfer(prefill);
    this.#parts.dispatch.sendPrefilled(decode, instance, atUs);
  }

  readonly #otherDecode: OtherDecode = (request, without, atUs) => {
    const { decodeRouter, pools } = this.flow;
    const { dispatch } = this.#parts;
    const others = pools.decode.filter((instance) => instance !== without);
    if (others.length === 0) return -1;
    dispatch.viewPool(others, atUs);
    return dispatch.choose(decodeRouter, request, atUs);
  };

  /** Prefill and decode instance together; null where each is chosen apart. */
  #choosePair(request: RequestIndex, atUs: number): ChosenPair | null {
    const { pairs, pools } = this.flow;
    if (pairs === null) return null;
    const { dispatch, requests } = this.#parts;
    dispatch.viewPool(pools.prefill, atUs);
    const pair = pairs.choose(requests.row[request]!, dispatch.snapshots);
    dispatch.viewPool(pools.decode, atUs);
    if (pair !== null && dispatch.records.areKept) dispatch.records.routing(null, request, pair.decode, atUs);
    return pair;
  }
}
